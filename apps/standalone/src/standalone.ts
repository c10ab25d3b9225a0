import { join } from 'node:path';
import { ApiModule, apiFragments } from '@parlance/api';
import {
  busMetrics,
  greeting,
  openHome,
  urlOf,
  withTestFaults,
  type RunningApp,
  type Secrets,
  type ServiceConfig,
  type ServiceDefinition,
} from '@parlance/bootstrap';
import { inProcessBus, type Bus } from '@parlance/bus';
import { CallModule } from '@parlance/call';
import { GamificationModule } from '@parlance/gamification';
import { GatewayModule } from '@parlance/gateway';
import { IdentityModule } from '@parlance/identity';
import { MessageModule } from '@parlance/message';
import { PresenceModule } from '@parlance/presence';
import { defaultMigrationsDir, migrate, startEmbeddedPostgres } from '@parlance/persistence';
import { filesSecretFrom } from '@parlance/storage';

import { MADE_AT_START, standaloneFragments } from './standalone.config.js';

const fragments = [...standaloneFragments, ...apiFragments] as const;
type Config = ServiceConfig<typeof fragments>;

interface Prepared {
  readonly databaseUrl: string;
  readonly secrets: Secrets;
  /** of the installation's data */
  readonly folder: string;
}

export interface StandaloneHost {
  /** For a person to read. */
  readonly print: (text: string) => void;
  /** What cannot be gone on without is gone: say why, and end. */
  readonly fail: (problem: string) => void;
}

/** The whole stack in one process: every service's module over the in-process bus, on an embedded Postgres. */
export function standalone({ print, fail }: StandaloneHost): ServiceDefinition<typeof fragments, Bus> {
  let prepared: Prepared | null = null;
  return {
    name: 'standalone',
    fragments,
    connect: async (config, { logger, metrics }) => {
      const { folder, databaseDir, secrets } = await openHome(config.standalone.dataDir);
      const embedded =
        config.database.url === MADE_AT_START
          ? await startEmbeddedPostgres({
              dataDir: databaseDir,
              durable: config.testing.env !== 'test',
              log: (line) => logger.debug({ postgres: line }, 'postgres'),
            })
          : null;
      prepared = { databaseUrl: embedded?.url ?? config.database.url, secrets, folder };
      const bus = withTestFaults(inProcessBus({ log: logger, metrics: busMetrics(metrics) }), config);
      let closing = false;
      void embedded?.exited.then((lastLines) => {
        if (!closing) fail(`the embedded Postgres has ended. Start again; its last words were: ${lastLines}`);
      });
      const close = async (): Promise<void> => {
        closing = true;
        await bus.drain();
        await embedded?.stop();
      };
      try {
        await migrate({ connectionString: prepared.databaseUrl, migrationsDir: defaultMigrationsDir() });
      } catch (error) {
        await close();
        throw error;
      }
      return { bus, close };
    },
    modules: (config) => {
      const settled = settle(config, prepared);
      return [
        IdentityModule.register(settled),
        MessageModule.register(settled),
        CallModule.register(settled),
        PresenceModule.register(settled),
        GamificationModule.register(settled),
        GatewayModule.register(settled),
        ApiModule.register(settled),
      ];
    },
    announce: (running: RunningApp, config) => print(greeting({ urls: [running.url], demo: config.identity.demo })),
  };
}

function settle(config: Config, prepared: Prepared | null): Config {
  if (prepared === null) throw new TypeError('The modules are made after the database is there.');
  const { databaseUrl, secrets, folder } = prepared;
  const made = (value: string, secret: string): string => (value === MADE_AT_START ? secret : value);
  return {
    ...config,
    database: { ...config.database, url: databaseUrl },
    identity: { ...config.identity, masterKey: made(config.identity.masterKey, secrets.masterKey) },
    gateway: { ...config.gateway, secret: made(config.gateway.secret, secrets.gatewaySecret) },
    storage: {
      ...config.storage,
      folder: made(config.storage.folder, join(folder, 'files')),
      urlSecret: config.storage.urlSecret ?? filesSecretFrom(secrets.gatewaySecret),
      publicUrl: config.storage.publicUrl ?? urlOf(config.http),
    },
  };
}
