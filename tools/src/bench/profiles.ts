import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { costsOf, cpuProfileSchema, type Cost } from './profile.js';
import type { Components } from './proc.js';

/** Parlance's own; the others would die of the signal. */
const NODE_COMPONENTS = ['gateways', 'message', 'identity', 'api'];
const TOP = 25;
const SUFFIX = '.cpuprofile';
const PERCENT = 100;

/** What a Node process needs in its environment to leave a profile in `folder`, which is made. */
export function profiling(folder: string): Readonly<Record<string, string>> {
  mkdirSync(folder, { recursive: true });
  return {
    NODE_OPTIONS: `--import=${new URL('./profiler-hook.js', import.meta.url).href}`,
    BENCH_PROFILE_DIR: resolve(folder),
  };
}

/** Begins the profiles of the Node processes among the components. */
export function startProfiles(components: Components): void {
  for (const name of NODE_COMPONENTS) for (const pid of components[name] ?? []) process.kill(pid, 'SIGUSR2');
}

/** The costs of the components' processes that left a profile, for a person to read. */
export function describeProfiles(folder: string, components: Components): string {
  const found = new Map<string, string>();
  for (const [name, pids] of Object.entries(components)) for (const pid of pids) found.set(String(pid), name);
  return readdirSync(folder)
    .filter((file) => file.endsWith(SUFFIX))
    .flatMap((file) => {
      const pid = file.slice(0, -SUFFIX.length);
      const name = found.get(pid);
      return name === undefined ? [] : [describeOne(`${name} (${pid})`, join(folder, file))];
    })
    .join('\n');
}

function describeOne(title: string, file: string): string {
  const profile = cpuProfileSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  const { busyMs, functions, packages, inclusive } = costsOf(profile, TOP);
  const lines = (costs: readonly Cost[]): readonly string[] =>
    costs.map(({ what, share }) => `  ${(share * PERCENT).toFixed(1).padStart(5)} %  ${what}`);
  return [
    `${title}: busy ${Math.round(busyMs)} ms`,
    ' by package',
    ...lines(packages),
    ' by function, its own time',
    ...lines(functions),
    ' by function of the workspace, with what it calls',
    ...lines(inclusive),
    '',
  ].join('\n');
}
