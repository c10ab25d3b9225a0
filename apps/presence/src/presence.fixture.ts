import { Drain, startApp, type RunningApp } from '@parlance/bootstrap';
import { createInProcessHub, type Bus, type InProcessHub } from '@parlance/bus';
import { loadConfig } from '@parlance/config';
import {
  endLease,
  findAudience,
  findPresence,
  findUsers,
  noteSeen,
  reportLease,
  roomPublished,
  userAddress,
} from '@parlance/contracts';
import { userEventSchema, type RoomStamp, type User } from '@parlance/domain';
import { createLogger, Health, Metrics } from '@parlance/observability';
import { createPersistence, type Persistence } from '@parlance/persistence';
import { openTestDatabase } from '@parlance/testing/database';
import { presenceFragments } from './presence.config.js';
import { PresenceModule } from './presence.module.js';

/** The real service on a real Postgres, and Redis when there is one; rooms and users are made up, as other services own them. */

export const TENANT = 'acme';

export interface Replica {
  readonly app: RunningApp;
  close(): Promise<void>;
}

export interface PresenceWorld {
  readonly bus: Bus;
  readonly hub: InProcessHub;
  readonly persistence: Persistence;
  /** who is in which room */
  readonly rooms: Map<string, readonly string[]>;
  /** who was noted to be seen last, by user */
  readonly noted: Map<string, string>;
  start(name: string, env?: Readonly<Record<string, string>>): Promise<Replica>;
  /** What somebody is told from now on: `bob on via r1`. */
  hear(userId: string): Promise<string[]>;
  gateway(leaseId: string): Gateway;
  online(...ids: readonly string[]): Promise<string[]>;
  close(): Promise<void>;
}

/** One gateway's lease, by hand. */
export class Gateway {
  private seq = 0;

  constructor(
    private readonly bus: Bus,
    readonly leaseId: string,
  ) {}

  begin(...ids: readonly string[]): Promise<boolean> {
    return this.report(true, ids, []);
  }

  join(...ids: readonly string[]): Promise<boolean> {
    return this.report(false, ids, []);
  }

  leave(...ids: readonly string[]): Promise<boolean> {
    return this.report(false, [], ids);
  }

  end(): Promise<unknown> {
    return this.bus.request(endLease, { leaseId: this.leaseId });
  }

  private async report(begins: boolean, joined: readonly string[], left: readonly string[]): Promise<boolean> {
    const of = (ids: readonly string[]) =>
      ids.map((id) => ({ tenantId: TENANT, userId: id, connectionId: `of-${id}` }));
    this.seq += 1;
    const report = { leaseId: this.leaseId, seq: this.seq, begins, joined: of(joined), left: of(left) };
    return (await this.bus.request(reportLease, report)).known;
  }
}

export async function openPresenceWorld(): Promise<PresenceWorld> {
  const database = await openTestDatabase();
  const persistence = createPersistence({ url: database.url, maxConnections: 2 });
  const hub = createInProcessHub();
  const bus = hub.connect('caller');
  const neighbours = hub.connect('neighbours');
  const rooms = new Map<string, readonly string[]>();
  const noted = new Map<string, string>();
  await neighbours.serve(findUsers, async ({ refs }) => ({
    users: refs.map((ref) => ('id' in ref ? userOf(ref.id) : null)),
    terminated: [],
  }));
  await neighbours.serve(noteSeen, async ({ userIds, at }) => {
    for (const id of userIds) noted.set(id, at);
    return {};
  });
  await neighbours.serve(findAudience, async ({ userIds, after, limit, maxMembers }) => {
    const ids = [...rooms.keys()].filter((id) => rooms.get(id)?.some((one) => userIds.includes(one))).sort();
    const page = ids.filter((id) => after === null || id > after).slice(0, limit);
    const found = page.map((id) => ({ room: stampOf(id), memberIds: [...(rooms.get(id) ?? [])] }));
    return {
      rooms: found.filter(({ memberIds }) => memberIds.length <= maxMembers),
      next: page.length < limit ? null : (page.at(-1) ?? null),
    };
  });
  const replicas: Replica[] = [];
  return {
    bus,
    hub,
    persistence,
    rooms,
    noted,
    start: async (name, env = {}) => {
      const replica = await startReplica(hub, name, { DATABASE_URL: database.url, ...env });
      replicas.push(replica);
      return replica;
    },
    hear: (userId) => hear(bus, userId),
    gateway: (leaseId) => new Gateway(bus, leaseId),
    online: async (...ids) => (await bus.request(findPresence, { tenantId: TENANT, userIds: [...ids] })).online.sort(),
    close: async () => {
      for (const replica of replicas) await replica.close();
      await Promise.all([bus.drain(), neighbours.drain()]);
      await persistence.close();
      await database.close();
    },
  };
}

async function startReplica(hub: InProcessHub, name: string, env: Readonly<Record<string, string>>): Promise<Replica> {
  const logger = createLogger({ service: name, level: 'fatal' });
  const bus = hub.connect(name);
  const drain = new Drain({ logger, graceMs: 5_000 });
  const app = await startApp({
    platform: { logger, metrics: new Metrics(), health: new Health(), drain, clock: Date.now, bus },
    modules: [PresenceModule.register(loadConfig(presenceFragments, env))],
    http: { host: '127.0.0.1', port: 0 },
    release: () => bus.drain(),
  });
  let closed: Promise<void> | undefined;
  return { app, close: () => (closed ??= app.close()) };
}

async function hear(bus: Bus, userId: string): Promise<string[]> {
  const told: string[] = [];
  await bus.listen(roomPublished, userAddress(TENANT, userId), (payload) => {
    if (!('events' in payload)) return;
    for (const raw of payload.events) {
      const event = userEventSchema.parse(raw);
      if (event.type !== 'presence.changed') continue;
      const rooms = event.shared.map(({ id }) => id).sort();
      told.push(`${event.subject.id} ${event.online ? 'on' : 'off'} via ${rooms.join()}`);
    }
  });
  await bus.flush();
  return told;
}

function stampOf(id: string): RoomStamp {
  return { id, number: 1, uuid: '6a0f2a9e-6f0e-4c53-9d2c-0b6a3a8f1c11', kind: 'group', version: 1, pair: null };
}

function userOf(id: string): User {
  const createdAt = '2026-01-01T00:00:00.000Z';
  const names = { id, number: 1, name: id, username: id, identifier: id };
  const rest = { photo: null, isBot: false, verified: true, timeZone: null, metadata: {}, lastSeenAt: null, createdAt };
  return { ...names, ...rest };
}
