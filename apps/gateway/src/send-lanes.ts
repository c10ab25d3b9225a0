import { ParlanceError } from '@parlance/domain';

/** Sends of one connection to one room that may wait behind the one in flight (design.md section 4.2). */
export const MAX_WAITING_SENDS = 64;

interface Lane {
  inFlight: number;
  readonly waiting: (() => void)[];
}

/**
 * Keeps the order in which one connection sent to one room: one round in flight, and those that came meanwhile go together in the
 * next, so that they travel in one batch, in order.
 */
export class SendLanes {
  private readonly lanes = new Map<string, Lane>();

  /** Errors: `overloaded` when too many wait; otherwise those of `send`. */
  async run<T>(room: string, send: () => Promise<T>): Promise<T> {
    const lane = this.lanes.get(room);
    if (lane === undefined) this.lanes.set(room, { inFlight: 1, waiting: [] });
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
    lane.inFlight -= 1;
    if (lane.inFlight > 0) return;
    const next = lane.waiting.splice(0);
    if (next.length === 0) this.lanes.delete(room);
    lane.inFlight = next.length;
    for (const start of next) start();
  }
}
