import type { Bus, Subscription } from '@parlance/bus';
import { changedRooms, pullLog, roomAddress, roomPublished, userAddress } from '@parlance/contracts';
import type { Head, ReceiptChanged } from '@parlance/domain';
import type { Logger } from '@parlance/observability';
import { keyOf } from './connection.js';
import type { LogEntry } from './fact-parser.js';
import { parseEntry } from './fact-parser.js';
import type { GatewayMetrics } from './gateway.metrics.js';
import { RoomSequencer } from './sequencer.js';
import { Slots } from './slots.js';
import type { Step } from './sequencer.js';

/** How long a gap may close by itself (facts overtaking each other) before the log is asked, ms. */
const GAP_WAIT_MS = 75;
const PULL_PAGE = 500;
const PULLS_AT_ONCE = 4;
const PULL_TRIES = 8;
const MAX_RETRY_MS = 2_000;
/** A transaction may commit this much later than the time it carries. */
export const COMMIT_SLACK_MS = 10_000;
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

interface RoomState {
  readonly tenantId: string;
  readonly roomId: string;
  readonly sequencer: RoomSequencer<LogEntry>;
  readonly queue: LogEntry[];
  delivering: boolean;
  pulling: boolean;
  gapSince: number | null;
  gapTimer: NodeJS.Timeout | null;
  touchedAt: number;
}

interface Listening {
  readonly subscription: Promise<Subscription>;
  /** database time since when everything at the address is heard, less COMMIT_SLACK_MS; null until the bind answered */
  wholeSinceMs: number | null;
}

/**
 * Hears the rooms and users of this gateway's connections and puts each room's facts in order. Gap, join, reconnect of the bus and
 * a lost last fact all end in the same pull by `pos` (design.md, idea 4).
 */
