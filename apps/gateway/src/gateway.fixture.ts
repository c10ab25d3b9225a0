import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Drain, startApp, type RunningApp } from '@parlance/bootstrap';
import { createInProcessHub, type Bus, type InProcessHub } from '@parlance/bus';
import { loadConfig } from '@parlance/config';
import { addMembers, createRoom, putUser, removeMember } from '@parlance/contracts';
import type { Room, User } from '@parlance/domain';
import { IdentityModule, identityFragments } from '@parlance/identity';
import { MessageModule, messageFragments } from '@parlance/message';
import { createLogger, Health, Metrics } from '@parlance/observability';
import { defaultMigrationsDir, migrate, startEmbeddedPostgres } from '@parlance/persistence';
import type { NestModule } from '@parlance/bootstrap';
import { GatewayModule, gatewayFragments } from './index.js';

const fragments = [...identityFragments, ...messageFragments, ...gatewayFragments] as const;
const SECRET = 'a secret of the specs, 32 characters or more';

export interface Pod {
  readonly url: string;
  readonly name: string;
  readonly metrics: () => Promise<string>;
  close(): Promise<void>;
}

/** The real identity and message services behind gateways, over one in-process hub and an embedded Postgres. */
export interface World {
  readonly hub: InProcessHub;
  readonly bus: Bus;
  startGateway(name: string, env?: Readonly<Record<string, string>>): Promise<Pod>;
  user(id: string): Promise<User>;
  group(...memberIds: readonly string[]): Promise<Room>;
  add(roomId: string, userId: string): Promise<void>;
  remove(roomId: string, userId: string): Promise<void>;
  close(): Promise<void>;
}

export async function startWorld(): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'parlance-gateway-'));
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), durable: false });
  await migrate({ connectionString: postgres.url, migrationsDir: defaultMigrationsDir() });
  const hub = createInProcessHub();
  const settings = (env: Readonly<Record<string, string>>) =>
    loadConfig(fragments, {
      DATABASE_URL: postgres.url,
      PARLANCE_DEMO: 'true',
      PARLANCE_ENV: 'test',
      PARLANCE_MASTER_KEY: SECRET,
      PARLANCE_GATEWAY_SECRET: SECRET,
      ...env,
    });
  const config = settings({});
  const services = await startPod(hub, 'services', [IdentityModule.register(config), MessageModule.register(config)]);
  const pods: Pod[] = [services];
  const bus = hub.connect('spec');
  return {
    hub,
    bus,
    startGateway: async (name, env = {}) => {
      const pod = await startPod(hub, name, [GatewayModule.register(settings({ PARLANCE_POD_ID: name, ...env }))]);
      pods.push(pod);
      return pod;
    },
    user: async (id) => (await bus.request(putUser, { tenantId: 'demo', ref: { id }, fields: {} })).user,
    group: async (...memberIds) => {
      const room = { kind: 'group' as const, name: 'Group', photo: null, metadata: {}, memberIds: [...memberIds] };
      const made = await bus.request(createRoom, { tenantId: 'demo', actor: null, origin: null, ...room });
      return made.state.room;
    },
    add: async (roomId, userId) => {
      const change = { tenantId: 'demo', actor: null, origin: null, roomId };
      await bus.request(addMembers, { ...change, userIds: [userId], role: 'member' });
    },
    remove: async (roomId, userId) => {
      await bus.request(removeMember, { tenantId: 'demo', actor: null, origin: null, roomId, userId });
    },
    close: async () => {
      for (const pod of pods.reverse()) await pod.close();
      await bus.drain();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function startPod(hub: InProcessHub, name: string, modules: readonly NestModule[]): Promise<Pod> {
  const logger = createLogger({ service: name, level: 'warn' });
  const drain = new Drain({ logger, graceMs: 2_000 });
  const metrics = new Metrics();
  const bus = hub.connect(name);
  const running: RunningApp = await startApp({
    platform: { logger, metrics, health: new Health(), drain, clock: Date.now, bus },
    modules,
    http: { host: '127.0.0.1', port: 0 },
    release: () => bus.drain(),
  });
  return { name, url: running.url, metrics: () => metrics.text(), close: () => running.close() };
}
