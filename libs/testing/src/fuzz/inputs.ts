import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { z } from 'zod';

/** A request that a real client sends. `route`: method and path in Express notation, as `get /rooms/:id`. */
export interface GoodRequest {
  readonly route: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** What the recorded transcripts of a dialect say a real client sends: the good values that mutations begin with. */
export interface GoodInputs {
  /** arguments by event */
  readonly frames: ReadonlyMap<string, readonly (readonly unknown[])[]>;
  readonly requests: readonly GoodRequest[];
}

const texts = z.record(z.string(), z.string()).default({});
const requestEntry = z.looseObject({
  route: z.string(),
  request: z.object({
    params: texts,
    query: z.record(z.string(), z.unknown()).default({}),
    headers: texts,
    body: z.unknown(),
  }),
});
const frameEntry = z.looseObject({ event: z.string(), args: z.array(z.unknown()) });
/** A frame whose one argument is the text of this JSON. */
const textEntry = z.looseObject({ event: z.string(), json: z.unknown() });

export function goodInputs(folder: string): GoodInputs {
  const frames = new Map<string, unknown[][]>();
  const requests: GoodRequest[] = [];
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.json')) : [];
  for (const file of files) visit(JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')), frames, requests);
  return { frames, requests };
}

function visit(value: unknown, frames: Map<string, unknown[][]>, requests: GoodRequest[]): void {
  if (typeof value !== 'object' || value === null) return;
  const request = requestEntry.safeParse(value).data;
  if (request !== undefined) requests.push({ route: request.route, ...request.request });
  const frame = frameEntry.safeParse(value).data ?? asText(value);
  if (frame !== undefined) frames.set(frame.event, [...(frames.get(frame.event) ?? []), frame.args]);
  for (const item of Object.values(value)) visit(item, frames, requests);
}

function asText(value: object): z.output<typeof frameEntry> | undefined {
  const entry = textEntry.safeParse(value).data;
  return entry?.json === undefined ? undefined : { event: entry.event, args: [JSON.stringify(entry.json)] };
}
