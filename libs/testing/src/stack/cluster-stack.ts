import { join } from 'node:path';
import type { TestDatabase } from '../database/test-database.js';
import { ChildApp } from './child-app.js';
import { appUrls, readStatus, victimsOf, type ClusterStatus } from './cluster-status.js';
import { isAlive, isReady, until } from './ready.js';
import { openStackDatabase } from './stack-database.js';
import type { Stack, StackOptions } from './stack.js';
import { makeTempFolder, type TempFolder } from './temp-folder.js';

/** Two gateways, api, identity, two each of message, call and presence as processes, with Redis, NATS and Postgres, as `npm run cluster` runs them. */
export class ClusterStack implements Stack {
  readonly mode = 'cluster';
  readonly #app: ChildApp;
  readonly #statusFile: string;
  readonly dataDir: string;

  private constructor(
    private readonly folder: TempFolder,
    { env = {}, dataDir = join(folder.path, 'data') }: StackOptions,
    private readonly database: TestDatabase | null,
  ) {
    this.dataDir = dataDir;
    this.#statusFile = join(folder.path, 'status.json');
    this.#app = new ChildApp('cluster', {
      PORT: '0',
      PARLANCE_DATA_DIR: dataDir,
      PARLANCE_ENV: 'test',
      PARLANCE_CLUSTER_RESTARTS_PER_MINUTE: '100',
      ...(database === null ? {} : { DATABASE_URL: database.url }),
      ...env,
      PARLANCE_CLUSTER_STATUS_FILE: this.#statusFile,
    });
  }

  static async start(options: StackOptions = {}): Promise<ClusterStack> {
    const stack = new ClusterStack(makeTempFolder(), options, await openStackDatabase(options));
    try {
      await stack.waitReady();
    } catch (error) {
      await stack.stop();
      throw error;
    }
    return stack;
  }

  get pid(): number {
    return this.#app.pid;
  }

  /** The addresses and process ids of all parts, now. */
  get status(): ClusterStatus {
    const status = readStatus(this.#statusFile);
    if (status === null) throw new Error(`The cluster does not run.\n${this.log()}`);
    return status;
  }

  get gateways(): readonly [string, ...string[]] {
    const [first, ...more] = this.status.gateways.map(({ url }) => url);
    if (first === undefined) throw new Error('The cluster has no gateways yet.');
    return [first, ...more];
  }

  get victims(): readonly string[] {
    return [...victimsOf(this.status).keys()];
  }

  /** The process ids of everything that runs, the launcher's first. */
  pids(): readonly number[] {
    return [this.pid, ...victimsOf(this.status).values()].filter((pid) => pid !== null);
  }

  async waitReady(): Promise<void> {
    const ended = (): string | undefined => (this.#app.running ? undefined : `it ended\n${this.log()}`);
    await until('cluster ready', async () => this.#isReady(), ended);
  }

  async strike(victim: string): Promise<void> {
    await this.kill9(victim);
    await this.waitReady();
  }

  /** Resolves when the process is gone; the launcher starts it again. @throws Error when there is no such part or it is down. */
  async kill9(victim: string): Promise<void> {
    const pid = victimsOf(this.status).get(victim);
    if (pid === undefined || pid === null) throw new Error(`${victim} does not run.`);
    process.kill(pid, 'SIGKILL');
    await until(
      `${victim} gone`,
      () => !isAlive(pid),
      () => undefined,
    );
  }

  async restartNats(): Promise<void> {
    await this.strike('nats');
  }

  async restartRedis(): Promise<void> {
    await this.strike('redis');
  }

  /** The launcher's exit code when it has ended, null when a signal ended it. */
  get ended(): Promise<number | null> {
    return this.#app.ended;
  }

  /** Signals the launcher and waits for its end; the data stays until `stop()`. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    return this.#app.end(signal);
  }

  async stop(): Promise<number | null> {
    const code = await this.end('SIGTERM');
    await this.database?.close();
    this.folder.remove();
    return code;
  }

  /** The lines of standard error. */
  get errors(): readonly string[] {
    return this.#app.errors;
  }

  log(): string {
    return this.#app.log;
  }

  async #isReady(): Promise<boolean> {
    const status = readStatus(this.#statusFile);
    if (status === null || !status.started) return false;
    const pids = [...victimsOf(status).values()];
    if (!pids.every((pid) => pid !== null && isAlive(pid))) return false;
    return (await Promise.all(appUrls(status).map(isReady))).every((ready) => ready);
  }
}

export async function startCluster(options?: StackOptions): Promise<ClusterStack> {
  return ClusterStack.start(options);
}
