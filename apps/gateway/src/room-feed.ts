import type { Bus, Subscription } from '@parlance/bus';
import { roomAddress, roomPublished, userAddress } from '@parlance/contracts';
import type { Head, ReceiptChanged } from '@parlance/domain';
import type { Logger } from '@parlance/observability';
import { CatchUp } from './catch-up.js';
import { keyOf } from './connection.js';
import { parseEvent, type PublishedEvent } from './event-parser.js';
import type { LogEntry } from './fact-parser.js';
import { broughtBy, joins, placeOf } from './fact-parser.js';
import type { GatewayMetrics } from './gateway.metrics.js';
import { LogPuller } from './log-puller.js';
import { OrderedRoom, type Heard, type RoomPorts, type Since } from './ordered-room.js';
import { entriesOf, withTraces, type Published, type PublishedFacts } from './published.js';
import { SharedFlush } from './shared-flush.js';

/** A transaction may commit this much later than the time it carries. */
export const COMMIT_SLACK_MS = 10_000;
/** A gap older than this means that the gateway is not whole. */
const LAG_MS = 5_000;
const IDLE_MS = 3_600_000;
/** Publications kept for a user whose bind is being answered; beyond, they are left in the log and found by the heads. */
const MAX_EARLY = 1_000;
/** Stands for the address of a room that is known by its head alone, until one of its facts tells whose it is. */
const PROVISIONAL: Heard = { active: true };

export interface FeedOptions {
  readonly now: () => number;
  readonly random: () => number;
  /** planted bug for the history checker's own test: facts are handed on as they come */
  readonly unsequenced: boolean;
}

/** What the feed hands on: the facts of each room in order, each once, one at a time per room; and receipts as they come. */
export interface FeedSink {
  deliver(entry: LogEntry): void | Promise<void>;
  /** `only`: the user at whose address it came; a direct room's other member hears of it at its own. Null: the whole room. */
  receipt(receipt: ReceiptChanged, only: string | null): void | Promise<void>;
  /** `only`: as for a receipt. A user's own event comes at that user's address alone. */
  event(event: PublishedEvent, only: string | null): void | Promise<void>;
}

interface Listening extends Heard {
  readonly subscription: Promise<Subscription>;
}

