import { sealer, type Sealer } from '@parlance/auth';
import { startApp, Drain, type Platform, type RunningApp } from '@parlance/bootstrap';
import { createInProcessHub, type Bus, type InProcessHub } from '@parlance/bus';
import { loadConfig } from '@parlance/config';
import { verifyCredential } from '@parlance/contracts';
import type { Tenant, VerifiedCredential } from '@parlance/domain';
import { createLogger, Health, Metrics } from '@parlance/observability';
import { createPersistence, freePort, type Persistence } from '@parlance/persistence';
import { openTestDatabase } from '@parlance/testing/database';
import { identityFragments } from './identity.config.js';
import { IdentityModule, VAULT_PURPOSE } from './identity.module.js';
import { TenantRepository } from './tenant/tenant.repository.js';

/** What the integration specs start: the real service on a real Postgres, asked over the in-process bus as an edge would. */

const MASTER_KEY = 'a master key of the specs, 32 characters or more';

export interface Database {
  readonly url: string;
  readonly persistence: Persistence;
  stop(): Promise<void>;
}

/** A migrated database of its own. */
export async function startDatabase(): Promise<Database> {
  const database = await openTestDatabase();
  const persistence = createPersistence({ url: database.url, maxConnections: 4 });
  return {
    url: database.url,
    persistence,
    stop: async () => {
      await persistence.close();
      await database.close();
    },
  };
}

export interface Identity {
  readonly app: RunningApp;
  /** a connection to the service's bus, as an edge has one */
  readonly edge: Bus;
  readonly hub: InProcessHub;
  /** lets the service's clock run ahead, in ms */
  readonly pass: (ms: number) => void;
  readonly log: readonly string[];
  readonly masterKey: string;
  readonly verify: (credential: string | null, over?: Partial<Where>) => Promise<VerifiedCredential>;
  close(): Promise<void>;
}

interface Where {
  readonly host: string | null;
  readonly origin: string | null;
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** the hub of another replica */
  readonly hub?: InProcessHub;
}

/** Starts one replica. Throws what a process would print. */
export async function startIdentity(database: Database, options: StartOptions = {}): Promise<Identity> {
  const hub = options.hub ?? createInProcessHub();
  const edge = hub.connect('edge');
  const log: string[] = [];
  let ahead = 0;
  const bus = hub.connect('identity');
  const app = await startApp({
    platform: platformOf(bus, log, () => Date.now() + ahead),
    modules: [IdentityModule.register(settingsOf(database.url, options.env))],
    http: { host: '127.0.0.1', port: await freePort() },
    release: () => bus.drain(),
  });
  return {
    app,
    edge,
    hub,
    log,
    masterKey: MASTER_KEY,
    pass: (ms) => (ahead += ms),
    verify: (credential, over = {}) =>
      edge.request(verifyCredential, { credential, host: null, origin: null, ...over }),
    close: async () => {
      await edge.drain();
      await app.close();
    },
  };
}

function settingsOf(url: string, env: StartOptions['env'] = {}) {
  return loadConfig(identityFragments, { DATABASE_URL: url, PARLANCE_MASTER_KEY: MASTER_KEY, ...env });
}

function platformOf(bus: Bus, log: string[], clock: () => number): Platform<Bus> {
  const logger = createLogger({
    service: 'identity',
    level: 'debug',
    destination: { write: (line) => log.push(line) },
  });
  const drain = new Drain({ logger, graceMs: 5_000 });
  return { logger, metrics: new Metrics(), health: new Health(), drain, clock, bus };
}

/** What opens the signing keys that a replica stores, and the other way round. */
export function vaultOf(): Sealer {
  return sealer(MASTER_KEY, { purpose: VAULT_PURPOSE });
}

/** Stores a tenant with sensible values for what is not given, and returns its id. */
export async function makeTenant(database: Database, over: Partial<Tenant> & { readonly id: string }): Promise<string> {
  const rest: Omit<Tenant, 'id' | 'name'> = {
    hosts: [],
    origins: [],
    payloadIdentity: 'refuse',
    dialects: null,
    defaultDialect: null,
    options: {},
  };
  await new TenantRepository(database.persistence).createIfAbsent({ name: over.id, ...rest, ...over });
  return over.id;
}
