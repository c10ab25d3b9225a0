import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort } from '@parlance/persistence';
import { GenericContainer, Wait, type StartedTestContainer } from 'testcontainers';
import { until } from '../stack/ready.js';
import { docker } from './command-line.js';

const COMPOSE_FILE = join(import.meta.dirname, '../../../../docker-compose.yml');
const NATS_PORT = 4222;
const POSTGRES_PORT = 5432;
const GREETING_MS = 1_000;
const PASSWORD = 'a password of the specs';
const HEALTH = { interval: 300, timeout: 3_000, retries: 100 };

/** A server of a spec's own in a container, on a port of the loopback that it keeps. */
export class ContainerServer {
  constructor(
    private readonly container: StartedTestContainer,
    private readonly port: number,
    readonly url: string,
  ) {}

  /** Resolves when it is gone. */
  async kill(): Promise<void> {
    await docker('kill', '--signal', 'KILL', this.container.getId());
  }

  /** After `kill`: resolves when it speaks again. */
  async start(): Promise<void> {
    await docker('start', this.container.getId());
    // Whoever publishes the port takes connections before the server does.
    await until(
      `${this.url} greets`,
      () => greets(this.port),
      () => undefined,
    );
  }

  /** Ends it and leaves nothing. */
  async stop(): Promise<void> {
    await this.container.stop({ remove: true, removeVolumes: true, timeout: 0 });
  }
}

export async function startNatsContainer(): Promise<ContainerServer> {
  const port = await freePort();
  const container = await new GenericContainer(imageOf('nats'))
    .withExposedPorts({ container: NATS_PORT, host: port })
    .withWaitStrategy(Wait.forLogMessage(/Server is ready/))
    .start();
  return new ContainerServer(container, port, `nats://${container.getHost()}:${port}`);
}

/** Without durability: nothing in it outlives the spec. */
export async function startPostgresContainer(): Promise<ContainerServer> {
  const port = await freePort();
  const container = await new GenericContainer(imageOf('postgres'))
    .withEnvironment({ POSTGRES_PASSWORD: PASSWORD })
    .withCommand(['postgres', '-c', 'fsync=off'])
    .withExposedPorts({ container: POSTGRES_PORT, host: port })
    .withHealthCheck({ test: ['CMD', 'pg_isready', '-h', '127.0.0.1', '-U', 'postgres'], ...HEALTH })
    .withWaitStrategy(Wait.forHealthCheck())
    .start();
  const credentials = `postgres:${encodeURIComponent(PASSWORD)}`;
  return new ContainerServer(container, port, `postgresql://${credentials}@${container.getHost()}:${port}/postgres`);
}

/** The image under which docker-compose.yml runs a server, so that specs try what is shipped. */
function imageOf(name: string): string {
  const [, image] = new RegExp(`^ +image: (${name}:\\S+)$`, 'm').exec(readFileSync(COMPOSE_FILE, 'utf8')) ?? [];
  if (image === undefined) throw new Error(`docker-compose.yml has no image of ${name}.`);
  return image;
}

/** Whether the server at a port says something by itself, as NATS does. */
function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: GREETING_MS });
    const end = (greeted: boolean) => (): void => {
      socket.destroy();
      resolve(greeted);
    };
    socket.once('data', end(true)).once('error', end(false)).once('close', end(false)).once('timeout', end(false));
  });
}
