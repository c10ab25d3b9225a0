import type { Bus } from '@parlance/bus';

/** All that is subscribed in one event-loop turn shares a flush of the bus, and what is subscribed while one is under way shares the next. */
export class SharedFlush {
  private next: Promise<void> | null = null;
  /** settles when none is under way */
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly bus: Pick<Bus, 'flush'>) {}

  /** Settles when the server knows of every subscription made before the call. Errors: those of the bus. */
  whenKnown(): Promise<void> {
    this.next ??= this.flush();
    return this.next;
  }

  private async flush(): Promise<void> {
    await this.last;
    await new Promise((resolve) => setImmediate(resolve));
    this.next = null;
    const done = this.bus.flush();
    this.last = done.catch(() => undefined);
    await done;
  }
}
