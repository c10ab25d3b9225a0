const MINUTE_MS = 60_000;
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5_000;

/** How soon, and whether at all, a part that ended by itself is started again. */
export class RestartBudget {
  #restarts: readonly number[] = [];

  constructor(private readonly perMinute: number) {}

  /** Milliseconds to wait, doubling with each restart of the last minute; undefined when there were too many. */
  next(nowMs: number): number | undefined {
    const recent = this.#restarts.filter((at) => nowMs - at < MINUTE_MS);
    if (recent.length >= this.perMinute) return undefined;
    this.#restarts = [...recent, nowMs];
    return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** recent.length);
  }
}
