import { outside } from '@parlance/observability';

/** Runs a job again and again, never two of it at once, and stops between two runs. Belongs to no trace, whoever pokes it. */
export class JobLoop {
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #poked = false;
  #stopped = false;

  constructor(
    private readonly intervalMs: number,
    private readonly job: () => Promise<void>,
    private readonly onError: (error: unknown) => void,
  ) {}

  start(): void {
    this.#running ??= outside(async () => this.#run());
  }

  /** There is something to do: runs now, or, if a run is on its way, once more right after it. */
  poke(): void {
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    if (this.#running === undefined) this.start();
    else this.#poked = true;
  }

  /** Settles when the run at hand is over. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      await this.job();
    } catch (error) {
      this.onError(error);
    }
    this.#running = undefined;
    if (this.#stopped) return;
    const waitMs = this.#poked ? 0 : this.intervalMs;
    this.#poked = false;
    this.#timer = setTimeout(() => this.start(), waitMs);
  }
}
