import { LRUCache } from 'lru-cache';
import { TurnBatch } from './turn-batch.js';

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
  /** milliseconds since the epoch; not later than the reading */
  readonly at: number;
}

/** Rows by key, remembered for a short while. What memory lacks is read together, per turn of the event loop. */
export class CachedLookup<V> {
  readonly #options: Required<LookupOptions<V>>;
  readonly #entries: LRUCache<string, Entry<V>>;
  readonly #loads: TurnBatch<string, V | null>;
  /** answers under way that an asker of the same key may share */
  readonly #open = new Map<string, Promise<Entry<V>>>();

  constructor(options: LookupOptions<V>) {
    this.#options = { max: 10_000, ttlMs: 30_000, missTtlMs: 5_000, batch: 256, ...options };
    const { load, max, batch } = this.#options;
    this.#entries = new LRUCache({ max });
    this.#loads = new TurnBatch<string, V | null>({
      load: async (keys) => {
        const found = await load([...new Set(keys)]);
        return keys.map((key) => found.get(key) ?? null);
      },
      max: batch,
    });
  }

  /** The value, or null where there is none; not older than `maxAgeMs` where that is given. Errors: those of `load`. */
  async get(key: string, maxAgeMs: number = Infinity): Promise<V | null> {
    const kept = this.#entries.get(key);
    if (kept !== undefined && this.#isFresh(kept, maxAgeMs)) return kept.value;
    return (await (this.#open.get(key) ?? this.#ask(key))).value;
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
    const answer = this.#read(key).then(
      (entry) => {
        // Evicted meanwhile: what was read may be from before the change.
        if (this.#close(key, answer)) this.#entries.set(key, entry);
        return entry;
      },
      (error: unknown) => {
        this.#close(key, answer);
        throw error;
      },
    );
    this.#open.set(key, answer);
    return answer;
  }

  async #read(key: string): Promise<Entry<V>> {
    const at = this.#options.now();
    return { value: await this.#loads.ask(key), at };
  }

  #close(key: string, answer: Promise<Entry<V>>): boolean {
    return this.#open.get(key) === answer && this.#open.delete(key);
  }
}
