import { ParlanceError } from '@parlance/domain';

/** Bounds what the bodies of an edge's requests and frames hold in memory together. */
export class ByteBudget {
  #free: number;

  constructor(bytes: number) {
    this.#free = bytes;
  }

  /** Sets bytes aside and answers how to give them back, once. Errors: `overloaded`. */
  take(bytes: number): () => void {
    if (bytes > this.#free)
      throw new ParlanceError('overloaded', 'Too many requests at once.', { retryAfterMs: 1_000 });
    this.#free -= bytes;
    let taken = true;
    return () => {
      if (taken) this.#free += bytes;
      taken = false;
    };
  }
}
