import {
  NATS_SERVER,
  REDIS_SERVER,
  findProgram,
  startServer,
  type ServerKind,
  type ServerProcess,
} from '@parlance/bootstrap';
import { freePort } from '@parlance/persistence';
import { isAlive } from './ready.js';
import { makeTempFolder, type TempFolder } from './temp-folder.js';

const MAX_PORTS = 5;

/** A server of a test's own, on a free loopback port; it ends with the tests' process. */
export class PrivateServer {
  private constructor(
    private readonly kind: ServerKind,
    private readonly file: string,
    private readonly folder: TempFolder,
    private running: ServerProcess,
  ) {}

  static async start(kind: ServerKind, debianPackage = kind.program): Promise<PrivateServer> {
    const file = findProgram(kind.program, process.env['PATH']);
    if (file === undefined) throw new Error(`${kind.program} is not installed (Debian package ${debianPackage}).`);
    const folder = makeTempFolder();
    return new PrivateServer(kind, file, folder, await startOnFreePort(kind, file, folder.path));
  }

  get url(): string {
    return this.running.url;
  }

  get port(): number {
    return this.running.port;
  }

  get pid(): number {
    return this.running.pid;
  }

  /** Resolves when it is gone. */
  async kill9(): Promise<void> {
    if (isAlive(this.pid)) process.kill(this.pid, 'SIGKILL');
    await this.running.exited;
  }

  /** Ends it, unless it is gone, and starts it again on the same port. */
  async restart(): Promise<void> {
    await this.running.stop();
    this.running = await startServer(this.kind, this.file, { port: this.port, folder: this.folder.path });
  }

  async stop(): Promise<void> {
    await this.running.stop();
    this.folder.remove();
  }
}

export async function startRedis(): Promise<PrivateServer> {
  return PrivateServer.start(REDIS_SERVER);
}

export async function startNats(): Promise<PrivateServer> {
  return PrivateServer.start(NATS_SERVER);
}

/** Somebody may take a port between the probe and its use; what fails every time has another reason. */
async function startOnFreePort(kind: ServerKind, file: string, folder: string): Promise<ServerProcess> {
  const failures: unknown[] = [];
  while (failures.length < MAX_PORTS) {
    try {
      return await startServer(kind, file, { port: await freePort(), folder });
    } catch (error) {
      failures.push(error);
    }
  }
  throw new AggregateError(failures, `${kind.program} did not start.`);
}
