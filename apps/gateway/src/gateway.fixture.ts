import { randomBytes } from 'node:crypto';
import { issueApiKey } from '@parlance/auth';
import { Drain, startApp, type RunningApp } from '@parlance/bootstrap';
import {
  createInProcessHub,
  faultyBus,
  type Bus,
  type FaultOptions,
  type FaultyBus,
  type InProcessHub,
  type RequestOptions,
} from '@parlance/bus';
import { loadConfig } from '@parlance/config';
import {
  addMembers,
  createRoom,
  findUsers,
  getRoom,
  putUser,
  removeMember,
  type RequestContract,
} from '@parlance/contracts';
import type { Room, User } from '@parlance/domain';
import { IdentityModule, identityFragments } from '@parlance/identity';
import { MessageModule, messageFragments } from '@parlance/message';
import { createLogger, Health, Metrics } from '@parlance/observability';
import { createPersistence } from '@parlance/persistence';
import { PresenceModule, presenceFragments } from '@parlance/presence';
import { openTestDatabase } from '@parlance/testing/database';
import type { NestModule } from '@parlance/bootstrap';
import type { z } from 'zod';
import { GatewayModule, gatewayFragments } from './index.js';

const fragments = [...identityFragments, ...messageFragments, ...presenceFragments, ...gatewayFragments] as const;
const SECRET = 'a secret of the specs, 32 characters or more';

/** Limits that no spec meets unless it asks for them. */
const ROOMY = {
  PARLANCE_LIMIT_MESSAGES_PER_SECOND: '10000',
  PARLANCE_LIMIT_MESSAGES_BURST: '10000',
  PARLANCE_LIMIT_OTHER_EVENTS_PER_SECOND: '10000',
  PARLANCE_LIMIT_CONNECTS_PER_MINUTE: '100000',
};

export interface Pod {
  readonly url: string;
  readonly name: string;
  /** lets the pod's clock run ahead, ms */
  readonly pass: (ms: number) => void;
  readonly metrics: () => Promise<string>;
  close(): Promise<void>;
}

/** The real identity, message and presence services behind gateways, over one in-process hub and an embedded Postgres. */
export interface World {
  readonly hub: InProcessHub;
  readonly bus: Bus;
  /** the bus that the services publish on, when faults were asked for */
  readonly faults: FaultyBus | null;
  /** Another tenant, which believes no bare claim; its publishable key comes back. */
  tenant(id: string): Promise<string>;
  /** `over`: what the gateway is given for its bus. */
  startGateway(name: string, env?: Readonly<Record<string, string>>, over?: (bus: Bus) => Bus): Promise<Pod>;
  /** One more replica of the message service. */
  startMessage(name: string): Promise<void>;
  user(id: string): Promise<User>;
  group(...memberIds: readonly string[]): Promise<Room>;
  direct(one: string, other: string): Promise<Room>;
  /** the member's delivered watermark */
  delivered(roomId: string, userId: string): Promise<number>;
  /** sessions of the user that count as connected */
  openSessions(userId: string): Promise<number>;
  /** ms since the epoch, 0: never */
  lastSeen(userId: string): Promise<number>;
  add(roomId: string, userId: string): Promise<void>;
  remove(roomId: string, userId: string): Promise<void>;
  close(): Promise<void>;
}

