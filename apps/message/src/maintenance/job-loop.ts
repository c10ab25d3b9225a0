/** Runs a job again and again, never two of it at once, and stops between two runs. */
export class JobLoop {
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(
    private readonly intervalMs: number,
    private readonly job: () => Promise<void>,
    private readonly onError: (error: unknown) => void,
  ) {}

  start(): void {
    this.#running ??= this.#run();
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
    if (!this.#stopped) this.#timer = setTimeout(() => this.start(), this.intervalMs);
  }
}