interface UserListening extends Listening {
  readonly tenantId: string;
  readonly userId: string;
  /** database time since when everything at the address is heard, less COMMIT_SLACK_MS; null until the bind answered */
  wholeSinceMs: number | null;
  /** what came before that */
  early: Published[];
}

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
  private readonly catchUp: CatchUp;
  private readonly flush: SharedFlush;
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
    this.flush = new SharedFlush(bus);
    this.puller = new LogPuller(bus, isCurrent, options.random, metrics, logger);
    this.ports = {
      now: options.now,
      deliver: (entry) => this.hand(entry),
      pull: (room) => this.puller.start(room),
    };
    this.catchUp = new CatchUp(bus, (tenantId, head, sinceMs) => this.onHead(tenantId, head, sinceMs, true));
  }

  /** Subscriptions held: each costs the gateway 1.5 to 2.8 KB, so admission is bounded by it. */
  get subscriptions(): number {
    return this.users.size + this.listened.size;
  }

  /** Rooms whose order is kept. */
  get size(): number {
    return this.rooms.size;
  }

  /** Nothing is missing that was committed more than a moment ago. */
  isWhole(): boolean {
    if (!this.bus.connected || this.catchUp.isDue) return false;
    for (const room of this.rooms.values()) if (room.isHeard && room.lags(LAG_MS)) return false;
    return true;
  }

  /** The newest position that was released of a room that is heard; null when it is not. */
  positionOf(tenantId: string, roomId: string): number | null {
    const room = this.rooms.get(keyOf(tenantId, roomId));
    return room?.isHeard === true && room.sequencer.expected !== null ? room.sequencer.expected - 1 : null;
  }

  /**
   * Hears a user's address. The bus takes subscriptions and requests in the order they are made, so whatever happens after a request
   * that follows is heard. Repeating it changes nothing.
   */
  hearUser(tenantId: string, userId: string): void {
    const key = keyOf(tenantId, userId);
    if (this.users.has(key)) return;
    const subscription = this.listen(userAddress(tenantId, userId), (payload) => this.onUser(payload, user));
    const user: UserListening = { subscription, active: true, tenantId, userId, wholeSinceMs: null, early: [] };
    this.users.set(key, user);
  }

  /**
   * The bind read the state of the world at `asOfMs`, with the heads of the rooms written just before: what comes later is heard, and
   * what came meanwhile is taken up. The earliest moment counts.
   */
  userIsWhole(
    tenantId: string,
    userId: string,
    asOfMs: number,
    recent: readonly { readonly roomId: string; readonly head: number }[],
  ): void {
    const user = this.users.get(keyOf(tenantId, userId));
    if (user === undefined) return;
    user.wholeSinceMs ??= asOfMs - COMMIT_SLACK_MS;
    for (const { roomId, head } of recent) this.noteHead(user, roomId, head, asOfMs);
    for (const payload of user.early.splice(0)) this.onUser(payload, user);
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
      if (this.listened.has(keyOf(tenantId, roomId))) continue;
      this.subscribe(this.replace(tenantId, roomId, head + 1, { wholeSinceMs: 0, knownAtMs: 0 }));
    }
    if (rooms.length > 0) await this.flush.whenKnown();
  }

  /** The head of a room that was written just before its member's bind; a room already heard knows better. */
  private noteHead(user: UserListening, roomId: string, head: number, asOfMs: number): void {
    if (this.rooms.get(keyOf(user.tenantId, roomId))?.isHeard === true) return;
    const room = this.replace(user.tenantId, roomId, head + 1, { wholeSinceMs: 0, knownAtMs: asOfMs });
    room.heardBy.add(user);
  }

  /** No local connection is in the room any more. What was delivered stays known, so that late copies of facts are not news. */
  leaveRoom(tenantId: string, roomId: string): void {
    this.stop(this.listened, keyOf(tenantId, roomId));
  }

  /** The bus is away; everything up to `sinceMs` (database time) was heard. */
  lost(sinceMs: number): void {
    this.catchUp.lost(sinceMs);
  }

  /** Asks what happened while the bus was away, and once more for what is missing. To be repeated: it may fail, or not be due. */
  async recover(): Promise<void> {
    for (const room of this.rooms.values()) if (room.isHeard && room.lags(LAG_MS)) this.puller.start(room);
    if (this.bus.connected) await this.catchUp.run(this.users.values());
  }

  /** Forgets rooms that were silent for an hour; a group that is listened to costs more than its position. */
  sweep(): void {
    const now = this.options.now();
    for (const [key, room] of this.rooms) {
      const keeps = room.isHeard && (this.listened.has(key) || !room.isIdle);
      if (keeps || now - room.touchedAt < IDLE_MS) continue;
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

  private subscribe(room: OrderedRoom): void {
    const { tenantId, roomId } = room;
    const key = keyOf(tenantId, roomId);
    const subscription = this.listen(roomAddress(tenantId, roomId), (payload) => this.onRoom(payload, tenantId, key));
    const listening: Listening = { subscription, active: true };
    this.listened.set(key, listening);
    room.isGroup = true;
    room.heardBy.add(listening);
  }

  private listen(address: string, handler: (payload: Published) => void): Promise<Subscription> {
    const subscription = this.bus.listen(roomPublished, address, (payload, _, traces) =>
      handler(withTraces(payload, traces)),
    );
    subscription.catch((err: unknown) => this.logger.error({ code: 'listen-failed', err, address }, 'cannot be heard'));
    return subscription;
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
    if ('receipts' in payload) for (const receipt of payload.receipts) this.handReceipt(receipt, user.userId);
    else if ('events' in payload) for (const raw of payload.events) this.handEvent(raw, user.userId);
    else if (user.wholeSinceMs === null) {
      // Without the heads that the bind brings there is no telling what is news and what is history.
      if (user.early.length < MAX_EARLY) user.early.push(payload);
      else this.metrics.dropped('early');
    } else if ('heads' in payload) {
      for (const head of payload.heads) this.onHead(user.tenantId, head, this.wholeSince([user]), true);
    } else {
      for (const entry of this.read(payload)) {
        if (entry.fact?.room.pair != null) this.onDirect(entry, entry.fact.room.pair);
        else if (joins(entry, user.userId)) this.onJoin(entry);
        // Other group facts repeat here what the room's own address tells; one of a room that is not heard is nobody's.
        else this.onGroup(entry, keyOf(entry.tenantId, entry.roomId));
      }
    }
  }

  private onRoom(payload: Published, tenantId: string, key: string): void {
    if (this.closed) return;
    if ('receipts' in payload) for (const receipt of payload.receipts) this.handReceipt(receipt, null);
    else if ('events' in payload) for (const raw of payload.events) this.handEvent(raw, null);
    else if ('heads' in payload)
      for (const head of payload.heads) this.onHead(tenantId, head, this.evictedThroughMs, false);
    else for (const entry of this.read(payload)) this.onGroup(entry, key);
  }

  private read(facts: PublishedFacts): LogEntry[] {
    return entriesOf(facts, () => this.metrics.skipped('unreadable'));
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

  /** A user of this gateway came into a room that nobody here was in: what lies before the join is nobody's here. */
  private onJoin(entry: LogEntry): void {
    const key = keyOf(entry.tenantId, entry.roomId);
    const known = this.rooms.get(key);
    if (known?.sequencer.expected != null && entry.pos < known.sequencer.expected) return;
    if (this.listened.has(key) && known !== undefined) return this.offer(known, entry);
    const room = this.replace(entry.tenantId, entry.roomId, entry.pos, { wholeSinceMs: 0, knownAtMs: 0 });
    this.enter(room);
    this.offer(room, entry);
  }

  /** Subscribes, flushes, and pulls, as facts may have come between. */
  private enter(room: OrderedRoom): void {
    this.subscribe(room);
    this.flush.whenKnown().then(
      () => this.puller.start(room),
      (err: unknown) => this.logger.warn({ code: 'join-flush-failed', err }, 'the relay will repeat the head'),
    );
  }

  /** `viaUser`: it came by the address of one of its people, so the room need not be known here. */
  private onHead(tenantId: string, head: Head, wholeSinceMs: number, viaUser: boolean): void {
    const known = this.rooms.get(keyOf(tenantId, head.roomId));
    const atMs = Date.parse(head.at);
    // A group's position stays good while nobody here is in it: its facts go to those whom its own log brings in.
    if (known?.isHeard === true || known?.isGroup === true)
      return known.applyLate(known.sequencer.hear(head.pos, atMs));
    if (!viaUser || atMs <= wholeSinceMs) return;
    const room = this.replace(tenantId, head.roomId, null, { wholeSinceMs, knownAtMs: 0 });
    room.heardBy.add(PROVISIONAL);
    room.applyLate(room.sequencer.hear(head.pos, atMs));
  }

  private offer(room: OrderedRoom, entry: LogEntry): void {
    if (this.options.unsequenced) room.enqueue([entry]);
    else if (room.isFull) {
      this.metrics.dropped('slow-room');
      room.applyLate(room.sequencer.hear(entry.pos, entry.atMs));
    } else room.apply(room.sequencer.offer(entry));
  }

  /** Since when nothing at these users' addresses can have been missed: the earliest of them. */
  private wholeSince(users: readonly UserListening[]): number {
    const times = users.flatMap((user) => user.wholeSinceMs ?? []);
    return Math.max(this.evictedThroughMs, times.length === 0 ? 0 : Math.min(...times));
  }

  /** The room as it is known, unless facts may have passed while nobody here heard it: then it starts anew. */
  private heardRoom(tenantId: string, roomId: string, wholeSinceMs: number): OrderedRoom {
    const known = this.rooms.get(keyOf(tenantId, roomId));
    return known?.isHeard === true ? known : this.replace(tenantId, roomId, null, { wholeSinceMs, knownAtMs: 0 });
  }

  private replace(tenantId: string, roomId: string, next: number | null, since: Since): OrderedRoom {
    const key = keyOf(tenantId, roomId);
    const before = this.rooms.get(key) ?? null;
    before?.forget();
    const room = new OrderedRoom(tenantId, roomId, next, since, this.ports, before);
    this.rooms.set(key, room);
    return room;
  }

  /** A fact says whose its room is: who hears it from now on. */
  private attach({ tenantId, roomId, fact }: LogEntry): void {
    const room = this.rooms.get(keyOf(tenantId, roomId));
    if (room === undefined || fact === null) return;
    room.heardBy.delete(PROVISIONAL);
    room.isGroup = fact.room.pair === null;
    for (const id of fact.room.pair ?? []) {
      const user = this.users.get(keyOf(tenantId, id));
      if (user !== undefined) room.heardBy.add(user);
    }
    if (this.listened.has(keyOf(tenantId, roomId))) return;
    if (broughtBy(fact).some((id) => this.users.has(keyOf(tenantId, id)))) this.enter(room);
  }

  private handReceipt(receipt: ReceiptChanged, only: string | null): void {
    this.guarded(receipt.type, () => this.sink.receipt(receipt, only));
  }

  private handEvent(raw: unknown, only: string | null): void {
    const event = parseEvent(raw);
    if (event === null) return this.metrics.skipped('unreadable');
    this.guarded(event.type, () => this.sink.event(event, only));
  }

  /** Never throws or rejects. */
  private guarded(type: string, work: () => void | Promise<void>): void {
    const failed = (err: unknown): void => {
      this.metrics.skipped('delivery-failed');
      this.logger.error({ code: 'delivery-failed', err, type }, 'an event was passed over');
    };
    try {
      void work()?.catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  /** Never throws: a fact that cannot be delivered is counted and passed, the room goes on. */
  private hand(entry: LogEntry): Promise<void> | undefined {
    const failed = (err: unknown): void => {
      this.metrics.skipped('delivery-failed');
      this.logger.error({ code: 'delivery-failed', err, ...placeOf(entry) }, 'fact passed over');
    };
    try {
      this.attach(entry);
      return this.sink.deliver(entry)?.catch(failed);
    } catch (error) {
      failed(error);
      return undefined;
    }
  }
}
