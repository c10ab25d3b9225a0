import type { Bus, Subscription } from '@parlance/bus';
import { changedRooms, roomAddress, roomPublished, userAddress } from '@parlance/contracts';
import type { Head, ReceiptChanged } from '@parlance/domain';
import type { Logger } from '@parlance/observability';
import { keyOf } from './connection.js';
import type { LogEntry } from './fact-parser.js';
import { parseEntry } from './fact-parser.js';
import type { GatewayMetrics } from './gateway.metrics.js';
import { LogPuller } from './log-puller.js';
import { OrderedRoom } from './ordered-room.js';
import type { Heard, RoomPorts } from './ordered-room.js';

/** A transaction may commit this much later than the time it carries. */
export const COMMIT_SLACK_MS = 10_000;
/** A gap older than this means that the gateway is not whole. */
const LAG_MS = 5_000;
const IDLE_MS = 3_600_000;
const USERS_PAGE = 500;

export interface FeedOptions {
  readonly now: () => number;
  readonly random: () => number;
  /** planted bug for the history checker's own test: facts are handed on as they come */
  readonly unsequenced: boolean;
}

/** What the feed hands on: the facts of each room in order, each once, one at a time per room; and receipts as they come. */
export interface FeedSink {
  deliver(entry: LogEntry): void | Promise<void>;
  receipt(receipt: ReceiptChanged): void;
}

interface Listening extends Heard {
  readonly subscription: Promise<Subscription>;
}

interface UserListening extends Listening {
  readonly tenantId: string;
  readonly userId: string;
  /** database time since when everything at the address is heard, less COMMIT_SLACK_MS; null until the bind answered */
  wholeSinceMs: number | null;
}

type Published = { facts: unknown[] } | { heads: Head[] } | { receipts: ReceiptChanged[] };

/**
 * Hears the rooms and users of this gateway's connections and puts each room's facts in order. Gap, join, reconnect of the bus and
 * a lost last fact all end in the same pull by `pos` (design.md, idea 4).
 */
export class RoomFeed {
  private readonly users = new Map<string, UserListening>();
  private readonly listened = new Map<string, Listening>();
  private readonly rooms = new Map<string, OrderedRoom>();
  private readonly puller: LogPuller;
  private readonly ports: RoomPorts;
  private flushing: Promise<void> | null = null;
  /** newest database time of the rooms that were forgotten for idleness: what is older was delivered */
  private evictedThroughMs = 0;
  private closed = false;

  constructor(
    private readonly bus: Bus,
    private readonly sink: FeedSink,
    private readonly metrics: GatewayMetrics,
    private readonly logger: Logger,
    private readonly options: FeedOptions,
  ) {
    const isCurrent = (room: OrderedRoom): boolean =>
      !this.closed && this.rooms.get(keyOf(room.tenantId, room.roomId)) === room;
    this.puller = new LogPuller(bus, isCurrent, options.random, metrics, logger);
    this.ports = {
      now: options.now,
      deliver: (entry) => this.hand(entry),
      pull: (room) => this.puller.start(room),
    };
  }

  /** Subscriptions held: each costs the gateway 1.5 to 2.8 KB, so admission is bounded by it. */
  get subscriptions(): number {
    return this.users.size + this.listened.size;
  }

  /** Nothing is missing that was committed more than a moment ago. */
  isWhole(): boolean {
    if (!this.bus.connected) return false;
    for (const room of this.rooms.values()) if (room.lags(LAG_MS)) return false;
    return true;
  }

  /** Hears a user's address; settles when the server knows. Repeating it changes nothing. */
  async hearUser(tenantId: string, userId: string): Promise<void> {
    const key = keyOf(tenantId, userId);
    if (!this.users.has(key)) {
      const subscription = this.bus.listen(roomPublished, userAddress(tenantId, userId), (payload) =>
        this.onUser(payload, user),
      );
      const user: UserListening = { subscription, active: true, tenantId, userId, wholeSinceMs: null };
      this.users.set(key, user);
    }
    await this.flush();
  }

  /** The bind read the state of the world at `asOfMs`: what comes later is heard. The earliest moment counts. */
  userIsWhole(tenantId: string, userId: string, asOfMs: number): void {
    const user = this.users.get(keyOf(tenantId, userId));
    if (user !== undefined) user.wholeSinceMs ??= asOfMs - COMMIT_SLACK_MS;
  }

  leaveUser(tenantId: string, userId: string): void {
    this.stop(this.users, keyOf(tenantId, userId));
  }

