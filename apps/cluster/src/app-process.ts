import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { EXIT_CONFIG, StartupError } from '@parlance/bootstrap';
import type { Environment } from '@parlance/config';
import type { Ending, Launched } from './part.js';
import type { Role } from './role.js';

export interface AppProcessOptions {
  /** Such as `gateway-0`. */
  readonly name: string;
  readonly role: Role;
  readonly env: Environment;
  /** Where it will listen. */
  readonly url: string;
  /** Longest time its graceful shutdown may take, in ms; then it is killed. */
  readonly stopMs: number;
  readonly stderr: { write(text: string): unknown };
}

const READY_MS = 60_000;
const POLL_MS = 50;
const ANSWER_MS = 2_000;
const KEPT_LINES = 50;

/** An app ended before it was ready; `lines` is what it said about that, each line whole. */
export class AppStartError extends Error {
  override readonly name = 'AppStartError';

  constructor(
    part: string,
    readonly ending: Ending,
    readonly lines: readonly string[],
  ) {
    super(`${part} ${ending.how} while it started`);
  }
}

/** Most of what these processes allocate dies within a turn: a larger young generation saves a tenth of their CPU time under load. */
const NODE_FLAGS = ['--max-semi-space-size=32'];

/**
 * Starts an app in a session of its own, so that Ctrl-C in the terminal reaches the cluster only, which ends its processes in order. It
 * ends by itself when the channel to this process closes.
 */
export function launchApp(options: AppProcessOptions): Launched {
  const child = spawn(process.execPath, [...NODE_FLAGS, mainOf(options.role)], {
    env: options.env,
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    detached: true,
  });
  const words = new Words(child, options.stderr);
  const exited = endingOf(child);
  const ended = new AbortController();
  const ready = Promise.race([
    whenReady(options, ended.signal),
    exited.then((ending) => Promise.reject(new AppStartError(options.name, ending, words.held))),
  ]).then(() => words.release());
  void exited.then(() => ended.abort());
  return { pid: child.pid ?? 0, ready, exited, stop: async () => stopChild(child, exited, options.stopMs) };
}

/** @throws StartupError when the app was not built. */
function mainOf(role: Role): string {
  const main = join(dirname(fileURLToPath(import.meta.resolve(`@parlance/${role}`))), 'main.js');
  if (existsSync(main)) return main;
  throw new StartupError(`${role} is not built (no ${main})`, 'Run npm run build, or start with npm run cluster');
}

async function endingOf(child: ChildProcess): Promise<Ending> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ how: `could not be started (${error.message})`, final: true }));
    child.once('close', (code, signal) => {
      resolve({
        how: signal === null ? `ended with code ${code ?? 0}` : `was killed by ${signal}`,
        final: code === EXIT_CONFIG,
      });
    });
  });
}

async function whenReady({ name, url }: AppProcessOptions, ended: AbortSignal): Promise<void> {
  for (let waited = 0; waited < READY_MS && !ended.aborted; waited += POLL_MS) {
    if (await isReady(url)) return;
    await delay(POLL_MS);
  }
  if (ended.aborted) return;
  throw new StartupError(
    `${name} was not ready within ${READY_MS / 1_000} s`,
    `Ask ${url}/health/ready what it waits for, and start with LOG_LEVEL=debug`,
  );
}

async function isReady(url: string): Promise<boolean> {
  try {
    const { ok, body } = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(ANSWER_MS) });
    await body?.cancel();
    return ok;
  } catch {
    return false; // Not listening yet; the caller asks again, and knows when to give up.
  }
}

async function stopChild(child: ChildProcess, exited: Promise<Ending>, stopMs: number): Promise<void> {
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), stopMs);
  await exited;
  clearTimeout(force);
}

/** What an app writes to standard error: held back while it starts, so that of several that fail alike only one is heard. */
class Words {
  readonly #held: string[] = [];
  #open = false;

  constructor(
    { stderr }: ChildProcess,
    private readonly out: AppProcessOptions['stderr'],
  ) {
    if (stderr !== null) createInterface({ input: stderr }).on('line', (line) => this.#take(line));
  }

  get held(): readonly string[] {
    return this.#held;
  }

  release(): void {
    this.#open = true;
    for (const line of this.#held.splice(0)) this.out.write(`${line}\n`);
  }

  #take(line: string): void {
    if (this.#open) this.out.write(`${line}\n`);
    else if (this.#held.length < KEPT_LINES) this.#held.push(line);
  }
}
