import type { LogEntry } from './fact-parser.js';
import { RoomSequencer } from './sequencer.js';
import type { Step } from './sequencer.js';

/** How long a gap may close by itself (facts overtaking each other) before the log is asked, ms. */
const GAP_WAIT_MS = 75;
/** Facts that may wait for their delivery; beyond, they are left in the log and pulled when these are gone. */
const MAX_QUEUED = 1_000;

export interface RoomPorts {
  readonly now: () => number;
  /** Must not throw and not reject. */
  readonly deliver: (entry: LogEntry) => Promise<void> | undefined;
  readonly pull: (room: OrderedRoom) => void;
}

/** Database times, ms: since when the room is surely heard, and of when its position is known. */
export interface Since {
  readonly wholeSinceMs: number;
  readonly knownAtMs: number;
}

/** An address that is being heard; a room is only as good as the addresses its facts came by. */
export interface Heard {
  active: boolean;
}

/** One room in this gateway: its sequencer, the facts that wait for their delivery, and the gap it may be in. */
export class OrderedRoom {
  readonly sequencer: RoomSequencer<LogEntry>;
  readonly heardBy = new Set<Heard>();
  pulling = false;
  /** something changed while a pull was under way that it may not have seen */
  pullAgain = false;
  /** null until a fact of it was seen */
  isGroup: boolean | null = null;
  touchedAt: number;
  private readonly queue: LogEntry[] = [];
  private delivering = false;
  private deliveringSince = 0;
  private readonly waitingForIdle: (() => void)[] = [];
  private gapSince: number | null = null;
  private gapTimer: NodeJS.Timeout | null = null;

  constructor(
    readonly tenantId: string,
    readonly roomId: string,
    next: number | null,
    { wholeSinceMs, knownAtMs }: Since,
    private readonly ports: RoomPorts,
    /** what was known of the room before: its facts go out first */
    before: OrderedRoom | null = null,
  ) {
    this.sequencer = new RoomSequencer(next, wholeSinceMs, knownAtMs);
    this.touchedAt = ports.now();
    if (before === null || !before.delivering) return;
    this.delivering = true;
    this.deliveringSince = before.deliveringSince;
    void before.idle().then(() => this.drain());
  }

  /** Is any address by which its facts came still heard? If not, facts may have passed unheard. */
  get isHeard(): boolean {
    for (const heard of this.heardBy) if (heard.active) return true;
    return false;
  }

  get isIdle(): boolean {
    return this.queue.length === 0 && !this.delivering && !this.sequencer.behind;
  }

  get isFull(): boolean {
    return this.queue.length >= MAX_QUEUED;
  }

  /** Has something been missing, or waiting for its delivery, for longer than `ms`? */
  lags(ms: number): boolean {
    const now = this.ports.now();
    if (this.delivering && now - this.deliveringSince > ms) return true;
    return this.gapSince !== null && now - this.gapSince > ms;
  }

  /** Settles when nothing waits for its delivery. */
  idle(): Promise<void> {
    return this.delivering ? new Promise((resolve) => this.waitingForIdle.push(resolve)) : Promise.resolve();
  }

  /** What this step shows to be missing has been missing for a while. */
  applyLate(step: Step<LogEntry>): void {
    this.apply(step);
    if (this.gapSince !== null) this.gapSince = 0;
  }

  apply(step: Step<LogEntry>): void {
    this.touchedAt = this.ports.now();
    this.enqueue(step.release);
    if (!this.sequencer.behind) this.gapSince = null;
    if (!step.gap) return;
    this.gapSince ??= this.touchedAt;
    if (step.pull) this.ports.pull(this);
    else this.waitForGap();
  }

  /** Hands facts on without any order: a planted bug for the tests of the tests. */
  enqueue(entries: readonly LogEntry[]): void {
    const [first] = entries;
    if (first === undefined) return;
    if (entries.length === 1 && !this.delivering) return this.deliverNow(first);
    this.queue.push(...entries);
    if (!this.delivering) void this.drain();
  }

  forget(): void {
    if (this.gapTimer !== null) clearTimeout(this.gapTimer);
    this.gapTimer = null;
  }

  private waitForGap(): void {
    if (this.gapTimer !== null || this.pulling) return;
    this.gapTimer = setTimeout(() => {
      this.gapTimer = null;
      if (this.sequencer.behind) this.ports.pull(this);
    }, GAP_WAIT_MS);
  }

  /** The common case stays in the turn: a fact whose view is at hand is written at once. */
  private deliverNow(entry: LogEntry): void {
    const pending = this.ports.deliver(entry);
    if (pending === undefined) return;
    this.begin();
    void pending.then(() => this.drain());
  }

  private begin(): void {
    if (!this.delivering) this.deliveringSince = this.ports.now();
    this.delivering = true;
  }

  private async drain(): Promise<void> {
    this.begin();
    for (let entry = this.queue.shift(); entry !== undefined; entry = this.queue.shift()) {
      await this.ports.deliver(entry);
    }
    this.delivering = false;
    for (const wake of this.waitingForIdle.splice(0)) wake();
  }
}
