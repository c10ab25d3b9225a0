import { Drain, startApp, type RunningApp } from '@parlance/bootstrap';
import { createInProcessHub, type Bus, type InProcessHub } from '@parlance/bus';
import { loadConfig } from '@parlance/config';
import { roomPublished, userAddress } from '@parlance/contracts';
import { ParlanceError, userEventSchema, type UserEvent, type UserEventOf, type UserEventType } from '@parlance/domain';
import { createLogger, Health, Metrics, systemClock } from '@parlance/observability';
import { openTestDatabase } from '@parlance/testing/database';
import pg from 'pg';
import { z } from 'zod';
import { gamificationFragments, GamificationModule } from '../index.js';

export const TENANT = 'acme';

export interface World {
  readonly url: string;
  readonly hub: InProcessHub;
  /** the caller's own connection to the hub */
  readonly bus: Bus;
  /** a plain connection to the database, for what no service offers */
  readonly db: pg.Pool;
  query(sql: string, values?: readonly unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Starts the real service; several share the hub's requests as replicas do. */
  start(name: string, env?: Readonly<Record<string, string>>): Promise<RunningApp>;
  stop(): Promise<void>;
}

/** A real database of its own, migrated, and a hub; no replica yet. */
export async function openWorld(): Promise<World> {
  const database = await openTestDatabase();
  const hub = createInProcessHub();
  const bus = hub.connect('caller');
  const db = new pg.Pool({ connectionString: database.url, max: 4 });
  const apps: RunningApp[] = [];
  return {
    url: database.url,
    hub,
    bus,
    db,
    query: async (sql, values = []) =>
      z.array(z.record(z.string(), z.unknown())).parse((await db.query(sql, [...values])).rows),
    start: async (name, env = {}) => {
      const app = await startReplica(database.url, hub, name, env);
      apps.push(app);
      return app;
    },
    stop: async () => {
      await Promise.all(apps.map(async (app) => app.close()));
      await bus.drain();
      await db.end();
      await database.close();
    },
  };
}

async function startReplica(
  url: string,
  hub: InProcessHub,
  name: string,
  env: Readonly<Record<string, string>>,
): Promise<RunningApp> {
  const config = loadConfig(gamificationFragments, { DATABASE_URL: url, ...env });
  const logger = createLogger({ service: name, level: 'error' });
  const bus = hub.connect(name);
  return startApp({
    platform: {
      logger,
      metrics: new Metrics(),
      health: new Health(),
      drain: new Drain({ logger, graceMs: 10_000 }),
      clock: systemClock,
      bus,
    },
    modules: [GamificationModule.register(config)],
    http: { host: '127.0.0.1', port: 0 },
    release: async () => bus.drain(),
  });
}

/** What one user hears, in the order of arrival. */
export class Ear {
  readonly events: UserEvent[] = [];
  #waiters: (() => void)[] = [];

  static async of(bus: Bus, userId: string, tenantId = TENANT): Promise<Ear> {
    const ear = new Ear();
    await bus.listen(roomPublished, userAddress(tenantId, userId), (payload) => {
      if ('events' in payload) ear.events.push(...payload.events.map((event) => userEventSchema.parse(event)));
      for (const wake of ear.#waiters.splice(0)) wake();
    });
    await bus.flush();
    return ear;
  }

  of<T extends UserEventType>(type: T): UserEventOf<T>[] {
    return this.events.filter((event): event is UserEventOf<T> => event.type === type);
  }

  /** Waits until what was heard makes it true; the test's own time limit bounds it. */
  async until(condition: (ear: this) => boolean): Promise<void> {
    while (!condition(this)) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }
}

export async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'ok',
    (error: unknown) => (error instanceof ParlanceError ? error.code : String(error)),
  );
}
