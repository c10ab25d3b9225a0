import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const ROOT = join(import.meta.dirname, '../../../..');
const KEPT_LINES = 5_000;
/** What a program needs of the tests' own environment; the settings of a person at the keyboard must not reach it. */
const INHERITED = ['PATH', 'HOME', 'USER', 'LANG', 'TZ', 'TMPDIR'];

/** What must not outlive this process. */
const children = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

export type AppEnvironment = Readonly<Record<string, string>>;

export interface ChildAppOptions {
  /** The folder of the built repository it is started from; this one when not given. */
  readonly tree?: string;
  /** What its command line says. */
  readonly args?: readonly string[];
}

/** A built app as a process of its own, which ends when the tests' process does, however that ends. */
export class ChildApp {
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  readonly #errors: string[] = [];
  /** Its exit code, null when a signal ended it. */
  readonly ended: Promise<number | null>;

  /** @throws Error when the app is not built. */
  constructor(app: string, env: AppEnvironment, { tree = ROOT, args = [] }: ChildAppOptions = {}) {
    const main = join(tree, 'apps', app, 'dist', 'main.js');
    if (!existsSync(main)) throw new Error(`apps/${app} is not built. Run: npm run build`);
    const inherited = INHERITED.map((name) => [name, process.env[name]] as const).filter(
      ([, value]) => value !== undefined,
    );
    this.#child = spawn(process.execPath, [main, ...args], {
      env: { ...Object.fromEntries(inherited), PARLANCE_ENDS_WITH_PARENT: 'true', ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#listen(this.#child);
    this.ended = this.#whenEnded(this.#child);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** What it wrote, both streams. */
  get log(): string {
    return this.#lines.join('\n');
  }

  /** The lines of its standard error. */
  get errors(): readonly string[] {
    return this.#errors;
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    this.#child.kill(signal);
    return this.ended;
  }

  #listen({ stdout, stderr }: ChildProcess): void {
    const keep = (lines: string[]) => (line: string) => {
      lines.push(line);
      if (lines.length > KEPT_LINES) lines.shift();
    };
    if (stdout !== null) createInterface({ input: stdout }).on('line', keep(this.#lines));
    if (stderr !== null)
      createInterface({ input: stderr }).on('line', keep(this.#lines)).on('line', keep(this.#errors));
  }

  async #whenEnded(child: ChildProcess): Promise<number | null> {
    children.add(child);
    return new Promise((resolve) => {
      child.once('close', (code) => {
        children.delete(child);
        resolve(code);
      });
    });
  }
}
