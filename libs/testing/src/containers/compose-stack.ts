import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pace } from 'node:timers/promises';
import type { AppEnvironment } from '../stack/child-app.js';
import { isReady, until } from '../stack/ready.js';
import type { Stack } from '../stack/stack.js';
import { makeTempFolder, type TempFolder } from '../stack/temp-folder.js';
import { composeProgram, docker, runProgram, succeeded, type Ended } from './command-line.js';
import { containersOf, type ContainerState } from './container-state.js';

const ROOT = join(import.meta.dirname, '../../../..');
const LOG_LINES = 200;
const LOOK_MS = 200;
/** What a container may have ended as while the stack is well. */
const DONE = 0;

export interface ComposeOptions {
  /** unique among what runs on the engine */
  readonly project: string;
  /** port of the loopback that the stack is reached at */
  readonly port: number;
  /** what the compose file asks of its environment */
  readonly variables?: AppEnvironment;
  readonly profiles?: readonly string[];
  /** more settings for some of its services */
  readonly settings?: Readonly<Record<string, AppEnvironment>>;
}

/** The whole stack as docker-compose.yml runs it, under a name of its own, reached through its proxy. */
export class ComposeStack implements Stack {
  readonly mode = 'compose';
  readonly gateways: readonly [string];
  readonly #command: readonly [string, ...string[]];
  readonly #lastWish: () => void;
  #stopped: Promise<number | null> | undefined;

  private constructor(
    readonly project: string,
    url: string,
    program: readonly [string, ...string[]],
    private readonly folder: TempFolder,
    files: readonly string[],
    private readonly profiles: readonly string[],
  ) {
    this.gateways = [url];
    this.#command = [...program, '--project-name', project, '--project-directory', ROOT, ...files];
    const [file, ...args] = this.#command;
    // However the tests' process ends.
    this.#lastWish = () => void spawnSync(file, [...args, ...this.#profiled(), 'down', '--volumes', '--timeout', '1']);
    process.once('exit', this.#lastWish);
  }

  /** Resolves when everything is up and healthy. @throws Error with what compose said. */
  static async start({
    project,
    port,
    variables,
    profiles = [],
    settings = {},
  }: ComposeOptions): Promise<ComposeStack> {
    const folder = makeTempFolder();
    const envFile = join(folder.path, 'compose.env');
    const override = join(folder.path, 'override.json');
    writeFileSync(envFile, lines({ ...variables, PARLANCE_PORT: String(port) }));
    const services = Object.entries(settings).map(([service, environment]) => [service, { environment }]);
    writeFileSync(override, JSON.stringify({ services: Object.fromEntries(services) }));
    const files = ['--env-file', envFile, '--file', join(ROOT, 'docker-compose.yml'), '--file', override];
    const program = await composeProgram();
    const stack = new ComposeStack(project, `http://127.0.0.1:${port}`, program, folder, files, profiles);
    try {
      await stack.up();
      return stack;
    } catch (error) {
      const log = stack.log();
      await stack.stop();
      throw new Error(`The stack did not start.\n${log}`, { cause: error });
    }
  }

  get victims(): readonly string[] {
    return ['gateway-0', 'gateway-1', 'message', 'nats', 'redis', 'postgres'];
  }

  /** Starts what is not up as the file says; resolves when all is well. */
  async up(): Promise<void> {
    await this.#compose('up', '--detach');
    await this.waitReady();
  }

  /** Ends everything and keeps what it stored. */
  async down(): Promise<void> {
    await this.#compose('down');
  }

  async containers(): Promise<readonly ContainerState[]> {
    return containersOf(this.project);
  }

  /** @throws Error when the project has no such service. */
  async container(service: string): Promise<ContainerState> {
    const found = (await this.containers()).find((one) => one.service === service);
    if (found === undefined) throw new Error(`${service} is not part of ${this.project}.`);
    return found;
  }

  /** Runs a program in the container of a service, as its own user. */
  async exec(service: string, ...command: readonly string[]): Promise<Ended> {
    const { id } = await this.container(service);
    return runProgram('docker', ['exec', id, ...command]);
  }

  async waitReady(): Promise<void> {
    await until(
      `${this.project} ready`,
      async () => {
        // Each look starts two programs.
        await pace(LOOK_MS);
        return (await isReady(this.gateways[0])) && (await this.containers()).every(isWell);
      },
      () => undefined,
    );
  }

  async strike(victim: string): Promise<void> {
    const { id } = await this.container(victim);
    await docker('kill', '--signal', 'KILL', id);
    await docker('start', id);
    await this.waitReady();
  }

  /** Ends a container as an upgrade does, and starts it again; resolves with its exit code when all is well. */
  async restart(service: string): Promise<number | null> {
    const { id } = await this.container(service);
    await docker('stop', id);
    const { exitCode } = await this.container(service);
    await docker('start', id);
    await this.waitReady();
    return exitCode;
  }

  /** Ends everything and leaves nothing, once; resolves with compose's exit code. */
  async stop(): Promise<number | null> {
    this.#stopped ??= this.#remove();
    return this.#stopped;
  }

  async #remove(): Promise<number | null> {
    process.removeListener('exit', this.#lastWish);
    const [file, ...args] = this.#command;
    const { code } = await runProgram(file, [...args, ...this.#profiled(), 'down', '--volumes', '--timeout', '5']);
    this.folder.remove();
    return code;
  }

  log(): string {
    const [file, ...args] = this.#command;
    const { stdout } = spawnSync(file, [...args, 'logs', '--no-color', `--tail=${LOG_LINES}`], { encoding: 'utf8' });
    return stdout;
  }

  async #compose(...words: readonly string[]): Promise<string> {
    const [file, ...args] = this.#command;
    const all = [...args, ...this.#profiled(), ...words];
    return succeeded(file, all, await runProgram(file, all));
  }

  #profiled(): readonly string[] {
    return this.profiles.flatMap((profile) => ['--profile', profile]);
  }
}

function isWell({ running, exitCode, health }: ContainerState): boolean {
  return running ? health === 'healthy' || health === null : exitCode === DONE;
}

function lines(variables: AppEnvironment): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
