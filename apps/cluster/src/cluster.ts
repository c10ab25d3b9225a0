import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  NATS_SERVER,
  REDIS_SERVER,
  assertCanListen,
  openHome,
  urlOf,
  type Home,
  type ProcessHost,
} from '@parlance/bootstrap';
import type { Environment } from '@parlance/config';
import type { Clock, Logger } from '@parlance/observability';
import { defaultMigrationsDir, freePort, migrate } from '@parlance/persistence';
import { filesSecretFrom } from '@parlance/storage';
import { appEnvironment, isGiven } from './app-environment.js';
import { launchApp } from './app-process.js';
import { embeddedPostgres, privateServer, type Backing } from './backing.js';
import type { ClusterSettings } from './cluster.config.js';
import { Part, type Ending, type Launched } from './part.js';
import { findServers } from './programs.js';
import { RestartBudget } from './restart-budget.js';
import type { Role } from './role.js';
import { isService, SERVICE_ROLES, termsOf, type ServiceRole } from './services.js';
import { removeStatus, writeStatus, type ClusterStatus, type PartStatus, type ServerStatus } from './status-file.js';

export interface ClusterOptions {
  readonly settings: ClusterSettings;
  /** The environment that the settings were read from. */
  readonly env: Environment;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly stderr: ProcessHost['stderr'];
  /** Called when a part ended for good: the cluster is of no use without it. */
  readonly onLost: (reason: string, ending: Ending) => void;
}

interface Address extends Environment {
  readonly HOST: string;
  readonly PORT: string;
}

interface AppPart {
  readonly role: Role;
  readonly url: string;
  readonly part: Part;
}

interface ServerPart {
  readonly backing: Backing;
  readonly part: Part;
}

interface Servers {
  redis?: ServerPart;
  nats?: ServerPart;
  postgres?: ServerPart;
}

/** Each waits for those before it: clients go first, what everybody needs goes last. */
const STOP_ORDER: readonly (readonly Role[])[] = [['gateway'], ['api'], SERVICE_ROLES];
const LOOPBACK = '127.0.0.1';
/** The pools of all replicas, also of those that take over from processes whose connections Postgres has not yet noticed to be gone. */
const DATABASE_CONNECTIONS = 200;
/** A graceful shutdown has this many steps, each bounded by the grace. */
const STEPS = 8;

/** The processes of one installation on one machine. */
export class Cluster {
  readonly #options: ClusterOptions;
  readonly #servers: Servers = {};
  #apps: readonly AppPart[] = [];
  /** where clients find the first gateway: file URLs begin with it */
  #publicUrl: string | undefined;
  #started = false;
  #stopping: Promise<void> | undefined;

  constructor(options: ClusterOptions) {
    this.#options = options;
  }

  get stopping(): boolean {
    return this.#stopping !== undefined;
  }

