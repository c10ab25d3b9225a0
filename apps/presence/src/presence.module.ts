import { Module, type DynamicModule } from '@nestjs/common';
import { CLOCK, DRAIN, HEALTH, LOGGER, type Drain } from '@parlance/bootstrap';
import type { Clock, Health, Logger } from '@parlance/observability';
import { createPersistence, type Persistence } from '@parlance/persistence';
import { Announcer } from './announce/announcer.service.js';
import { PeerTeller } from './announce/peer-teller.js';
import { LeaseController } from './lease/lease.controller.js';
import { LeaseService } from './lease/lease.service.js';
import { LeaseSweeper } from './lease/lease.sweeper.js';
import type { PresenceSettings } from './presence.config.js';
import { SeenRepository } from './seen/seen.repository.js';
import { CLAIM_MS } from './store/claim-time.js';
import { MemoryPresenceStore } from './store/memory.store.js';
import type { PresenceStore } from './store/presence.store.js';
import { RedisPresenceStore } from './store/redis.store.js';
import { PERSISTENCE, SETTINGS, STORE } from './tokens.js';

const REDIS_READY_MS = 10_000;

/** Who is online, served over the bus. Needs the platform module and a migrated database; Redis, unless it is alone. */
@Module({})
export class PresenceModule {
  static register(settings: PresenceSettings): DynamicModule {
    return {
      module: PresenceModule,
      providers: [
        { provide: SETTINGS, useValue: settings },
        {
          provide: PERSISTENCE,
          useFactory: (...platform: [Logger, Health, Drain]) => openDatabase(settings, ...platform),
          inject: [LOGGER, HEALTH, DRAIN],
        },
        {
          provide: STORE,
          useFactory: (...platform: [Logger, Health, Drain, Clock]) => openStore(settings, ...platform),
          inject: [LOGGER, HEALTH, DRAIN, CLOCK],
        },
        SeenRepository,
        PeerTeller,
        Announcer,
        LeaseService,
        LeaseSweeper,
        LeaseController,
      ],
    };
  }
}

function openDatabase({ database }: PresenceSettings, logger: Logger, health: Health, drain: Drain): Persistence {
  const log = (line: string): void => logger.warn({ code: 'database' }, line);
  const persistence = createPersistence({
    url: database.url,
    maxConnections: Math.min(MAX_POOL, database.pool),
    plansAnew: true,
    log,
  });
  health.register('presence-database', async () => {
    await persistence.ping();
    return null;
  });
  drain.add('close', 'presence-database', () => persistence.close());
  return persistence;
}

/** One batch is written at a time. */
const MAX_POOL = 4;

async function openStore(
  { presence }: PresenceSettings,
  logger: Logger,
  health: Health,
  drain: Drain,
  clock: Clock,
): Promise<PresenceStore> {
  const { leaseMs, graceMs, redisUrl } = presence;
  const times = { leaseMs, graceMs, claimMs: CLAIM_MS };
  if (redisUrl === undefined) return new MemoryPresenceStore(times, clock);
  const log = (err: Error): void => logger.warn({ code: 'redis-error', err }, 'presence waits for Redis');
  const store = new RedisPresenceStore({ url: redisUrl, times, log });
  await store.ready(REDIS_READY_MS);
  health.register('presence-redis', async () => {
    await store.ping();
    return null;
  });
  drain.add('close', 'presence-redis', () => store.close());
  return store;
}
