/** One of the long checks. `command`: from the root of the repository. */
export interface Step {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
}

export interface StepResult {
  readonly name: string;
  readonly seconds: number;
  /** null: it was ended by a signal */
  readonly exitCode: number | null;
}

/** What is run before a release: all of CI, with more seeds than CI has time for, hostile input at length, and every benchmark. */
export const STEPS: readonly Step[] = [
  {
    name: 'checks',
    command: ['npx', 'nx', 'run-many', '-p', 'parlance', '-t', 'format', 'lint', 'boundaries', 'typecheck'],
  },
  { name: 'lock file', command: ['node', 'tools/complete-lock.mjs', '--check'] },
  { name: 'generators', command: ['npm', 'run', '--silent', 'generators:check'] },
  { name: 'tests, 60 chaos seeds', command: ['npm', 'test', '--', '--strict'], env: { PARLANCE_CHAOS_SEEDS: '60' } },
  { name: 'fuzz', command: ['npm', 'run', '--silent', 'fuzz', '--', '--runs', '20000'] },
  ...['durable', 'facts', 'presence', 'render', 'start'].map((bench): Step => ({
    name: `bench ${bench}`,
    command: ['npm', 'run', '--silent', 'bench', '--', bench],
  })),
];

/** What a person reads at the end, the failed steps by name. */
export function shipReport(results: readonly StepResult[]): { readonly text: string; readonly exitCode: 0 | 1 } {
  const failed = results.filter(({ exitCode }) => exitCode !== 0).map(({ name }) => name);
  const total = results.reduce((sum, { seconds }) => sum + seconds, 0);
  const lines = results.map(
    ({ name, seconds, exitCode }) =>
      `${exitCode === 0 ? 'ok    ' : 'FAILED'}  ${seconds.toFixed(0).padStart(5)} s  ${name}`,
  );
  const verdict = failed.length === 0 ? 'It ships.' : `It does not ship: ${failed.join(', ')}.`;
  return {
    text: [...lines, '', `${(total / 60).toFixed(1)} minutes. ${verdict}`].join('\n'),
    exitCode: failed.length === 0 ? 0 : 1,
  };
}
