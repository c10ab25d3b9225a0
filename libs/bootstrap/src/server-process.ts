import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { bounded } from './bounded.js';
import { StartupError } from './startup-error.js';

/** A server that is no npm package: how to start a private one, and what to tell who lacks it. */
export interface ServerKind {
  /** Its program and its Debian package, which have the same name. */
  readonly program: string;
  /** The setting that names a running one instead. */
  readonly setting: string;
  readonly scheme: string;
  readonly args: (place: ServerPlace) => readonly string[];
  /** Matches the line it logs when it takes connections. */
  readonly ready: RegExp;
}

export interface ServerPlace {
  /** Of 127.0.0.1. */
  readonly port: number;
  /** An existing folder for whatever it writes. */
  readonly folder: string;
}

/** Nothing is stored: what runs through it are signals of the moment. */
export const REDIS_SERVER: ServerKind = {
  program: 'redis-server',
  setting: 'REDIS_URL',
  scheme: 'redis',
  args: ({ port, folder }) => {
    const volatile = ['--save', '', '--appendonly', 'no', '--daemonize', 'no'];
    return ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, ...volatile];
  },
  ready: /Ready to accept connections/,
};

export const NATS_SERVER: ServerKind = {
  program: 'nats-server',
  setting: 'NATS_URL',
  scheme: 'nats',
  args: ({ port }) => ['--addr', '127.0.0.1', '--port', String(port)],
  ready: /Server is ready/,
};

export interface ServerProcess {
  readonly pid: number;
  readonly port: number;
  readonly url: string;
  /** Settles with its last log lines when it has ended, by `stop()` or by itself. */
  readonly exited: Promise<string>;
  /** SIGTERM, and SIGKILL when that does not help. Can be called again. */
  stop(): Promise<void>;
}

const READY_MS = 15_000;
const STOP_MS = 5_000;
const KEPT_LINES = 10;

/**
 * Starts one as a child of this process, which it does not outlive where the system can see to that (util-linux' `setpriv`).
 * @throws StartupError with its last words when it does not come up.
 */
export async function startServer(kind: ServerKind, file: string, place: ServerPlace): Promise<ServerProcess> {
  const child = spawnTied(file, kind.args(place), place.folder);
  const log = new LastLines();
  const ready = log.first(kind.ready, [child.stdout, child.stderr]);
  const exited = whenExited(child).then((failure) => failure ?? log.text());
  const stop = async (): Promise<void> => stopChild(child, exited);
  try {
    const outcome = await bounded(`the start of ${kind.program}`, READY_MS, async () => Promise.race([ready, exited]));
    if (outcome !== undefined) throw new Error(outcome);
  } catch (error) {
    await stop();
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartupError(
      `${kind.program} did not start on port ${place.port} (${reason.trim() || 'it said nothing'})`,
      `Repair it, or set ${kind.setting} to one that runs`,
      { cause: error },
    );
  }
  return { pid: child.pid ?? 0, port: place.port, url: `${kind.scheme}://127.0.0.1:${place.port}`, exited, stop };
}

/** A session of its own: Ctrl-C in the terminal reaches this process only, which lets go of its servers last. */
function spawnTied(file: string, args: readonly string[], folder: string): Piped {
  const [program, ...argv] = [...diesWithParent(), file, ...args];
  return spawn(program ?? file, argv, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
}

type Piped = ChildProcess & { readonly stdout: Readable; readonly stderr: Readable };

let tie: readonly string[] | undefined;

function diesWithParent(): readonly string[] {
  tie ??= knowsParentDeath() ? ['setpriv', '--pdeathsig=TERM'] : [];
  return tie;
}

/** Busybox has a smaller `setpriv` of the same name. */
function knowsParentDeath(): boolean {
  const { error, stdout: help } = spawnSync('setpriv', ['--help'], { encoding: 'utf8' });
  return error === undefined && help.includes('--pdeathsig');
}

async function whenExited(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    child.once('close', () => resolve(undefined));
    child.once('error', (error) => resolve(error.message));
  });
}

async function stopChild(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await exited;
  clearTimeout(force);
}

/** The end of a log, for the one who asks why it ended. */
class LastLines {
  readonly #lines: string[] = [];

  /** Resolves when a line matches; keeps reading afterwards, or the server would block on a full pipe. */
  async first(pattern: RegExp, streams: readonly Readable[]): Promise<undefined> {
    return new Promise((resolve) => {
      for (const stream of streams) {
        createInterface({ input: stream }).on('line', (line) => {
          this.#add(line);
          if (pattern.test(line)) resolve(undefined);
        });
      }
    });
  }

  text(): string {
    return this.#lines.join(' ');
  }

  #add(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > KEPT_LINES) this.#lines.shift();
  }
}