  /** Resolves with the gateways' addresses when every process is ready; rejects with the first reason why one is not. */
  async start(): Promise<readonly [string, string]> {
    const { settings } = this.#options;
    const gateways = await gatewayPorts(settings);
    const home = await openHome(settings.cluster.dataDir);
    await this.#startServers(home);
    await migrate({ connectionString: this.#databaseUrl(), migrationsDir: defaultMigrationsDir() });
    await this.#startApps(home, gateways);
    this.#started = true;
    this.#writeStatus();
    const url = (port: number): string => urlOf({ host: settings.http.host, port });
    return [url(gateways[0]), url(gateways[1])];
  }

  /** Once; later calls wait for the same. */
  async stop(): Promise<void> {
    this.#stopping ??= this.#stopInOrder();
    return this.#stopping;
  }

  async #stopInOrder(): Promise<void> {
    for (const roles of STOP_ORDER) {
      await Promise.all(this.#apps.filter(({ role }) => roles.includes(role)).map(({ part }) => part.stop()));
    }
    const { redis, nats, postgres } = this.#servers;
    await Promise.all([redis, nats, postgres].map(async (server) => server?.part.stop()));
    if (this.#options.settings.cluster.statusFile !== undefined)
      removeStatus(this.#options.settings.cluster.statusFile);
  }

  async #startServers({ folder, databaseDir }: Home): Promise<void> {
    const { env, logger, settings } = this.#options;
    const { cluster, nats: given, testing } = settings;
    const files = findServers(
      {
        redis: cluster.redisUrl === undefined ? cluster.redisServer : undefined,
        nats: given.urls === undefined ? cluster.natsServer : undefined,
      },
      env['PATH'],
    );
    const run = join(folder, 'run');
    await mkdir(run, { recursive: true });
    const { redis, nats } = files;
    if (redis !== undefined) this.#servers.redis = this.#server('redis', privateServer(REDIS_SERVER, redis, run));
    if (nats !== undefined) this.#servers.nats = this.#server('nats', privateServer(NATS_SERVER, nats, run));
    if (cluster.databaseUrl === undefined) {
      const log = (line: string): void => logger.debug({ postgres: line }, 'postgres');
      const durable = testing.env !== 'test';
      const options = { dataDir: databaseDir, durable, log, maxConnections: DATABASE_CONNECTIONS };
      this.#servers.postgres = this.#server('postgres', embeddedPostgres(options));
    }
    const parts = [this.#servers.redis, this.#servers.nats, this.#servers.postgres];
    await Promise.all(parts.map(async (server) => server?.part.start()));
  }

  #server(name: string, backing: Backing): ServerPart {
    return { backing, part: this.#part(name, backing.launch) };
  }

  #databaseUrl(): string {
    return this.#options.settings.cluster.databaseUrl ?? this.#servers.postgres?.backing.address?.url ?? '';
  }

  async #startApps(home: Home, gateways: readonly [number, number]): Promise<void> {
    const { host } = this.#options.settings.http;
    this.#publicUrl = urlOf({ host, port: gateways[0] });
    const apiPort = await freePort();
    const apiUrl = urlOf({ host: LOOPBACK, port: apiPort });
    const replica = async (role: ServiceRole, index: number): Promise<AppPart> =>
      this.#app(`${role}-${index}`, role, { HOST: LOOPBACK, PORT: String(await freePort()) }, home);
    const replicas = SERVICE_ROLES.flatMap((role) =>
      Array.from({ length: termsOf(role).replicas }, async (_, index) => replica(role, index)),
    );
    const gateway = (name: string, port: number): AppPart => {
      const urls = { PARLANCE_API_URL: apiUrl, PARLANCE_GATEWAY_URL: urlOf({ host, port }) };
      return this.#app(name, 'gateway', { HOST: host, PORT: String(port), ...urls }, home);
    };
    this.#apps = [
      ...(await Promise.all(replicas)),
      this.#app('api', 'api', { HOST: LOOPBACK, PORT: String(apiPort) }, home),
      gateway('gateway-0', gateways[0]),
      gateway('gateway-1', gateways[1]),
    ];
    // Those made after a stop has begun would not be stopped.
    if (this.stopping) throw new Error('The cluster is stopping.');
    await Promise.all(this.#apps.map(async ({ part }) => part.start()));
  }

  #app(name: string, role: Role, address: Address, home: Home): AppPart {
    const { env, settings, stderr } = this.#options;
    const url = urlOf({ host: address.HOST, port: Number(address.PORT) });
    const environment = appEnvironment(role, env, { ...this.#made(role, home), ...address });
    const stopMs = settings.drain.graceMs * STEPS;
    const launch = async (): Promise<Launched> => launchApp({ name, role, env: environment, url, stopMs, stderr });
    return { role, url, part: this.#part(name, launch) };
  }

  /** What was not given, and is therefore decided here. */
  #made(role: Role, { folder, secrets }: Home): Environment {
    const { env, settings } = this.#options;
    const { redis, nats, postgres } = this.#servers;
    const unlessGiven = (name: string, value: string | undefined): Environment =>
      value === undefined || isGiven(env, name) ? {} : { [name]: value };
    const storage = {
      ...unlessGiven('PARLANCE_STORAGE_DIR', join(folder, 'files')),
      ...unlessGiven('PARLANCE_FILES_SECRET', filesSecretFrom(secrets.gatewaySecret)),
      ...unlessGiven('PARLANCE_PUBLIC_URL', this.#publicUrl),
    };
    const server = (name: string, url: string | undefined): Environment =>
      isService(role) && termsOf(role).settings.includes(name) ? unlessGiven(name, url) : {};
    const own: Readonly<Partial<Record<Role, Environment>>> = {
      gateway: {
        ...storage,
        ...unlessGiven('REDIS_URL', redis?.backing.address?.url),
        ...unlessGiven('PARLANCE_GATEWAY_SECRET', secrets.gatewaySecret),
      },
      // The gateway in front of it.
      api: {
        PARLANCE_DEMO: String(settings.cluster.demo),
        ...storage,
        ...unlessGiven('PARLANCE_API_TRUSTED_PROXIES', '1'),
      },
      identity: {
        PARLANCE_DEMO: String(settings.cluster.demo),
        ...unlessGiven('PARLANCE_MASTER_KEY', secrets.masterKey),
      },
    };
    return {
      ...own[role],
      ...server('DATABASE_URL', postgres?.backing.address?.url),
      ...server('REDIS_URL', redis?.backing.address?.url),
      ...unlessGiven('NATS_URL', nats?.backing.address?.url),
      PARLANCE_ENDS_WITH_PARENT: 'true',
    };
  }

  #part(name: string, launch: () => Promise<Launched>): Part {
    const { settings, clock, logger, onLost } = this.#options;
    const budget = new RestartBudget(settings.cluster.restartsPerMinute);
    return new Part({ name, launch, budget, clock, logger, onLost, onChange: () => this.#writeStatus() });
  }

  #writeStatus(): void {
    const { statusFile } = this.#options.settings.cluster;
    if (statusFile !== undefined && !this.stopping) writeStatus(statusFile, this.#status());
  }

  #status(): ClusterStatus {
    const of = (wanted: Role): readonly PartStatus[] =>
      this.#apps.filter(({ role }) => role === wanted).map(({ url, part }) => ({ url, pid: part.pid }));
    const { redis, nats, postgres } = this.#servers;
    return {
      pid: process.pid,
      started: this.#started,
      gateways: of('gateway'),
      api: of('api')[0] ?? null,
      services: Object.fromEntries(SERVICE_ROLES.map((role) => [role, of(role)])),
      redis: serverStatus(redis),
      nats: serverStatus(nats),
      postgres: serverStatus(postgres),
    };
  }
}

function serverStatus(server: ServerPart | undefined): ServerStatus | null {
  const address = server?.backing.address;
  return server === undefined || address === undefined
    ? null
    : { url: address.url, port: address.port, pid: server.part.pid };
}

/** The second gateway listens one port above the first. Found out before anything is started. */
async function gatewayPorts({ http }: ClusterSettings): Promise<readonly [number, number]> {
  if (http.port === 0) return [await freePort(), await freePort()];
  const ports = [http.port, http.port + 1] as const;
  for (const port of ports) await assertCanListen({ host: http.host, port });
  return ports;
}
