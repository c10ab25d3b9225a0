import { LRUCache } from 'lru-cache';

export interface LookupOptions<V> {
  /** reads many at once; keys that it leaves out do not exist */
  readonly load: (keys: readonly string[]) => Promise<ReadonlyMap<string, V>>;
  /** milliseconds since the epoch */
  readonly now: () => number;
  readonly max?: number;
  readonly ttlMs?: number;
  /** how long "there is none" is believed */
  readonly missTtlMs?: number;
  /** keys per load */
  readonly batch?: number;
}

interface Entry<V> {
  readonly value: V | null;
  readonly at: number;
}

interface Question<V> {
  readonly key: string;
  readonly answer: Promise<Entry<V>>;
  readonly resolve: (entry: Entry<V>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Rows by key, remembered for a short while. What is asked for within one turn of the event loop is read with one query, so that a
 * storm of connections costs a few queries and not thousands.
 */
export class CachedLookup<V> {
  readonly #options: Required<LookupOptions<V>>;
  readonly #entries: LRUCache<string, Entry<V>>;
  /** questions that an asker of the same key may join */
  readonly #open = new Map<string, Question<V>>();
  #queue: Question<V>[] = [];

  constructor(options: LookupOptions<V>) {
    this.#options = { max: 10_000, ttlMs: 30_000, missTtlMs: 5_000, batch: 256, ...options };
    this.#entries = new LRUCache({ max: this.#options.max });
  }

  /** The value, or null where there is none; not older than `maxAgeMs` where that is given. Errors: those of `load`. */
  async get(key: string, maxAgeMs: number = Infinity): Promise<V | null> {
    const kept = this.#entries.get(key);
    if (kept !== undefined && this.#isFresh(kept, maxAgeMs)) return kept.value;
    return (await this.#ask(key)).value;
  }

  /** Forgets one key; an answer that is under way reaches those who wait for it, but nobody after. */
  evict(key: string): void {
    this.#entries.delete(key);
    this.#open.delete(key);
  }

  clear(): void {
    this.#entries.clear();
    this.#open.clear();
  }

  #isFresh({ value, at }: Entry<V>, maxAgeMs: number): boolean {
    const { now, ttlMs, missTtlMs } = this.#options;
    return now() - at < Math.min(value === null ? missTtlMs : ttlMs, maxAgeMs);
  }

  #ask(key: string): Promise<Entry<V>> {
    const running = this.#open.get(key);
    if (running !== undefined) return running.answer;
    const question = questionOf<V>(key);
    this.#open.set(key, question);
    if (this.#queue.push(question) === 1) setImmediate(() => this.#flush());
    return question.answer;
  }

  #flush(): void {
    const asked = this.#queue;
    this.#queue = [];
    const { batch } = this.#options;
    for (let start = 0; start < asked.length; start += batch) void this.#load(asked.slice(start, start + batch));
  }

  async #load(questions: readonly Question<V>[]): Promise<void> {
    const at = this.#options.now();
    try {
      const found = await this.#options.load([...new Set(questions.map(({ key }) => key))]);
      for (const question of questions) this.#answer(question, { value: found.get(question.key) ?? null, at });
    } catch (error) {
      for (const question of questions) this.#fail(question, error);
    }
  }

  #answer(question: Question<V>, entry: Entry<V>): void {
    // Evicted meanwhile: what was read may be from before the change.
    if (this.#open.get(question.key) === question) this.#entries.set(question.key, entry);
    this.#close(question);
    question.resolve(entry);
  }

  #fail(question: Question<V>, error: unknown): void {
    this.#close(question);
    question.reject(error);
  }

  #close(question: Question<V>): void {
    if (this.#open.get(question.key) === question) this.#open.delete(question.key);
  }
}

function questionOf<V>(key: string): Question<V> {
  let resolve: (entry: Entry<V>) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const answer = new Promise<Entry<V>>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { key, answer, resolve, reject };
}
