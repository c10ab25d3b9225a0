/** How many queued items and bytes one commit takes at most. A larger single item travels alone. */
export const MAX_COMMIT_ITEMS = 256;
export const MAX_COMMIT_BYTES = 256 * 1024;

export interface Queued {
  readonly bytes: number;
  /** items of one key are committed in the order in which they came */
  readonly lane: number;
}

export interface LaneOptions<T extends Queued, R> {
  /** commits in flight at a time, one per lane */
  readonly lanes: number;
  readonly maxItems: number;
  readonly maxBytes: number;
  /** Answers in the order of the items. Must not reject: every item gets an answer. */
  readonly commit: (items: readonly T[]) => Promise<readonly R[]>;
  /** The answer to an item that is not committed because nobody waits for it any longer; undefined: commit it. */
  readonly expire: (item: T) => R | undefined;
}

interface Waiting<T, R> {
  readonly item: T;
  readonly settle: (answer: R) => void;
}

/**
 * Group commit. A lane commits what waits in it, all of it up to the bounds, and when that commit is done, what came meanwhile:
 * the batch size finds itself. An idle lane waits only for the end of the event-loop turn.
 */
export class CommitLanes<T extends Queued, R> {
  readonly #lanes: Lane<T, R>[];
  #items = 0;
  #bytes = 0;

  constructor(private readonly options: LaneOptions<T, R>) {
    this.#lanes = Array.from({ length: options.lanes }, () => new Lane(options));
  }

  /** Admitted and not answered. */
  get depth(): number {
    return this.#items;
  }

  /** Batches that are ahead of a new item, about. */
  get batchesAhead(): number {
    return Math.ceil(this.#items / MAX_COMMIT_ITEMS / this.options.lanes);
  }

  /** Null when the queue is full: nothing was taken. */
  submit(item: T): Promise<R> | null {
    const { maxItems, maxBytes } = this.options;
    const fits = this.#items === 0 || this.#bytes + item.bytes <= maxBytes;
    if (this.#items >= maxItems || !fits) return null;
    this.#items += 1;
    this.#bytes += item.bytes;
    const lane = this.#lanes[item.lane % this.#lanes.length];
    if (lane === undefined) throw new RangeError('There is no lane.');
    return new Promise((resolve) => {
      const settle = (answer: R): void => {
        this.#items -= 1;
        this.#bytes -= item.bytes;
        resolve(answer);
      };
      lane.push({ item, settle });
    });
  }

  /** Settles when everything admitted so far is answered. */
  async idle(): Promise<void> {
    await Promise.all(this.#lanes.map(async (lane) => lane.idle()));
  }
}

class Lane<T extends Queued, R> {
  #waiting: Waiting<T, R>[] = [];
  #running: Promise<void> | undefined;

  constructor(private readonly options: LaneOptions<T, R>) {}

  push(waiting: Waiting<T, R>): void {
    this.#waiting.push(waiting);
    this.#running ??= this.#run();
  }

  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const batch = this.#take();
      if (batch.length === 0) continue;
      const answers = await this.options.commit(batch.map(({ item }) => item));
      batch.forEach(({ settle }, index) => {
        const answer = answers[index];
        if (answer === undefined) throw new RangeError('A commit left an item without an answer.');
        settle(answer);
      });
    }
    this.#running = undefined;
  }

  /** The head of the queue as far as the bounds go, expired items answered and left out. */
  #take(): Waiting<T, R>[] {
    const batch: Waiting<T, R>[] = [];
    let bytes = 0;
    let taken = 0;
    for (const waiting of this.#waiting) {
      if (batch.length > 0 && (batch.length >= MAX_COMMIT_ITEMS || bytes + waiting.item.bytes > MAX_COMMIT_BYTES))
        break;
      taken += 1;
      const late = this.options.expire(waiting.item);
      if (late !== undefined) waiting.settle(late);
      else {
        batch.push(waiting);
        bytes += waiting.item.bytes;
      }
    }
    this.#waiting.splice(0, taken);
    return batch;
  }
}

/** A stable number of a room (a user, a reward) of a tenant, equal in all replicas (FNV-1a). */
export function laneOf(tenantId: string, id: string): number {
  let hash = 0x811c9dc5;
  for (const text of [tenantId, '\0', id]) {
    for (let index = 0; index < text.length; index += 1) {
      hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
    }
  }
  return hash >>> 0;
}
