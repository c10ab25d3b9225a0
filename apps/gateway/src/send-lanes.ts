import { ParlanceError } from '@parlance/domain';

/** Sends of one connection to one room that may wait behind the one in flight (design.md section 4.2). */
export const MAX_WAITING_SENDS = 64;

interface Lane {
  readonly waiting: (() => void)[];
}

/**
 * Keeps the order in which one connection sent to one room: one send in flight, the next begins when it is answered. Several in flight
 * could be cut into two batches and commit on two replicas in either order, or one of them be repeated after its neighbour.
 */
export class SendLanes {
  private readonly lanes = new Map<string, Lane>();

  /** Errors: `overloaded` when too many wait; otherwise those of `send`. */
  async run<T>(room: string, send: () => Promise<T>): Promise<T> {
    const lane = this.lanes.get(room);
    if (lane === undefined) this.lanes.set(room, { waiting: [] });
    else await this.waitFor(lane);
    try {
      return await send();
    } finally {
      this.leave(room);
    }
  }

  private async waitFor(lane: Lane): Promise<void> {
    if (lane.waiting.length >= MAX_WAITING_SENDS) {
      throw new ParlanceError('overloaded', 'Too many messages wait to be sent to this room.', { retryAfterMs: 1_000 });
    }
    await new Promise<void>((resolve) => lane.waiting.push(resolve));
  }

  private leave(room: string): void {
    const lane = this.lanes.get(room);
    if (lane === undefined) return;
    const next = lane.waiting.shift();
    if (next === undefined) this.lanes.delete(room);
    else next();
  }
}
