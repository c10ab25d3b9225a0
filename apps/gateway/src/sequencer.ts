/** What the sequencer needs to know of a fact, whatever its type. */
export interface Positioned {
  readonly pos: number;
  /** ms since the epoch, database time; null at pos 1 */
  readonly prevAtMs: number | null;
  readonly atMs: number;
}

/** From where the log must be read to close a gap: after a position, or, where none is known yet, after a time. */
export type PullFrom = { readonly afterPos: number } | { readonly afterTimeMs: number };

export interface Step<F> {
  readonly release: readonly F[];
  /** a gap is known: wait a moment for the missing facts, then pull */
  readonly gap: boolean;
  /** pull at once: waiting cannot help, or too much is pending */
  readonly pull: boolean;
}

const NOTHING: Step<never> = { release: [], gap: false, pull: false };

/** Facts that came too early are kept up to this many; beyond, they are dropped and pulled. */
export const MAX_PENDING = 256;

/**
 * Puts the facts of one room in the order of `pos`, each once (design.md section 4.7). Pure: no clock, no I/O.
 *
 * `next` is the position expected. While it is unknown, the first fact heard is accepted if it is the first of its room or if the
 * one before it is older than `wholeSinceMs`, the database time since when this gateway hears the room; else something was
 * missed, and everything after that time is pulled.
 */
export class RoomSequencer<F extends Positioned> {
  private readonly pending = new Map<number, F>();
  private next: number | null;
  /** newest position known to exist */
  private known = 0;

  /** `lastAtMs`: what is expected comes after that time */
  constructor(
    next: number | null,
    private readonly wholeSinceMs: number,
    private lastAtMs = 0,
  ) {
    this.next = next;
  }

  /** the position expected, null while unknown */
  get expected(): number | null {
    return this.next;
  }

  /** database time of the newest released fact, or of when the position became known */
  get lastReleasedAtMs(): number {
    return this.lastAtMs;
  }

  get behind(): boolean {
    return this.next === null ? this.known > 0 : this.known >= this.next;
  }

  pullFrom(): PullFrom {
    return this.next === null ? { afterTimeMs: this.wholeSinceMs } : { afterPos: this.next - 1 };
  }

  /** A fact as it was published: maybe late, doubled or early. */
  offer(fact: F): Step<F> {
    if (this.next === null && this.startsAt(fact)) this.next = fact.pos;
    this.known = Math.max(this.known, fact.pos);
    if (this.next !== null && fact.pos < this.next) return NOTHING;
    if (this.next === fact.pos) return { release: this.advance(fact), gap: this.behind, pull: false };
    if (this.pending.size >= MAX_PENDING) {
      this.pending.clear();
      return { release: [], gap: true, pull: true };
    }
    this.pending.set(fact.pos, fact);
    return { release: [], gap: true, pull: this.next === null };
  }

  /** The relay says that the room has come to `pos`. Heads come a second late or more: what is missing was lost. */
  hear(pos: number, atMs: number): Step<F> {
    if (this.next === null && atMs <= this.wholeSinceMs) return NOTHING;
    this.known = Math.max(this.known, pos);
    return this.behind ? { release: [], gap: true, pull: true } : NOTHING;
  }

  /**
   * Facts as the log gave them: in order and complete from where was asked, unless `truncated` (the log keeps 7 days), in which
   * case what is lost is skipped. `head` is the newest position there is.
   */
  pulled(facts: readonly F[], head: number, truncated: boolean): Step<F> {
    const release: F[] = [];
    this.known = Math.max(this.known, head);
    const first = facts[0];
    if (first !== undefined && (this.next === null || (truncated && first.pos > this.next))) this.next = first.pos;
    if (first === undefined && (this.next === null || (truncated && head >= this.next))) this.next = head + 1;
    for (const fact of facts) if (fact.pos === this.next) release.push(...this.advance(fact));
    this.forgetPassed();
    return { release, gap: this.behind, pull: false };
  }

  private startsAt(fact: F): boolean {
    return fact.prevAtMs === null || fact.prevAtMs <= this.wholeSinceMs;
  }

  private forgetPassed(): void {
    for (const pos of this.pending.keys()) if (this.next !== null && pos < this.next) this.pending.delete(pos);
  }

  /** Releases a fact that is next, and all pending ones that follow it without a gap. */
  private advance(first: F): F[] {
    const released = [first];
    this.next = first.pos + 1;
    this.pending.delete(first.pos);
    for (let fact = this.pending.get(this.next); fact !== undefined; fact = this.pending.get(this.next)) {
      this.pending.delete(this.next);
      released.push(fact);
      this.next += 1;
    }
    this.lastAtMs = released.at(-1)?.atMs ?? this.lastAtMs;
    return released;
  }
}
