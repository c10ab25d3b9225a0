import { randomUUID } from 'node:crypto';
import { Drain, startApp, type NestModule, type RunningApp } from '@parlance/bootstrap';
import { createInProcessHub, type Bus } from '@parlance/bus';
import { loadConfig } from '@parlance/config';
import {
  acceptCall,
  createCall,
  createRoom,
  endCall,
  listMessages,
  noteCallSockets,
  putUser,
  roomPublished,
  signalCall,
  userAddress,
  type CallOutcome,
} from '@parlance/contracts';
import {
  callRecordSchema,
  snapshotOf,
  userEventSchema,
  type CallRecord,
  type JsonValue,
  type RoomKind,
  type UserEvent,
  type UserSnapshot,
} from '@parlance/domain';
import { IdentityModule, identityFragments } from '@parlance/identity';
import { MessageModule, messageFragments } from '@parlance/message';
import { createLogger, Health, Metrics } from '@parlance/observability';
import { openTestDatabase } from '@parlance/testing/database';
import pg from 'pg';
import { CallModule, callFragments } from './index.js';

const fragments = [...identityFragments, ...messageFragments, ...callFragments] as const;
export const TENANT = 'demo';

/** Short, so that what takes time is over soon. */
const TIMES = {
  PARLANCE_CALL_RING_TIMEOUT: '60s',
  PARLANCE_CALL_MEDIA_TIMEOUT: '60s',
  PARLANCE_CALL_GRACE: '60s',
  PARLANCE_LIMIT_CALLS_PER_MINUTE: '1000',
};

/** One user on one device, as the edges ask for it. `socket`: over a connection; else over REST. */
export class Phone {
  constructor(
    private readonly bus: Bus,
    readonly user: UserSnapshot,
    readonly device: string | null,
    private readonly socket: boolean,
    private readonly tenantId = TENANT,
  ) {}