  /** Hears group rooms from the position after `head`; settles when the server knows. */
  async hearRooms(
    tenantId: string,
    rooms: readonly { readonly roomId: string; readonly head: number }[],
  ): Promise<void> {
    for (const { roomId, head } of rooms) {
      if (!this.listened.has(keyOf(tenantId, roomId))) this.listenFrom(tenantId, roomId, head + 1);
    }
    if (rooms.length > 0) await this.flush();
  }

  /** The head of a room that was written just before its member's bind; a room already heard knows better. */
  noteHead(tenantId: string, userId: string, roomId: string, head: number): void {
    const known = this.rooms.get(keyOf(tenantId, roomId));
    if (known?.isHeard === true) return;
    const room = this.replace(tenantId, roomId, head + 1, 0);
    const user = this.users.get(keyOf(tenantId, userId));
    if (user !== undefined) room.heardBy.add(user);
  }

  /** No local connection is in the room any more. What was delivered stays known, so that late copies of facts are not news. */
  leaveRoom(tenantId: string, roomId: string): void {
    this.stop(this.listened, keyOf(tenantId, roomId));
  }

  /** After the bus was away since about `sinceMs` (database time): asks what happened meanwhile and pulls it. */
  async catchUp(sinceMs: number): Promise<void> {
    const since = new Date(sinceMs).toISOString();
    for (const [tenantId, users] of this.usersByTenant()) {
      for (let start = 0; start < users.length; start += USERS_PAGE) {
        const page = users.slice(start, start + USERS_PAGE);
        const { heads } = await this.bus.request(changedRooms, {
          tenantId,
          userIds: page.map((user) => user.userId),
          since,
        });
        for (const head of heads) this.onHead(tenantId, head, sinceMs, page);
      }
    }
  }

  /** Forgets rooms that were silent for an hour. */
  sweep(): void {
    const now = this.options.now();
    for (const [key, room] of this.rooms) {
      if (now - room.touchedAt < IDLE_MS || !room.isIdle) continue;
      this.evictedThroughMs = Math.max(this.evictedThroughMs, room.sequencer.lastReleasedAtMs);
      room.forget();
      this.rooms.delete(key);
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const room of this.rooms.values()) room.forget();
    this.rooms.clear();
    const listening = [...this.users.values(), ...this.listened.values()];
    this.users.clear();
    this.listened.clear();
    await Promise.allSettled(listening.map(async (one) => (await one.subscription).stop()));
  }

  private usersByTenant(): Map<string, UserListening[]> {
    const tenants = new Map<string, UserListening[]>();
    for (const user of this.users.values()) {
      const users = tenants.get(user.tenantId);
      if (users === undefined) tenants.set(user.tenantId, [user]);
      else users.push(user);
    }
    return tenants;
  }

  private listenFrom(tenantId: string, roomId: string, next: number): OrderedRoom {
    const key = keyOf(tenantId, roomId);
    const subscription = this.bus.listen(roomPublished, roomAddress(tenantId, roomId), (payload) =>
      this.onRoom(payload, tenantId, key),
    );
    const listening: Listening = { subscription, active: true };
    this.listened.set(key, listening);
    const room = this.replace(tenantId, roomId, next, 0);
    room.heardBy.add(listening);
    return room;
  }

  /** All subscriptions of one event-loop turn share a flush. */
  private flush(): Promise<void> {
    this.flushing ??= new Promise<void>((resolve, reject) => {
      setImmediate(() => {
        this.flushing = null;
        this.bus.flush().then(resolve, reject);
      });
    });
    return this.flushing;
  }

  private stop(map: Map<string, Listening>, key: string): void {
    const listening = map.get(key);
    if (listening === undefined) return;
    map.delete(key);
    listening.active = false;
    listening.subscription
      .then((one) => one.stop())
      .catch((err: unknown) => this.logger.warn({ code: 'unsubscribe-failed', err }, 'could not unsubscribe'));
  }

  private onUser(payload: Published, user: UserListening): void {
    if (this.closed || !user.active) return;
    if ('receipts' in payload) for (const receipt of payload.receipts) this.sink.receipt(receipt);
    else if ('heads' in payload) {
      for (const head of payload.heads) this.onHead(user.tenantId, head, this.wholeSince([user]), [user]);
    } else {
      for (const raw of payload.facts) {
        const entry = this.read(raw);
        if (entry?.fact?.room.pair != null) this.onDirect(entry, entry.fact.room.pair);
        else if (entry !== null && joinsRoom(entry, user.userId)) this.onJoin(entry);
        // Other group facts repeat here what the room's own address tells; one of a room that is not heard is nobody's.
        else if (entry !== null) this.onGroup(entry, keyOf(entry.tenantId, entry.roomId));
      }
    }
  }