export class RoomFeed {
  private readonly users = new Map<string, Listening & { readonly tenantId: string; readonly userId: string }>();
  private readonly rooms = new Map<string, Listening>();
  private readonly states = new Map<string, RoomState>();
  private readonly pulls = new Slots(PULLS_AT_ONCE);
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
  ) {}

  /** Subscriptions held: each costs the gateway 1.5 to 2.8 KB, so admission is bounded by it. */
  get subscriptions(): number {
    return this.users.size + this.rooms.size;
  }

  /** Nothing is missing that was committed more than a moment ago. */
  isWhole(): boolean {
    if (!this.bus.connected) return false;
    const now = this.options.now();
    for (const state of this.states.values()) if (state.gapSince !== null && now - state.gapSince > 5_000) return false;
    return true;
  }

  /** Hears a user's address; settles when the server knows. Repeating it changes nothing. */
  async hearUser(tenantId: string, userId: string): Promise<void> {
    const key = keyOf(tenantId, userId);
    if (!this.users.has(key)) {
      const subscription = this.bus.listen(roomPublished, userAddress(tenantId, userId), (payload) =>
        this.onPublished(payload, { key, tenantId, userId }),
      );
      this.users.set(key, { subscription, wholeSinceMs: null, tenantId, userId });
    }
    await this.flush();
  }

  /** The bind read the state of the world at `asOfMs`: what comes later is heard. The earliest moment counts. */
  userIsWhole(tenantId: string, userId: string, asOfMs: number): void {
    const listening = this.users.get(keyOf(tenantId, userId));
    if (listening !== undefined) listening.wholeSinceMs ??= asOfMs - COMMIT_SLACK_MS;
  }

  leaveUser(tenantId: string, userId: string): void {
    const key = keyOf(tenantId, userId);
    const listening = this.users.get(key);
    this.users.delete(key);
    if (listening !== undefined) this.stop(listening.subscription);
  }

  /** Hears group rooms from the position after `head`; settles when the server knows. */
  async hearRooms(
    tenantId: string,
    rooms: readonly { readonly roomId: string; readonly head: number }[],
  ): Promise<void> {
    for (const { roomId, head } of rooms) {
      this.state(tenantId, roomId, 0).sequencer.startFrom(head + 1);
      this.listenRoom(tenantId, roomId);
    }
    if (rooms.length > 0) await this.flush();
  }

  /** A room whose head is known without a subscription of its own (a direct room). */
  noteHead(tenantId: string, roomId: string, head: number): void {
    this.state(tenantId, roomId, 0).sequencer.startFrom(head + 1);
  }

  leaveRoom(tenantId: string, roomId: string): void {
    const key = keyOf(tenantId, roomId);
    const listening = this.rooms.get(key);
    this.rooms.delete(key);
    this.forget(key);
    if (listening !== undefined) this.stop(listening.subscription);
  }

  /** After the bus was away since about `sinceMs` (database time): asks what happened meanwhile and pulls it. */
  async catchUp(sinceMs: number): Promise<void> {
    const since = new Date(sinceMs).toISOString();
    for (const [tenantId, userIds] of this.usersByTenant()) {
      for (let start = 0; start < userIds.length; start += USERS_PAGE) {
        const page = userIds.slice(start, start + USERS_PAGE);
        const { heads } = await this.bus.request(changedRooms, { tenantId, userIds: page, since });
        for (const head of heads) this.onHead(tenantId, head, sinceMs);
      }
    }
  }

  /** Forgets rooms that were silent for an hour. */
  sweep(): void {
    const now = this.options.now();
    for (const [key, state] of this.states) {
      if (now - state.touchedAt < IDLE_MS || state.queue.length > 0 || state.sequencer.behind) continue;
      this.evictedThroughMs = Math.max(this.evictedThroughMs, state.sequencer.lastReleasedAtMs);
      this.forget(key);
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const key of [...this.states.keys()]) this.forget(key);
    const listening = [...this.users.values(), ...this.rooms.values()];
    this.users.clear();
    this.rooms.clear();
    await Promise.allSettled(listening.map(async (one) => (await one.subscription).stop()));
  }

  private usersByTenant(): Map<string, string[]> {
    const tenants = new Map<string, string[]>();
    for (const { tenantId, userId } of this.users.values()) {
      const ids = tenants.get(tenantId);
      if (ids === undefined) tenants.set(tenantId, [userId]);
      else ids.push(userId);
    }
    return tenants;
  }

  private listenRoom(tenantId: string, roomId: string): void {
    const key = keyOf(tenantId, roomId);
    if (this.rooms.has(key)) return;
    const subscription = this.bus.listen(roomPublished, roomAddress(tenantId, roomId), (payload) =>
      this.onPublished(payload, null, tenantId),
    );
    this.rooms.set(key, { subscription, wholeSinceMs: null });
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

  private stop(subscription: Promise<Subscription>): void {
    subscription
      .then((one) => one.stop())
      .catch((error: unknown) => this.logger.warn({ code: 'unsubscribe-failed', err: error }, 'could not unsubscribe'));
  }

  private onPublished(
    payload: { facts: unknown[] } | { heads: Head[] } | { receipts: ReceiptChanged[] },
    user: { readonly key: string; readonly tenantId: string; readonly userId: string } | null,
    roomTenantId = '',
  ): void {
    if (this.closed) return;
    const tenantId = user?.tenantId ?? roomTenantId;
    if ('receipts' in payload) for (const receipt of payload.receipts) this.sink.receipt(receipt);
    else if ('heads' in payload)
      for (const head of payload.heads) this.onHead(tenantId, head, this.wholeSince(user?.key));
    else for (const raw of payload.facts) this.onFact(raw, user);
  }

  private onFact(raw: unknown, user: { readonly key: string; readonly userId: string } | null): void {
    const entry = parseEntry(raw);
    if (entry === null) {
      this.metrics.skipped('unreadable');
      return;
    }
    if (this.options.unsequenced) {
      this.enqueue(this.state(entry.tenantId, entry.roomId, 0), [entry]);
      return;
    }
    const joins = user !== null && joinsRoom(entry, user.userId);
    const state = this.state(entry.tenantId, entry.roomId, this.wholeSince(user?.key, entry));
    if (joins) state.sequencer.startFrom(entry.pos);
    this.apply(state, state.sequencer.offer(entry));
    if (joins) this.followJoin(state);
  }

  /** Added to a room: subscribe, flush, and pull from the join on, as facts may have come between. */
  private followJoin(state: RoomState): void {
    this.listenRoom(state.tenantId, state.roomId);
    this.flush().then(
      () => this.startPull(state),
      (error: unknown) => this.logger.warn({ code: 'join-flush-failed', err: error }, 'the relay will repeat the head'),
    );
  }

  private onHead(tenantId: string, head: Head, wholeSinceMs: number): void {
    const known = this.states.get(keyOf(tenantId, head.roomId));
    const atMs = Date.parse(head.at);
    if (known === undefined && atMs <= wholeSinceMs) return;
    const state = known ?? this.state(tenantId, head.roomId, wholeSinceMs);
    this.apply(state, state.sequencer.hear(head.pos, atMs));
  }

  /** Since when nothing at a user's address can have been missed; for a direct fact the earlier of its two local listeners. */
  private wholeSince(userKey: string | undefined, entry?: LogEntry): number {
    const keys =
      entry?.fact?.room.pair?.map((id) => keyOf(entry.tenantId, id)) ?? (userKey === undefined ? [] : [userKey]);
    const times = keys.flatMap((key) => this.users.get(key)?.wholeSinceMs ?? []);
    return Math.max(this.evictedThroughMs, times.length === 0 ? 0 : Math.min(...times));
  }

  private state(tenantId: string, roomId: string, wholeSinceMs: number): RoomState {
    const key = keyOf(tenantId, roomId);
    const known = this.states.get(key);
    if (known !== undefined) return known;
    const state: RoomState = {
      tenantId,
      roomId,
      sequencer: new RoomSequencer(null, wholeSinceMs),
      queue: [],
      delivering: false,
      pulling: false,
      gapSince: null,
      gapTimer: null,
      touchedAt: this.options.now(),
    };
    this.states.set(key, state);
    return state;
  }

  private forget(key: string): void {
    const state = this.states.get(key);
    if (state?.gapTimer) clearTimeout(state.gapTimer);
    this.states.delete(key);
  }

  private apply(state: RoomState, step: Step<LogEntry>): void {
    state.touchedAt = this.options.now();
    this.enqueue(state, step.release);
    if (step.gap) {
      state.gapSince ??= this.options.now();
      if (step.pull) this.startPull(state);
      else this.waitForGap(state);
    } else if (!state.sequencer.behind) state.gapSince = null;
  }

  private waitForGap(state: RoomState): void {
    if (state.gapTimer !== null || state.pulling) return;
    state.gapTimer = setTimeout(() => {
      state.gapTimer = null;
      if (state.sequencer.behind) this.startPull(state);
      else state.gapSince = null;
    }, GAP_WAIT_MS);
  }

  private startPull(state: RoomState): void {
    if (state.pulling || this.closed || !this.isCurrent(state)) return;
    state.pulling = true;
    this.pulls
      .run(() => this.pull(state))
      .catch((error: unknown) => {
        this.metrics.skipped('pull-failed');
        this.logger.warn({ code: 'pull-failed', err: error, roomId: state.roomId }, 'the relay will repeat the head');
      })
      .finally(() => {
        state.pulling = false;
      });
  }

  private isCurrent(state: RoomState): boolean {
    return this.states.get(keyOf(state.tenantId, state.roomId)) === state;
  }

  /** Reads page after page until nothing is missing. Each page makes progress or is the last. */
  private async pull(state: RoomState): Promise<void> {
    let asked = '';
    for (let more = true; more && this.isCurrent(state) && !this.closed;) {
      const from = state.sequencer.pullFrom();
      if (asked === JSON.stringify(from)) return;
      asked = JSON.stringify(from);
      const { facts, head, truncated } = await this.ask(state, from);
      const entries = facts.flatMap((raw) => parseEntry(raw) ?? []);
      this.metrics.pulled(entries.length);
      const step = state.sequencer.pulled(entries, head, truncated);
      this.enqueue(state, step.release);
      more = step.gap && entries.length > 0;
    }
    state.gapSince = state.sequencer.behind ? state.gapSince : null;
  }

  private async ask(
    state: RoomState,
    from: { readonly afterPos: number } | { readonly afterTimeMs: number },
  ): Promise<{ facts: unknown[]; head: number; truncated: boolean }> {
    const after =
      'afterPos' in from ? { afterPos: from.afterPos } : { afterTime: new Date(from.afterTimeMs).toISOString() };
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.bus.request(pullLog, {
          tenantId: state.tenantId,
          roomId: state.roomId,
          ...after,
          limit: PULL_PAGE,
        });
      } catch (error) {
        if (attempt >= PULL_TRIES || this.closed) throw error;
        await pause(Math.min(MAX_RETRY_MS, 50 * 2 ** attempt) * (0.5 + this.options.random()));
      }
    }
  }

  private enqueue(state: RoomState, entries: readonly LogEntry[]): void {
    if (entries.length === 0) return;
    if (!state.delivering && state.queue.length === 0 && entries.length === 1) {
      const [entry] = entries;
      if (entry !== undefined) this.deliverFirst(state, entry);
      return;
    }
    state.queue.push(...entries);
    if (!state.delivering) void this.drainQueue(state);
  }

  /** The common case stays in the turn: a fact whose view is at hand is written at once. */
  private deliverFirst(state: RoomState, entry: LogEntry): void {
    const pending = this.hand(entry);
    if (pending === undefined) return;
    state.delivering = true;
    void pending.then(() => this.drainQueue(state));
  }

  private async drainQueue(state: RoomState): Promise<void> {
    state.delivering = true;
    for (let entry = state.queue.shift(); entry !== undefined; entry = state.queue.shift()) await this.hand(entry);
    state.delivering = false;
  }

  /** Never throws: a fact that cannot be delivered is counted and passed, the room goes on. */
  private hand(entry: LogEntry): Promise<void> | undefined {
    const failed = (error: unknown): void => {
      this.metrics.skipped('delivery-failed');
      this.logger.error(
        { code: 'delivery-failed', err: error, roomId: entry.roomId, pos: entry.pos },
        'fact passed over',
      );
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

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
