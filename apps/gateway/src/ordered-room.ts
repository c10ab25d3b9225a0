import type { LogEntry } from './fact-parser.js';
import { RoomSequencer } from './sequencer.js';
import type { Step } from './sequencer.js';

/** How long a gap may close by itself (facts overtaking each other) before the log is asked, ms. */
const GAP_WAIT_MS = 75;

export interface RoomPorts {
  readonly now: () => number;
  /** Must not throw and not reject. */
  readonly deliver: (entry: LogEntry) => Promise<void> | undefined;
  readonly pull: (room: OrderedRoom) => void;
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
  touchedAt: number;
  private readonly queue: LogEntry[] = [];
  private delivering = false;
  private gapSince: number | null = null;
  private gapTimer: NodeJS.Timeout | null = null;

  constructor(
    readonly tenantId: string,
    readonly roomId: string,
    next: number | null,
    wholeSinceMs: number,
    private readonly ports: RoomPorts,
  ) {
    this.sequencer = new RoomSequencer(next, wholeSinceMs);
    this.touchedAt = ports.now();
  }

  /** Is any address by which its facts came still heard? If not, facts may have passed unheard. */
  get isHeard(): boolean {
    for (const heard of this.heardBy) if (heard.active) return true;
    return false;
  }

  get isIdle(): boolean {
    return this.queue.length === 0 && !this.delivering && !this.sequencer.behind;
  }

  /** Has something been missing for longer than `ms`? */
  lags(ms: number): boolean {
    return this.gapSince !== null && this.ports.now() - this.gapSince > ms;
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
    this.delivering = true;
    void pending.then(() => this.drain());
  }

  private async drain(): Promise<void> {
    this.delivering = true;
    for (let entry = this.queue.shift(); entry !== undefined; entry = this.queue.shift()) {
      await this.ports.deliver(entry);
    }
    this.delivering = false;
  }
}