export async function startWorld(faultOptions: FaultOptions | null = null): Promise<World> {
  const database = await openTestDatabase();
  const hub = createInProcessHub();
  const settings = (env: Readonly<Record<string, string>>) =>
    loadConfig(fragments, {
      DATABASE_URL: database.url,
      PARLANCE_DEMO: 'true',
      PARLANCE_ENV: 'test',
      PARLANCE_MASTER_KEY: SECRET,
      PARLANCE_GATEWAY_SECRET: SECRET,
      ...ROOMY,
      ...env,
    });
  const config = settings({});
  const inner = hub.connect('services');
  const faults = faultOptions === null ? null : faultyBus(inner, faultOptions);
  const modules = [IdentityModule.register(config), MessageModule.register(config), PresenceModule.register(config)];
  const pods: Pod[] = [await startPod(faults ?? inner, 'services', modules)];
  const bus = hub.connect('spec');
  return {
    hub,
    bus,
    faults,
    tenant: (id) => makeTenant(database.url, id),
    startGateway: async (name, env = {}, over = (bus) => bus) => {
      const modules = [GatewayModule.register(settings({ PARLANCE_POD_ID: name, ...env }))];
      const pod = await startPod(over(hub.connect(name)), name, modules, env['PARLANCE_GATEWAY_URL']);
      pods.push(pod);
      return pod;
    },
    startMessage: async (name) => {
      pods.push(await startPod(hub.connect(name), name, [MessageModule.register(config)]));
    },
    user: async (id) => (await bus.request(putUser, { tenantId: 'demo', ref: { id }, fields: {} })).user,
    group: (...memberIds) => makeRoom(bus, { kind: 'group', name: 'Group', memberIds }),
    delivered: async (roomId, userId) => {
      const { members } = await bus.request(getRoom, { tenantId: 'demo', viewerId: null, roomId });
      return members.find((member) => member.userId === userId)?.deliveredSeq ?? 0;
    },
    openSessions: (userId) => countOpen(database.url, userId),
    lastSeen: async (userId) => {
      const { users } = await bus.request(findUsers, { tenantId: 'demo', refs: [{ id: userId }] });
      return Date.parse(users[0]?.lastSeenAt ?? '1970-01-01T00:00:00Z');
    },
    direct: (one, other) => makeRoom(bus, { kind: 'direct', name: null, memberIds: [one, other] }),
    add: async (roomId, userId) => {
      await bus.request(addMembers, { ...BY_SERVER, roomId, userIds: [userId], role: 'member' });
    },
    remove: async (roomId, userId) => {
      await bus.request(removeMember, { ...BY_SERVER, roomId, userId });
    },
    close: async () => {
      for (const pod of pods.reverse()) await pod.close();
      await bus.drain();
      await database.close();
    },
  };
}

/** The app's server asks, and the room is not told. */
const BY_SERVER = { tenantId: 'demo', actor: null, origin: null, announce: false } as const;

async function makeRoom(
  bus: Bus,
  room: { readonly kind: 'group' | 'direct'; readonly name: string | null; readonly memberIds: readonly string[] },
): Promise<Room> {
  const asked = { ...BY_SERVER, ...room, photo: null, metadata: {}, memberIds: [...room.memberIds] };
  return (await bus.request(createRoom, asked)).state.room;
}

/** Treats a request to a subject; `ask` sends it. */
export type Treatment = <T>(subject: string, ask: () => Promise<T>) => Promise<T>;

/** A bus whose requests are treated, and which is the given one otherwise. */
export function treated(bus: Bus, treat: Treatment): Bus {
  const request = <I extends z.ZodType, O extends z.ZodType>(
    contract: RequestContract<I, O>,
    input: z.input<I>,
    options?: RequestOptions,
  ): Promise<z.output<O>> => treat(contract.subject, () => bus.request(contract, input, options));
  return {
    get connected() {
      return bus.connected;
    },
    request,
    serve: (contract, handler, options) => bus.serve(contract, handler, options),
    serveBatch: (contract, handler, options) => bus.serveBatch(contract, handler, options),
    publish: (contract, address, payload) => bus.publish(contract, address, payload),
    listen: (contract, address, handler, options) => bus.listen(contract, address, handler, options),
    flush: () => bus.flush(),
    onStatus: (listener) => bus.onStatus(listener),
    drain: () => bus.drain(),
  };
}

async function countOpen(url: string, userId: string): Promise<number> {
  const persistence = createPersistence({ url, maxConnections: 1 });
  const count = await persistence.prisma.session.count({ where: { userId, state: 'open' } });
  await persistence.close();
  return count;
}

async function makeTenant(url: string, id: string): Promise<string> {
  const persistence = createPersistence({ url, maxConnections: 1 });
  const key = issueApiKey('publishable', { newId: () => randomBytes(12).toString('hex'), randomBytes });
  await persistence.prisma.tenant.create({ data: { id, name: id, payloadIdentity: 'refuse' } });
  const row = { tenantId: id, id: key.id, kind: 'publishable', hash: new Uint8Array(key.hash) };
  await persistence.prisma.tenantKey.create({ data: row });
  await persistence.close();
  return key.text;
}

async function startPod(bus: Bus, name: string, modules: readonly NestModule[], ownUrl?: string): Promise<Pod> {
  const logger = createLogger({ service: name, level: 'warn' });
  const drain = new Drain({ logger, graceMs: 2_000 });
  const metrics = new Metrics();
  let ahead = 0;
  const clock = (): number => Date.now() + ahead;
  const running: RunningApp = await startApp({
    platform: { logger, metrics, health: new Health(), drain, clock, bus },
    modules,
    http: { host: '127.0.0.1', port: Number(new URL(ownUrl ?? 'http://127.0.0.1:0').port) },
    release: () => bus.drain(),
  });
  return {
    name,
    url: running.url,
    pass: (ms) => (ahead += ms),
    metrics: () => metrics.text(),
    close: () => running.close(),
  };
}
