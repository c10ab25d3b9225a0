export interface TurnBatchOptions<K, V> {
  /** answers all questions at once, in their order */
  readonly load: (questions: readonly K[]) => Promise<readonly V[]>;
  /** what a question adds to a load; default 1 */
  readonly weigh?: (question: K) => number;
  /** the most that one load holds, unless a single question is heavier; default 256 */
  readonly max?: number;
}

interface Asked<K, V> {
  readonly question: K;
  readonly resolve: (answer: V) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Puts the questions of one turn of the event loop together, so that a storm of them costs a few queries and not thousands. Nobody
 * joins a load that has begun: an answer is always read after the question was asked.
 */
export class TurnBatch<K, V> {
  readonly #options: Required<TurnBatchOptions<K, V>>;
  #queue: Asked<K, V>[] = [];

  constructor(options: TurnBatchOptions<K, V>) {
    this.#options = { weigh: () => 1, max: 256, ...options };
  }

  /** Errors: those of `load`. */
  ask(question: K): Promise<V> {
    return new Promise((resolve, reject) => {
      if (this.#queue.push({ question, resolve, reject }) === 1) setImmediate(() => this.#flush());
    });
  }

  #flush(): void {
    const asked = this.#queue;
    this.#queue = [];
    for (const load of this.#cut(asked)) void this.#load(load);
  }

  #cut(asked: readonly Asked<K, V>[]): readonly (readonly Asked<K, V>[])[] {
    const { weigh, max } = this.#options;
    const loads: Asked<K, V>[][] = [];
    let weight = Infinity;
    for (const item of asked) {
      const own = weigh(item.question);
      if (weight + own > max) {
        loads.push([]);
        weight = 0;
      }
      loads.at(-1)?.push(item);
      weight += own;
    }
    return loads;
  }

  async #load(asked: readonly Asked<K, V>[]): Promise<void> {
    try {
      const answers = await this.#options.load(asked.map(({ question }) => question));
      if (answers.length !== asked.length) throw new Error('A load must answer every question.');
      answers.forEach((answer, index) => asked[index]?.resolve(answer));
    } catch (error) {
      for (const { reject } of asked) reject(error);
    }
  }
}
