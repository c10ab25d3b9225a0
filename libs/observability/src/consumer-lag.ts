import type { Clock } from './clock.js';

/** How far a consumer of the log is behind. Grows while it cannot read: a consumer that fails must not look as if it had kept up. */
export class ConsumerLag {
  #waitingMs = 0;
  #readAt: number | null = null;

  constructor(private readonly clock: Clock) {}

  /** It has read just now, and the oldest entry that it has not read is `waitingMs` old; 0 when there is none. */
  read(waitingMs: number): void {
    this.#waitingMs = waitingMs;
    this.#readAt = this.clock();
  }

  /** Another replica reads. */
  rest(): void {
    this.#readAt = null;
  }

  /** Seconds; 0 where another replica reads. */
  get seconds(): number {
    return this.#readAt === null ? 0 : (this.#waitingMs + Math.max(0, this.clock() - this.#readAt)) / 1_000;
  }

  /** 1 where this replica reads, else 0: of all replicas, one should. */
  get readers(): number {
    return this.#readAt === null ? 0 : 1;
  }
}
