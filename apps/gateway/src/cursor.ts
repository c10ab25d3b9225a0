/** Rooms remembered per connection; the oldest confirmed ones are forgotten first, as the session's `asOf` covers them. */
const MAX_ROOMS = 1_000;
/** Marks not yet answered; a client that answers no ping is closed by Engine.IO long before. */
const MAX_MARKS = 64;

export interface RoomCursor {
  readonly roomId: string;
  readonly pos: number;
}

/**
 * What one connection has surely handled of each room (guarantees.md P4). Every fact that passes for the connection, rendered or not, is
 * noted with `sent`; `mark` and `confirm` follow the heartbeats. What stands above `confirmed` is owed again after an abrupt close.
 */
export class DeliveryCursor {
  private readonly confirmed = new Map<string, number>();
  private current = new Map<string, number>();
  private readonly marks: Map<string, number>[] = [];

  constructor(initial: readonly RoomCursor[] = []) {
    for (const { roomId, pos } of initial) this.confirmed.set(roomId, pos);
  }

  sent(roomId: string, pos: number): void {
    this.current.set(roomId, pos);
    if (!this.confirmed.has(roomId)) this.remember(roomId, pos - 1);
  }

  /** Anything written that no mark follows yet? */
  get unmarked(): boolean {
    return this.current.size > 0;
  }

  /** More rooms unconfirmed than can be saved: the connection must be given up before something owed is forgotten. */
  get full(): boolean {
    return this.confirmed.size > MAX_ROOMS;
  }

  mark(): void {
    if (this.marks.length >= MAX_MARKS) {
      // Folding into the newest mark confirms later, never sooner.
      const newest = this.marks.at(-1);
      if (newest !== undefined) for (const [roomId, pos] of this.current) newest.set(roomId, pos);
    } else this.marks.push(this.current);
    this.current = new Map();
  }

  /** True when something became confirmed that was not before. */
  confirm(): boolean {
    const mark = this.marks.shift();
    if (mark === undefined || mark.size === 0) return false;
    for (const [roomId, pos] of mark) this.remember(roomId, pos);
    return true;
  }

  /** The last confirmed position of each room with recent traffic. */
  snapshot(): RoomCursor[] {
    return [...this.confirmed].map(([roomId, pos]) => ({ roomId, pos }));
  }

  private remember(roomId: string, pos: number): void {
    this.confirmed.delete(roomId);
    this.confirmed.set(roomId, pos);
    if (this.confirmed.size <= MAX_ROOMS) return;
    for (const old of this.confirmed.keys()) {
      if (this.isUnconfirmed(old)) continue;
      this.confirmed.delete(old);
      return;
    }
  }

  private isUnconfirmed(roomId: string): boolean {
    return this.current.has(roomId) || this.marks.some((mark) => mark.has(roomId));
  }
}