  get #acting() {
    const origin = this.socket ? this.connectionId : null;
    return { tenantId: this.tenantId, origin, device: this.device, user: this.user };
  }

  get connectionId(): string {
    return `socket-of-${this.user.id}-${this.device ?? 'server'}`;
  }

  call(roomId: string, over: { payload?: JsonValue; requestId?: string } = {}): Promise<CallOutcome> {
    const { payload = { sdp: 'offer' }, requestId = randomUUID() } = over;
    return this.bus.request(createCall, {
      ...this.#acting,
      roomId,
      withVideo: true,
      payload,
      requestId,
      ringSeconds: null,
    });
  }

  accept(call: string, payload: JsonValue = { sdp: 'answer' }): Promise<CallOutcome> {
    return this.bus.request(acceptCall, { ...this.#acting, call, payload });
  }

  end(call: string, as?: 'reject' | 'cancel' | 'end'): Promise<CallOutcome> {
    return this.bus.request(endCall, { ...this.#acting, call, as });
  }

  signal(call: string | null, data: JsonValue): Promise<object> {
    const { tenantId, device } = this.#acting;
    const from = { tenantId, userId: this.user.id, origin: this.connectionId, device: device ?? 'none' };
    return this.bus.request(signalCall, { ...from, call, data });
  }

  /** Its gateway tells that its socket is there, or has gone. */
  async socketIs(state: 'here' | 'fresh' | 'gone', podId = 'pod'): Promise<readonly string[]> {
    const key = { tenantId: this.tenantId, userId: this.user.id, connectionId: this.connectionId };
    const here = { ...key, device: this.device ?? 'none', fresh: state === 'fresh' };
    const gone = state === 'gone';
    const note = { podId, here: gone ? [] : [here], left: gone ? [key] : [], told: [] };
    return (await this.bus.request(noteCallSockets, note)).known;
  }
}

/** What one user is told. */
export class Ear {
  readonly events: UserEvent[] = [];
  #waiters: (() => void)[] = [];

  static async of(bus: Bus, userId: string): Promise<Ear> {
    const ear = new Ear();
    await bus.listen(roomPublished, userAddress(TENANT, userId), (payload) => {
      if (!('events' in payload)) return;
      for (const raw of payload.events) {
        const read = userEventSchema.safeParse(raw);
        if (read.success) ear.events.push(read.data);
      }
      for (const wake of ear.#waiters.splice(0)) wake();
    });
    await bus.flush();
    return ear;
  }

  /** What came about this call, in short. */
  told(callId: string): readonly string[] {
    return this.events.flatMap((event) => {
      if (!('call' in event) || event.call.id !== callId) return [];
      const device = event.device === null ? '' : ` ${JSON.stringify(event.device)}`;
      const reason = event.type === 'call.ended' ? ` ${event.elsewhere ? 'elsewhere' : (event.call.reason ?? '')}` : '';
      const data = event.type === 'call.signaled' ? ` ${JSON.stringify(event.data)}` : '';
      return [`${event.type}${reason}${data}${device}`];
    });
  }

  /** The test's own time limit bounds it. */
  async until(condition: (ear: this) => boolean): Promise<void> {
    while (!condition(this)) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  async hears(callId: string, what: string): Promise<void> {
    await this.until((ear) => ear.told(callId).includes(what));
  }
}

export interface CallWorld {
  readonly bus: Bus;
  readonly db: pg.Pool;
  /** A replica more. */
  start(env?: Readonly<Record<string, string>>): Promise<RunningApp>;
  user(id: string): Promise<UserSnapshot>;
  phone(id: string, device?: string | null, socket?: boolean): Promise<Phone>;
  room(kind: RoomKind, ...memberIds: readonly string[]): Promise<string>;
  /** The messages about calls in a room. */
  records(roomId: string): Promise<readonly CallRecord[]>;
  close(): Promise<void>;
}

/** Real identity, message and call services on one hub and a database of their own. */
export async function openCallWorld(env: Readonly<Record<string, string>> = {}): Promise<CallWorld> {
  const database = await openTestDatabase();
  const hub = createInProcessHub();
  const bus = hub.connect('spec');
  const db = new pg.Pool({ connectionString: database.url, max: 4 });
  db.on('error', () => undefined);
  const settings = (own: Readonly<Record<string, string>> = {}) =>
    loadConfig(fragments, {
      DATABASE_URL: database.url,
      DATABASE_POOL: '5',
      PARLANCE_DEMO: 'true',
      PARLANCE_MASTER_KEY: 'a master key of the specs, 32 characters or more',
      ...TIMES,
      ...env,
      ...own,
    });
  const apps: RunningApp[] = [];
  const run = async (name: string, modules: readonly NestModule[]): Promise<RunningApp> => {
    const app = await startOne(hub.connect(name), name, modules);
    apps.push(app);
    return app;
  };
  const config = settings();
  await run('services', [IdentityModule.register(config), MessageModule.register(config)]);
  const start = (own: Readonly<Record<string, string>> = {}): Promise<RunningApp> =>
    run(`call-${apps.length}`, [CallModule.register(settings(own))]);
  await start();
  const user = async (id: string): Promise<UserSnapshot> =>
    snapshotOf((await bus.request(putUser, { tenantId: TENANT, ref: { id }, fields: {} })).user);
  return {
    bus,
    db,
    start,
    user,
    phone: async (id, device = `${id}-phone`, socket = false) => new Phone(bus, await user(id), device, socket),
    room: async (kind, ...memberIds) => {
      for (const id of memberIds) await user(id);
      const room = { tenantId: TENANT, actor: null, origin: null, kind, name: null, photo: null, metadata: {} };
      const { state } = await bus.request(createRoom, { ...room, announce: false, memberIds: [...memberIds] });
      return state.room.id;
    },
    records: async (roomId) => {
      const asked = { tenantId: TENANT, viewerId: null, roomId, skip: 0, limit: 200, visibleOnly: false };
      const { messages } = await bus.request(listMessages, asked);
      return messages
        .filter(({ type }) => type === 'call')
        .map(({ attachment }) => callRecordSchema.parse(attachment?.data));
    },
    close: async () => {
      for (const app of apps.reverse()) await app.close();
      await bus.drain();
      await db.end();
      await database.close();
    },
  };
}

async function startOne(bus: Bus, name: string, modules: readonly NestModule[]): Promise<RunningApp> {
  const logger = createLogger({ service: name, level: 'fatal' });
  const drain = new Drain({ logger, graceMs: 10_000 });
  const platform = { logger, metrics: new Metrics(), health: new Health(), drain, clock: Date.now, bus };
  return startApp({ platform, modules, http: { host: '127.0.0.1', port: 0 }, release: async () => bus.drain() });
}

export async function refusal(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'ok',
    (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error)),
  );
}

export interface Pair {
  readonly roomId: string;
  readonly ann: Phone;
  readonly bob: Phone;
  readonly annHears: Ear;
  readonly bobHears: Ear;
}

let pairs = 0;

/** Two people that nobody else knows, with a room of their own, each on a phone, and what each hears. */
export async function makePair(world: CallWorld): Promise<Pair> {
  pairs += 1;
  const [a, b] = [`ann-${pairs}`, `bob-${pairs}`];
  const roomId = await world.room('direct', a, b);
  const [ann, bob] = [await world.phone(a), await world.phone(b)];
  return { roomId, ann, bob, annHears: await Ear.of(world.bus, a), bobHears: await Ear.of(world.bus, b) };
}
