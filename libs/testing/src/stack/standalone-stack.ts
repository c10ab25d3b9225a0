import { join } from 'node:path';
import { freePort } from '@parlance/persistence';
import type { TestDatabase } from '../database/test-database.js';
import { ChildApp, type AppEnvironment } from './child-app.js';
import { isReady, until } from './ready.js';
import { openStackDatabase } from './stack-database.js';
import type { Stack, StackOptions } from './stack.js';
import { makeTempFolder, type TempFolder } from './temp-folder.js';

/** The whole stack in one process, as `npm start` runs it. */
export class StandaloneStack implements Stack {
  readonly mode = 'standalone';
  readonly victims = ['process'];
  #app: ChildApp;
  #earlier = '';

  private constructor(
    readonly url: string,
    private readonly env: AppEnvironment,
    private readonly folder: TempFolder | undefined,
    private readonly database: TestDatabase | null,
  ) {
    this.#app = new ChildApp('standalone', env);
  }

  static async start(options: StackOptions = {}): Promise<StandaloneStack> {
    const { env = {}, dataDir } = options;
    const port = String(await freePort());
    const folder = dataDir === undefined ? makeTempFolder() : undefined;
    const data = dataDir ?? join(folder?.path ?? '', 'data');
    const database = await openStackDatabase(options);
    const stored = database === null ? {} : { DATABASE_URL: database.url };
    const settings = { PORT: port, PARLANCE_DATA_DIR: data, PARLANCE_ENV: 'test', ...stored, ...env };
    const stack = new StandaloneStack(`http://127.0.0.1:${settings.PORT}`, settings, folder, database);
    await stack.#firstReady();
    return stack;
  }

  get gateways(): readonly [string] {
    return [this.url];
  }

  get pid(): number {
    return this.#app.pid;
  }

  /** Settles with the exit code when the process ends, by whatever cause. */
  get ended(): Promise<number | null> {
    return this.#app.ended;
  }

  async waitReady(): Promise<void> {
    const ended = (): string | undefined => (this.#app.running ? undefined : `it ended\n${this.#app.log}`);
    await until('standalone ready', async () => isReady(this.url), ended);
  }

  async strike(_victim: string): Promise<void> {
    await this.kill9();
    await this.restart();
  }

  async kill9(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Starts it again on the same port and data, ending it first if it runs. */
  async restart(): Promise<void> {
    await this.#app.end('SIGTERM');
    this.#earlier += `${this.#app.log}\n`;
    this.#app = new ChildApp('standalone', this.env);
    await this.waitReady();
  }

  /** Signals the process and waits for its end. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    return this.#app.end(signal);
  }

  async stop(): Promise<number | null> {
    const code = await this.end('SIGTERM');
    await this.database?.close();
    this.folder?.remove();
    return code;
  }

  /** The lines of standard error of the last start. */
  get errors(): readonly string[] {
    return this.#app.errors;
  }

  log(): string {
    return this.#earlier + this.#app.log;
  }

  async #firstReady(): Promise<void> {
    try {
      await this.waitReady();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }
}

export async function startStandalone(options?: StackOptions): Promise<StandaloneStack> {
  return StandaloneStack.start(options);
}
