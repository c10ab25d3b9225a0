import { outside } from '@parlance/observability';

/** Runs a job every so often, and sooner when it is woken; never two of it at once. Belongs to no trace, whoever wakes it. */
export class WakingLoop {
  private timer: NodeJS.Timeout | undefined;
  /** when the timer goes off */
  private wakesAt = Infinity;
  /** asked for while the job ran */
  private askedAt = Infinity;
  private running: Promise<void> | undefined;
  private stopped = false;

  constructor(
    private readonly intervalMs: number,
    private readonly job: () => Promise<void>,
    private readonly onError: (error: unknown) => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  start(): void {
    this.wakeIn(0);
  }

  /** The job runs within `ms`, if it is not about to anyway. */
  wakeIn(ms: number): void {
    const at = this.now() + ms;
    if (this.stopped) return;
    if (this.running !== undefined) this.askedAt = Math.min(this.askedAt, at);
    else if (at < this.wakesAt) this.arm(at);
  }

  /** Settles when the run at hand is over. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private arm(at: number): void {
    clearTimeout(this.timer);
    this.wakesAt = at;
    this.timer = setTimeout(
      () => {
        this.running = outside(async () => this.run());
      },
      Math.max(0, at - this.now()),
    );
  }

  private async run(): Promise<void> {
    this.askedAt = Infinity;
    try {
      await this.job();
    } catch (error) {
      this.onError(error);
    }
    this.running = undefined;
    this.wakesAt = Infinity;
    if (!this.stopped) this.arm(Math.min(this.askedAt, this.now() + this.intervalMs));
  }
}
