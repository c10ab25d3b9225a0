import { ParlanceError } from '@parlance/domain';

/** Sends of one connection to one room that may wait behind the one in flight (design.md section 4.2). */
export const MAX_WAITING_SENDS = 64;

/** Sends of one connection that may wait until it is known which rooms they and those before them are for. */
export const MAX_ENTERING_SENDS = 256;

interface Lane {
  readonly waiting: (() => void)[];
}

interface Place {
  readonly room: string;
  readonly turn: Promise<void>;
}

/**
 * Keeps the order in which one connection sent to one room: one send in flight, the next begins when it is answered. Several in flight
 * could be cut into two batches and commit on two replicas in either order, or one of them be repeated after its neighbour.
 */
export class SendLanes {
  private readonly lanes = new Map<string, Lane>();
  private entrance: Promise<unknown> = Promise.resolve();
  private entering = 0;

  /**
   * `roomOf` tells the room by its one name. Rooms are asked for one after another: a later send must not get ahead of one to the same
   * room that spelled it in a way not known yet. Errors: `overloaded` when too many wait; otherwise those of `roomOf` and `send`.
   */
  async run<T>(roomOf: () => Promise<string>, send: () => Promise<T>): Promise<T> {
    const { room, turn } = await this.enter(roomOf);
    await turn;
    try {
      return await send();
    } finally {
      this.leave(room);
    }
  }

  private async enter(roomOf: () => Promise<string>): Promise<Place> {
    if (this.entering >= MAX_ENTERING_SENDS) throw tooMany();
    this.entering += 1;
    const place = this.entrance.then(roomOf).then((room) => this.join(room));
    this.entrance = place.catch(() => undefined);
    try {
      return await place;
    } finally {
      this.entering -= 1;
    }
  }

  private join(room: string): Place {
    const lane = this.lanes.get(room);
    if (lane === undefined) {
      this.lanes.set(room, { waiting: [] });
      return { room, turn: Promise.resolve() };
    }
    if (lane.waiting.length >= MAX_WAITING_SENDS) throw tooMany();
    return { room, turn: new Promise((resolve) => lane.waiting.push(resolve)) };
  }

  private leave(room: string): void {
    const lane = this.lanes.get(room);
    if (lane === undefined) return;
    const next = lane.waiting.shift();
    if (next === undefined) this.lanes.delete(room);
    else next();
  }
}

function tooMany(): ParlanceError {
  return new ParlanceError('overloaded', 'Too many messages wait to be sent to this room.', { retryAfterMs: 1_000 });
}
