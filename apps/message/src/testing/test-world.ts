import { Drain, startApp, type RunningApp } from '@parlance/bootstrap';
import { createInProcessHub, type Bus, type InProcessHub } from '@parlance/bus';
import { loadConfig } from '@parlance/config';
import { createRoom, pullLog, roomPublished, sendMessage } from '@parlance/contracts';
import {
  factSchema,
  streamAdvancedSchema,
  textDraft,
  userEventSchema,
  type Draft,
  type Fact,
  type Head,
  type ReceiptChanged,
  type StreamAdvanced,
  type UserEvent,
  type UserSnapshot,
} from '@parlance/domain';
import { createLogger, Health, Metrics, systemClock, type Clock } from '@parlance/observability';
import { openTestDatabase, type TestDatabase } from '@parlance/testing/database';
import pg from 'pg';
import { z } from 'zod';
import { messageFragments, MessageModule } from '../index.js';

const rowSchema = z.record(z.string(), z.unknown());

export const TENANT = 'acme';

export interface ReplicaOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
  /** another way to the database */
  readonly url?: string;
}

export interface World {
  readonly url: string;
  readonly hub: InProcessHub;
  /** the caller's own connection to the hub */
  readonly bus: Bus;
  /** a plain connection to the database, for what no service offers */
  readonly db: pg.Pool;
  query(sql: string, values?: readonly unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Starts the real service; several share the hub's requests as replicas do. */
  start(name?: string, options?: ReplicaOptions): Promise<RunningApp>;
  stop(): Promise<void>;
}

/** A real database of its own, migrated, and a hub; no replica yet. */
export async function openWorld(): Promise<World> {
  const database = await openTestDatabase();
  const hub = createInProcessHub();
  const bus = hub.connect('caller');
  const db = new pg.Pool({ connectionString: database.url, max: 4 });
  // A spec may kill backends; a pool tells of idle ones by an event.
  db.on('error', () => undefined);
  const apps: RunningApp[] = [];
  return {
    url: database.url,
    hub,
    bus,
    db,
    query: async (sql, values = []) => z.array(rowSchema).parse((await db.query(sql, [...values])).rows),
    start: async (name = 'message', options = {}) => {
      const app = await startReplica(database, hub, name, options);
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
  database: TestDatabase,
  hub: InProcessHub,
  name: string,
  { env = {}, clock = systemClock, url = database.url }: ReplicaOptions,
): Promise<RunningApp> {
  const config = loadConfig(messageFragments, { DATABASE_URL: url, ...env });
  const logger = createLogger({ service: name, level: 'fatal' });
  const bus = hub.connect(name);
  const platform = {
    logger,
    metrics: new Metrics(),
    health: new Health(),
    drain: new Drain({ logger, graceMs: 10_000 }),
    clock,
    bus,
  };
  return startApp({
    platform,
    modules: [MessageModule.register(config)],
    http: { host: '127.0.0.1', port: 0 },
    release: async () => bus.drain(),
  });
}

let users = 0;

export function user(id: string): UserSnapshot {
  users += 1;
  const createdAt = '2026-01-01T00:00:00.000Z';
  return {
    id,
    number: users,
    name: id,
    username: id,
    identifier: id,
    photo: null,
    isBot: false,
    lastSeenAt: null,
    createdAt,
  };
}

/** What every request that changes something says of who asks; null: the app's server. */
export function by(actor: UserSnapshot | null) {
  return { tenantId: TENANT, actor, origin: null };
}

export interface RoomRequest {
  readonly tenantId?: string;
  readonly actor?: UserSnapshot | null;
  readonly id?: string;
  readonly kind?: 'direct' | 'group' | 'broadcast';
  /** default false: most specs count messages */
  readonly announce?: boolean;
}

export async function makeRoom(bus: Bus, memberIds: readonly string[], request: RoomRequest = {}) {
  const { tenantId = TENANT, actor = null, id, kind = 'group', announce = false } = request;
  const { state } = await bus.request(createRoom, {
    tenantId,
    actor,
    origin: null,
    kind,
    ...(id === undefined ? {} : { id }),
    name: null,
    photo: null,
    metadata: {},
    announce,
    memberIds: [...memberIds],
  });
  return state.room;
}

let keys = 0;

export interface SendRequest {
  readonly tenantId?: string;
  readonly clientMessageId?: string;
  readonly draft?: Draft;
}

export async function say(bus: Bus, roomId: string, senderId: string, text: string, request: SendRequest = {}) {
  keys += 1;
  const { tenantId = TENANT, clientMessageId = `key-${keys}`, draft = textDraft(text) } = request;
  const sender = user(senderId);
  return bus.request(sendMessage, { tenantId, roomId, sender, origin: 'socket-1', clientMessageId, draft });
}

/** The room's facts from the first on, 1,000 at the most. */
export async function logOf(bus: Bus, roomId: string): Promise<readonly Fact[]> {
  const { facts } = await bus.request(pullLog, { tenantId: TENANT, roomId, afterPos: 0, limit: 1000 });
  return facts.map((fact) => factSchema.parse(fact));
}

/** What is published at one address, in the order of arrival. */
export class Ear {
  readonly facts: Fact[] = [];
  readonly heads: Head[] = [];
  readonly receipts: ReceiptChanged[] = [];
  readonly events: UserEvent[] = [];
  readonly streams: StreamAdvanced[] = [];
  #waiters: (() => void)[] = [];

  static async at(bus: Bus, address: string): Promise<Ear> {
    const ear = new Ear();
    await bus.listen(roomPublished, address, (payload) => {
      if ('facts' in payload) ear.facts.push(...payload.facts.map((fact) => factSchema.parse(fact)));
      if ('heads' in payload) ear.heads.push(...payload.heads);
      if ('receipts' in payload) ear.receipts.push(...payload.receipts);
      if ('events' in payload) {
        ear.events.push(...payload.events.flatMap((event) => userEvent(event)));
        ear.streams.push(...payload.events.flatMap((event) => streamAdvance(event)));
      }
      for (const wake of ear.#waiters.splice(0)) wake();
    });
    await bus.flush();
    return ear;
  }

  /** Waits until something heard makes it true; the test's own time limit bounds it. */
  async until(condition: (ear: this) => boolean): Promise<void> {
    while (!condition(this)) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }
}

/** Advances of streams come by the same way. */
function userEvent(event: unknown): readonly UserEvent[] {
  const read = userEventSchema.safeParse(event);
  return read.success ? [read.data] : [];
}

function streamAdvance(event: unknown): readonly StreamAdvanced[] {
  const read = streamAdvancedSchema.safeParse(event);
  return read.success ? [read.data] : [];
}

export async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'ok',
    (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error)),
  );
}
