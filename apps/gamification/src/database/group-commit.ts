import type { BatchAnswer } from '@parlance/bus';
import { ParlanceError, toParlanceError } from '@parlance/domain';
import { CommitLanes, isRetryableConflict, sqlState, type Queued } from '@parlance/persistence';

export interface GroupItem extends Queued {
  /** ms since the epoch: nobody waits for the answer after it */
  readonly deadline: number;
}

export interface GroupOptions<T extends GroupItem, R> {
  readonly lanes: number;
  readonly maxItems: number;
  readonly maxBytes: number;
  readonly clock: () => number;
  /** One transaction; answers in the order of the items. May reject: then nothing was stored. */
  readonly commit: (items: readonly T[]) => Promise<readonly BatchAnswer<R>[]>;
  readonly onFailure: (error: unknown) => void;
}

const RETRY_MS = 200;

/** Group commit whose items fail alone: a batch that cannot be committed whole is tried again, then each of its items by itself. */
export class GroupCommit<T extends GroupItem, R> {
  readonly #lanes: CommitLanes<T, BatchAnswer<R>>;

  constructor(private readonly options: GroupOptions<T, R>) {
    this.#lanes = new CommitLanes({
      lanes: options.lanes,
      maxItems: options.maxItems,
      maxBytes: options.maxBytes,
      commit: async (items) => this.#commit(items),
      expire: (item) => this.#expire(item),
    });
  }

  /** Admitted and not answered. */
  get depth(): number {
    return this.#lanes.depth;
  }

  async submit(item: T): Promise<BatchAnswer<R>> {
    return (await this.#lanes.submit(item)) ?? overloaded();
  }

  async idle(): Promise<void> {
    await this.#lanes.idle();
  }

  #expire({ deadline }: T): BatchAnswer<R> | undefined {
    if (this.options.clock() < deadline) return undefined;
    return { ok: false, error: new ParlanceError('unavailable', 'It was not stored in time.') };
  }

  async #commit(items: readonly T[]): Promise<readonly BatchAnswer<R>[]> {
    try {
      return await this.options.commit(items);
    } catch (error) {
      if (!isRetryableConflict(error)) return this.#separate(items, error);
      return this.options.commit(items).catch(async (again: unknown) => this.#separate(items, again));
    }
  }

  async #separate(items: readonly T[], error: unknown): Promise<readonly BatchAnswer<R>[]> {
    if (items.length === 1 || toParlanceError(error).retryable) return items.map(() => this.#failed(error));
    const answers: BatchAnswer<R>[] = [];
    for (const item of items) answers.push(this.#expire(item) ?? (await this.#alone(item)));
    return answers;
  }

  async #alone(item: T): Promise<BatchAnswer<R>> {
    try {
      const [answer] = await this.options.commit([item]);
      return answer ?? this.#failed(new RangeError('A commit gave no answer.'));
    } catch (error) {
      return this.#failed(error);
    }
  }

  #failed(error: unknown): BatchAnswer<R> {
    if (isRetryableConflict(error)) return refusal('unavailable', 'The database is busy; repeat.', error);
    if (sqlState(error)?.startsWith('22') === true) return refusal('invalid', 'It cannot be stored.', error);
    const coded = toParlanceError(error);
    if (coded.code === 'internal') this.options.onFailure(error);
    return { ok: false, error: coded };
  }
}

function refusal(code: 'unavailable' | 'invalid', message: string, cause: unknown): BatchAnswer<never> {
  return { ok: false, error: new ParlanceError(code, message, undefined, { cause }) };
}

function overloaded(): BatchAnswer<never> {
  const details = { retryAfterMs: RETRY_MS };
  return { ok: false, error: new ParlanceError('overloaded', 'Too much is waiting; repeat in a moment.', details) };
}
