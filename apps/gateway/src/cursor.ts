/** Rooms remembered per connection; the oldest confirmed ones are forgotten first, as the session's `asOf` covers them. */
export const MAX_ROOMS = 1_000;
/** Marks not yet answered; a client that answers no ping is closed by Engine.IO long before. */
const MAX_MARKS = 64;

export interface RoomCursor {
  readonly roomId: string;
  readonly pos: number;
}

interface Progress {
  confirmed: number;
  sent: number;
  /** facts after `confirmed` are still to be replayed */
  owed: boolean;
}

/**
 * What one connection was told of each room, and what of it it has surely handled (guarantees.md P4). Every fact that passes for the
 * connection, rendered or not, is noted with `sent`; `mark` and `confirm` follow the heartbeats. What stands above `confirmed` is
 * owed again after an abrupt close.
 */
export class DeliveryCursor {
  private readonly rooms = new Map<string, Progress>();
  private current = new Map<string, number>();
  private readonly marks: Map<string, number>[] = [];

  /**
   * `initial`: rooms known to be handled up to there. `owed`: those of which more is to be replayed from there; they win.
   * `outstanding`: heartbeats that were written before and are not answered yet; they confirm nothing of this.
   */
  constructor(initial: readonly RoomCursor[] = [], owed: readonly RoomCursor[] = [], outstanding = 0) {
    for (let n = 0; n < outstanding; n += 1) this.marks.push(new Map());
    for (const { roomId, pos } of owed) {
      const before = this.rooms.get(roomId);
      // Of several stays in a room the first counts: what lies between them is nobody's.
      const first = before === undefined ? pos : Math.min(before.confirmed, pos);
      this.rooms.set(roomId, { confirmed: first, sent: first, owed: true });
    }
    for (const { roomId, pos } of initial) {
      if (this.rooms.size >= MAX_ROOMS) break;
      if (!this.rooms.has(roomId)) this.rooms.set(roomId, { confirmed: pos, sent: pos, owed: false });
    }
  }

  sent(roomId: string, pos: number): void {
    this.current.set(roomId, pos);
    const known = this.rooms.get(roomId);
    if (known !== undefined) known.sent = Math.max(known.sent, pos);
    else this.remember(roomId, { confirmed: pos - 1, sent: pos, owed: false });
  }

  /** The newest position that passed here or was handled before; 0 when unknown. What is not newer would be a repeat. */
  newest(roomId: string): number {
    return this.rooms.get(roomId)?.sent ?? 0;
  }

  /** All that was owed of the room has been sent. */
  replayed(roomId: string): void {
    const known = this.rooms.get(roomId);
    if (known !== undefined) known.owed = false;
  }

  /** Marks that no heartbeat has answered yet. */
  get outstanding(): number {
    return this.marks.length;
  }

  /** Anything written that no mark follows yet? */
  get unmarked(): boolean {
    return this.current.size > 0;
  }

  /** As many rooms unconfirmed as can be saved: the connection must be given up before something owed is forgotten. */
  get full(): boolean {
    return this.rooms.size >= MAX_ROOMS && this.unconfirmed >= MAX_ROOMS;
  }

  /** Rooms that must not be forgotten. */
  get unconfirmed(): number {
    let count = 0;
    for (const progress of this.rooms.values()) if (isPinned(progress)) count += 1;
    return count;
  }

  get size(): number {
    return this.rooms.size;
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
    for (const [roomId, pos] of mark) {
      const known = this.rooms.get(roomId);
      const confirmed = Math.max(known?.confirmed ?? 0, pos);
      this.remember(roomId, { confirmed, sent: Math.max(known?.sent ?? 0, confirmed), owed: known?.owed ?? false });
    }
    return true;
  }

  /** The last confirmed position of each room with recent traffic. */
  snapshot(): RoomCursor[] {
    return [...this.rooms].slice(-MAX_ROOMS).map(([roomId, { confirmed }]) => ({ roomId, pos: confirmed }));
  }

  private remember(roomId: string, progress: Progress): void {
    this.rooms.delete(roomId);
    this.rooms.set(roomId, progress);
    if (this.rooms.size <= MAX_ROOMS) return;
    for (const [old, one] of this.rooms) {
      if (isPinned(one)) continue;
      this.rooms.delete(old);
      return;
    }
  }
}

function isPinned({ confirmed, sent, owed }: Progress): boolean {
  return owed || sent > confirmed;
}