  private onRoom(payload: Published, tenantId: string, key: string): void {
    if (this.closed) return;
    if ('receipts' in payload) for (const receipt of payload.receipts) this.sink.receipt(receipt);
    else if ('heads' in payload)
      for (const head of payload.heads) this.onHead(tenantId, head, this.evictedThroughMs, []);
    else {
      for (const raw of payload.facts) {
        const entry = this.read(raw);
        if (entry !== null) this.onGroup(entry, key);
      }
    }
  }

  private read(raw: unknown): LogEntry | null {
    const entry = parseEntry(raw);
    if (entry === null) this.metrics.skipped('unreadable');
    return entry;
  }

  private onDirect(entry: LogEntry, pair: readonly string[]): void {
    const hearers = pair.flatMap((id) => this.users.get(keyOf(entry.tenantId, id)) ?? []);
    const room = this.heardRoom(entry.tenantId, entry.roomId, this.wholeSince(hearers));
    for (const user of hearers) room.heardBy.add(user);
    this.offer(room, entry);
  }

  private onGroup(entry: LogEntry, key: string): void {
    const listening = this.listened.get(key);
    if (listening === undefined) return;
    const room = this.heardRoom(entry.tenantId, entry.roomId, this.evictedThroughMs);
    room.heardBy.add(listening);
    this.offer(room, entry);
  }

  /** A user of this gateway came into a room: subscribe, flush, and pull from the join on, as facts may have come between. */
  private onJoin(entry: LogEntry): void {
    const key = keyOf(entry.tenantId, entry.roomId);
    const known = this.rooms.get(key);
    if (known?.sequencer.expected != null && entry.pos < known.sequencer.expected) return;
    const heard = this.listened.has(key);
    const room = heard && known !== undefined ? known : this.listenFrom(entry.tenantId, entry.roomId, entry.pos);
    this.offer(room, entry);
    if (heard) return;
    this.flush().then(
      () => this.puller.start(room),
      (err: unknown) => this.logger.warn({ code: 'join-flush-failed', err }, 'the relay will repeat the head'),
    );
  }

  private onHead(tenantId: string, head: Head, wholeSinceMs: number, hearers: readonly UserListening[]): void {
    const key = keyOf(tenantId, head.roomId);
    const known = this.rooms.get(key);
    const atMs = Date.parse(head.at);
    if (known?.isHeard !== true && (atMs <= wholeSinceMs || (hearers.length === 0 && !this.listened.has(key)))) return;
    const room = this.heardRoom(tenantId, head.roomId, wholeSinceMs);
    for (const user of hearers) room.heardBy.add(user);
    room.apply(room.sequencer.hear(head.pos, atMs));
  }

  private offer(room: OrderedRoom, entry: LogEntry): void {
    if (this.options.unsequenced) room.enqueue([entry]);
    else room.apply(room.sequencer.offer(entry));
  }

  /** Since when nothing at these users' addresses can have been missed: the earliest of them. */
  private wholeSince(users: readonly UserListening[]): number {
    const times = users.flatMap((user) => user.wholeSinceMs ?? []);
    return Math.max(this.evictedThroughMs, times.length === 0 ? 0 : Math.min(...times));
  }

  /** The room as it is known, unless facts may have passed while nobody here heard it: then it starts anew. */
  private heardRoom(tenantId: string, roomId: string, wholeSinceMs: number): OrderedRoom {
    const known = this.rooms.get(keyOf(tenantId, roomId));
    return known?.isHeard === true ? known : this.replace(tenantId, roomId, null, wholeSinceMs);
  }

  private replace(tenantId: string, roomId: string, next: number | null, wholeSinceMs: number): OrderedRoom {
    const key = keyOf(tenantId, roomId);
    this.rooms.get(key)?.forget();
    const room = new OrderedRoom(tenantId, roomId, next, wholeSinceMs, this.ports);
    this.rooms.set(key, room);
    return room;
  }

  /** Never throws: a fact that cannot be delivered is counted and passed, the room goes on. */
  private hand(entry: LogEntry): Promise<void> | undefined {
    const failed = (err: unknown): void => {
      this.metrics.skipped('delivery-failed');
      this.logger.error({ code: 'delivery-failed', err, roomId: entry.roomId, pos: entry.pos }, 'fact passed over');
    };
    try {
      return this.sink.deliver(entry)?.catch(failed);
    } catch (error) {
      failed(error);
      return undefined;
    }
  }
}

function joinsRoom({ fact }: LogEntry, userId: string): boolean {
  if (fact === null || fact.room.kind === 'direct') return false;
  if (fact.type === 'room.created') return fact.memberIds.includes(userId);
  return fact.type === 'member.added' && fact.members.some((member) => member.userId === userId);
}
