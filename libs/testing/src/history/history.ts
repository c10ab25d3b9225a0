import type { HistoryEntry, HistoryEvent } from './history.events.js';

const MAX_EVENTS = 1_000_000;

export interface HistoryOptions {
  /** milliseconds since the epoch */
  readonly now?: (() => number) | undefined;
  /** events kept at most; one more is an error, since a history with holes proves nothing */
  readonly maxEvents?: number | undefined;
}

/** What all clients of a run saw and did, in the order in which this process learned of it. Only ever appended to. */
export class History {
  private readonly recorded: HistoryEvent[] = [];
  private readonly listeners = new Set<(event: HistoryEvent) => void>();
  private readonly now: () => number;
  private readonly maxEvents: number;

  constructor({ now = Date.now, maxEvents = MAX_EVENTS }: HistoryOptions = {}) {
    this.now = now;
    this.maxEvents = maxEvents;
  }

  get events(): readonly HistoryEvent[] {
    return this.recorded;
  }

  record(entry: HistoryEntry): void {
    if (this.recorded.length >= this.maxEvents) throw new Error(`The history holds ${this.maxEvents} events already.`);
    const event: HistoryEvent = { ...entry, at: this.now() };
    this.recorded.push(event);
    for (const listener of this.listeners) listener(event);
  }

  /** Hears of every further event; the answer stops it. */
  onEvent(listener: (event: HistoryEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /**
   * Resolves once `done` holds; asked again after events, once for all of one turn, so that it may look at everything. Rejects after
   * `timeoutMs` with what `describe` says is missing.
   */
  async until(done: () => boolean, timeoutMs: number, describe: () => string = () => ''): Promise<void> {
    if (done()) return;
    let due = false;
    await new Promise<void>((resolve, reject) => {
      const end = (settle: () => void): void => {
        clearTimeout(timer);
        stop();
        settle();
      };
      const look = (): void => {
        due = false;
        if (done()) end(resolve);
      };
      const stop = this.onEvent(() => {
        if (!due) setImmediate(look);
        due = true;
      });
      const timer = setTimeout(() => {
        const error = new Error(`The history did not get there within ${timeoutMs} ms. ${describe()}`.trim());
        end(() => reject(error));
      }, timeoutMs);
    });
  }
}
