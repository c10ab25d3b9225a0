import { randomUUID } from 'node:crypto';
import { createDatabase, freePort } from '@parlance/persistence';
import {
  ChildApp,
  isReady,
  makeTempFolder,
  startNats,
  startRedis,
  until,
  type AppEnvironment,
  type PrivateServer,
  type TempFolder,
} from '@parlance/testing';
import { openTestDatabase, type TestDatabase } from '@parlance/testing/database';
import { LIMITS } from '../settings.js';
import { catalogueOf } from './catalogue.js';
import { Door } from './door.js';

/** What is started of each version. Gateways and the api have an address; the others are found over the bus. */
export const REPLICAS = {
  'identity-0': 'identity',
  'presence-0': 'presence',
  'call-0': 'call',
  'message-0': 'message',
  'message-1': 'message',
  'api-0': 'api',
  'gateway-0': 'gateway',
  'gateway-1': 'gateway',
} as const;

export type Replica = keyof typeof REPLICAS;
type Role = (typeof REPLICAS)[Replica];

const NAMES: readonly Replica[] = [
  'identity-0',
  'presence-0',
  'call-0',
  'message-0',
  'message-1',
  'api-0',
  'gateway-0',
  'gateway-1',
];
const ADDRESSED: readonly Replica[] = ['api-0', 'gateway-0', 'gateway-1'];
const LOOPBACK = '127.0.0.1';
/** A gateway takes as long to move its clients. */
const DRAIN_GRACE_MS = '2000';
/** At least 32 characters; nobody but this test knows the installation. */
const secret = (): string => randomUUID() + randomUUID();

interface Backing {
  readonly folder: TempFolder;
  readonly server: TestDatabase;
  readonly databaseUrl: string;
  readonly redis: PrivateServer;
  readonly nats: PrivateServer;
}

interface Running {
  readonly app: ChildApp;
  readonly tree: string;
}

/** An installation whose processes an operator replaces one by one, each from the folder of the version it is to be. */
export class Fleet {
  private readonly running = new Map<Replica, Running>();
  private readonly secrets = { gateway: secret(), master: secret(), files: secret() };

  private constructor(
    private readonly backing: Backing,
    private readonly doors: ReadonlyMap<Replica, Door>,
  ) {}

  /** Redis, NATS and an empty database. */
  static async open(): Promise<Fleet> {
    const server = await openTestDatabase();
    const databaseUrl = await createDatabase(server.url, `upgrade_${randomUUID().replaceAll('-', '')}`);
    const backing = {
      folder: makeTempFolder(),
      server,
      databaseUrl,
      redis: await startRedis(),
      nats: await startNats(),
    };
    const doors = new Map<Replica, Door>();
    for (const name of ADDRESSED) doors.set(name, await Door.open());
    return new Fleet(backing, doors);
  }

  get gateways(): readonly [string, string] {
    return [this.addressOf('gateway-0'), this.addressOf('gateway-1')];
  }

  /** The folder that each replica runs from. */
  get trees(): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.running].map(([name, { tree }]) => [name, tree]));
  }

  /** Runs a version's migrations; with `--wait`, what its pods do before they start. Resolves with the exit code. */
  async migrate(tree: string, ...args: readonly string[]): Promise<number | null> {
    return new ChildApp('migrate', { DATABASE_URL: this.backing.databaseUrl }, { tree, args }).ended;
  }

  /** What the database has, a line each. */
  catalogue(): Promise<readonly string[]> {
    return catalogueOf(this.backing.databaseUrl);
  }

  /** Every replica, of one version. */
  async start(tree: string): Promise<void> {
    await Promise.all(NAMES.map(async (name) => this.launch(name, tree)));
  }

  /**
   * Puts replicas of a version in the place of those that run, as a rolling update does: each successor is ready before the one before it
   * is asked to end, one after the other. @throws Error when one did not end well
   */
  async replace(names: readonly Replica[], tree: string): Promise<void> {
    for (const name of names) await this.replaceOne(name, tree);
  }

  /** Ends everything. */
  async stop(): Promise<void> {
    const ends = [...this.running].map(async ([name, { app }]) => end(name, app));
    const outcomes = await Promise.allSettled(ends);
    const { folder, server, redis, nats } = this.backing;
    await Promise.all([...this.doors.values()].map((door) => door.close()));
    await Promise.all([redis.stop(), nats.stop(), server.close()]);
    folder.remove();
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }

  private async replaceOne(name: Replica, tree: string): Promise<void> {
    const before = this.running.get(name);
    if (before === undefined) throw new Error(`${name} does not run.`);
    await this.launch(name, tree);
    await end(name, before.app);
  }

  private addressOf(name: Replica): string {
    return this.doors.get(name)?.url ?? '';
  }

  /** Resolves when it is ready and is found. @throws Error with what it said, when it ended instead */
  private async launch(name: Replica, tree: string): Promise<void> {
    const role = REPLICAS[name];
    const port = await freePort();
    const url = `http://${LOOPBACK}:${port}`;
    const address = { HOST: LOOPBACK, PORT: String(port), NATS_URL: this.backing.nats.url, DRAIN_GRACE_MS };
    const app = new ChildApp(role, { ...LIMITS_OF[role], ...this.settingsOf(role, url), ...address }, { tree });
    const ended = (): string | undefined => (app.running ? undefined : `it ended\n${app.log}`);
    try {
      await until(`${name} ready`, async () => isReady(url), ended);
    } catch (error) {
      await app.end('SIGKILL');
      throw error;
    }
    this.doors.get(name)?.leadTo(url);
    this.running.set(name, { app, tree });
  }

  /** What a person would set for either version. */
  private settingsOf(role: Role, url: string): AppEnvironment {
    const { databaseUrl, folder, redis } = this.backing;
    const database = { DATABASE_URL: databaseUrl };
    const files = {
      PARLANCE_FILES_SECRET: this.secrets.files,
      PARLANCE_STORAGE_DIR: folder.path,
      PARLANCE_PUBLIC_URL: this.addressOf('gateway-0'),
    };
    const own: Readonly<Record<Role, AppEnvironment>> = {
      identity: { ...database, PARLANCE_DEMO: 'true', PARLANCE_MASTER_KEY: this.secrets.master },
      presence: { ...database, REDIS_URL: redis.url },
      message: database,
      call: database,
      api: { ...files, PARLANCE_API_TRUSTED_PROXIES: '1' },
      gateway: {
        ...files,
        REDIS_URL: redis.url,
        PARLANCE_GATEWAY_SECRET: this.secrets.gateway,
        PARLANCE_GATEWAY_URL: url,
        PARLANCE_API_URL: this.addressOf('api-0'),
      },
    };
    return own[role];
  }
}

const { PARLANCE_LIMIT_CONNECTS_PER_MINUTE, ...EVERYWHERE } = LIMITS;

/** Apps refuse settings that they do not know. */
const LIMITS_OF: Readonly<Record<Role, AppEnvironment>> = {
  identity: EVERYWHERE,
  presence: EVERYWHERE,
  message: EVERYWHERE,
  call: EVERYWHERE,
  api: EVERYWHERE,
  gateway: { ...EVERYWHERE, PARLANCE_LIMIT_CONNECTS_PER_MINUTE },
};

async function end(name: string, app: ChildApp): Promise<void> {
  const code = await app.end('SIGTERM');
  if (code !== 0) throw new Error(`${name} ended with ${code ?? 'a signal'}:\n${app.log}`);
}
