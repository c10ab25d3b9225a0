interface Work {
  readonly items: number;
  readonly run: () => Promise<void>;
}

/**
 * What one server has taken and not answered: a bound on its items, a bound on the handlers running at a time (the rest waits in
 * order), and a way to wait for the end. `run` of a work must not reject.
 */
export class InFlight {
  private items = 0;
  private running = 0;
  private waiting: Work[] = [];
  private readonly idleWaiters = new Set<() => void>();

  constructor(
    private readonly maxItems: number,
    private readonly concurrency = Number.POSITIVE_INFINITY,
  ) {}

  /** Items taken and not answered. */
  get size(): number {
    return this.items;
  }

  hasRoomFor(items: number): boolean {
    return this.items + items <= this.maxItems;
  }

  run(items: number, run: () => Promise<void>): void {
    this.items += items;
    if (this.running < this.concurrency) void this.start({ items, run });
    else this.waiting.push({ items, run });
  }

  /** Settles when nothing is in flight, or after `maxMs` milliseconds. */
  async idle(maxMs: number): Promise<void> {
    if (this.items === 0) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.idleWaiters.delete(done);
        resolve();
      };
      const timer = setTimeout(done, maxMs);
      this.idleWaiters.add(done);
    });
  }

  private async start(work: Work): Promise<void> {
    this.running += 1;
    try {
      await work.run();
    } finally {
      this.running -= 1;
      this.items -= work.items;
      const next = this.waiting.shift();
      if (next !== undefined) void this.start(next);
      if (this.items === 0) for (const done of this.idleWaiters) done();
    }
  }
}
