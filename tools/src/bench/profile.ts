import { z } from 'zod';

/** What the V8 profiler writes, as far as it is read here. Lines count from 0. */
export const cpuProfileSchema = z.object({
  nodes: z.array(
    z.object({
      id: z.int(),
      callFrame: z.object({ functionName: z.string(), url: z.string(), lineNumber: z.int() }),
      children: z.array(z.int()).optional(),
    }),
  ),
  samples: z.array(z.int()),
  timeDeltas: z.array(z.number()),
});

export type CpuProfile = z.output<typeof cpuProfileSchema>;

export interface Cost {
  readonly what: string;
  /** of the time the process was busy, 0 to 1 */
  readonly share: number;
}

export interface Costs {
  readonly busyMs: number;
  /** by function, its own time only */
  readonly functions: readonly Cost[];
  /** by package or workspace folder, own time of its functions */
  readonly packages: readonly Cost[];
  /** by workspace function, with everything it calls */
  readonly inclusive: readonly Cost[];
}

const IDLE = new Set(['(idle)', '(program)']);
const US_PER_MS = 1_000;

type Node = CpuProfile['nodes'][number];

/** What the process was busy with, the dearest first, at most `top` of each. */
export function costsOf(profile: CpuProfile, top: number): Costs {
  const own = ownTimes(profile);
  const busy = profile.nodes.filter(({ callFrame }) => !IDLE.has(callFrame.functionName));
  const busyUs = busy.reduce((sum, { id }) => sum + (own.get(id) ?? 0), 0);
  const ranked = (totals: ReadonlyMap<string, number>): readonly Cost[] =>
    [...totals]
      .map(([what, us]) => ({ what, share: us / busyUs }))
      .sort((a, b) => b.share - a.share)
      .slice(0, top);
  return {
    busyMs: busyUs / US_PER_MS,
    functions: ranked(sumBy(busy, placeOf, own)),
    packages: ranked(sumBy(busy, packageOf, own)),
    inclusive: ranked(inclusiveTimes(profile, own)),
  };
}

function ownTimes({ samples, timeDeltas }: CpuProfile): ReadonlyMap<number, number> {
  const own = new Map<number, number>();
  samples.forEach((id, index) => own.set(id, (own.get(id) ?? 0) + (timeDeltas[index] ?? 0)));
  return own;
}

function sumBy(nodes: readonly Node[], key: (node: Node) => string, own: ReadonlyMap<number, number>) {
  const totals = new Map<string, number>();
  for (const node of nodes) totals.set(key(node), (totals.get(key(node)) ?? 0) + (own.get(node.id) ?? 0));
  return totals;
}

/** A function that calls itself counts once per sample: only its outermost call adds. */
function inclusiveTimes({ nodes }: CpuProfile, own: ReadonlyMap<number, number>): ReadonlyMap<string, number> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const totals = new Map<string, number>();
  const visit = (node: Node, callers: readonly string[]): number => {
    const place = isOurs(node) ? placeOf(node) : null;
    const chain = place === null ? callers : [...callers, place];
    const children = (node.children ?? []).flatMap((id) => byId.get(id) ?? []);
    const us = children.reduce((sum, child) => sum + visit(child, chain), own.get(node.id) ?? 0);
    if (place !== null && !callers.includes(place)) totals.set(place, (totals.get(place) ?? 0) + us);
    return us;
  };
  const [root] = nodes;
  if (root !== undefined) visit(root, []);
  return totals;
}

function isOurs({ callFrame: { url } }: Node): boolean {
  return url.startsWith('file:') && !url.includes('/node_modules/');
}

function placeOf({ callFrame: { functionName, url, lineNumber } }: Node): string {
  const name = functionName === '' ? '(anonymous)' : functionName;
  return url === '' ? name : `${name} ${shortened(url)}:${lineNumber + 1}`;
}

function shortened(url: string): string {
  const inPackage = /.*\/node_modules\/(.+)$/.exec(url)?.[1];
  return inPackage ?? /\/((?:apps|libs|tools)\/.+)$/.exec(url)?.[1] ?? url;
}

function packageOf({ callFrame: { functionName, url } }: Node): string {
  if (url === '') return functionName.startsWith('(') ? functionName : '(native)';
  const name = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  return name ?? /\/((?:apps|libs\/dialects|libs|tools)\/[^/]+)/.exec(url)?.[1] ?? url;
}
