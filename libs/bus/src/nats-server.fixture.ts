import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';

const execute = promisify(execFile);

const FIRST_PORT = 20_000;
/** Below the range from which the system takes ports for outgoing connections. */
const PORTS = 12_000;
const ATTEMPTS = 20;

/** A private nats-server on a free loopback port, in a folder of its own. */
export class NatsServer {
  private child: ChildProcess | null = null;

  private constructor(
    private readonly port: number,
    private readonly folder: string,
    private readonly more: readonly string[],
  ) {}

  /** `more`: further arguments; `settings`: the text of a configuration file. */
  static async start(more: readonly string[] = [], settings = ''): Promise<NatsServer> {
    const folder = await mkdtemp(join(tmpdir(), 'parlance-bus-'));
    await writeFile(join(folder, 'nats.conf'), settings);
    for (let attempt = 1; ; attempt += 1) {
      const server = new NatsServer(await freePort(), folder, more);
      try {
        await server.restart();
        return server;
      } catch (error) {
        // Somebody took the port between the look and the start.
        if (attempt === ATTEMPTS) throw error;
      }
    }
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  async restart(): Promise<void> {
    const place = ['-a', '127.0.0.1', '-p', String(this.port), '-c', join(this.folder, 'nats.conf')];
    const child = spawn('nats-server', [...place, ...this.more], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.child = child;
    await new Promise<void>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`nats-server ended with ${code}`)));
      createInterface({ input: child.stderr }).on('line', (line) => {
        if (line.includes('Server is ready')) resolve();
      });
    });
  }

  /** Stops answering without closing anything, as a hanging machine would; settles when it has stopped. */
  async freeze(): Promise<void> {
    const child = this.child;
    if (child === null) return;
    child.kill('SIGSTOP');
    const stateOf = async (): Promise<string> =>
      (await execute('ps', ['-o', 'state=', '-p', String(child.pid)])).stdout;
    while (!(await stateOf()).startsWith('T')) await nextTurn();
  }

  thaw(): void {
    this.child?.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    const child = this.child;
    this.child = null;
    if (child === null || child.exitCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
    if (await isFree(port)) return port;
  }
  throw new Error('no free port was found');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
