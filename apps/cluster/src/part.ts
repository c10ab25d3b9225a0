import { setTimeout as delay } from 'node:timers/promises';
import type { Clock, Logger } from '@parlance/observability';
import type { RestartBudget } from './restart-budget.js';

export interface Ending {
  /** Completes "<part> ...", such as "was killed by SIGKILL". */
  readonly how: string;
  /** Starting it again would end the same way, as with a bad setting. */
  readonly final: boolean;
}

/** A process that was started, ready or not yet. */
export interface Launched {
  readonly pid: number;
  /** Rejects when it ends first. */
  readonly ready: Promise<void>;
  readonly exited: Promise<Ending>;
  stop(): Promise<void>;
}

export interface PartOptions {
  readonly name: string;
  readonly launch: () => Promise<Launched>;
  readonly budget: RestartBudget;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called when `pid` has changed. */
  readonly onChange: () => void;
  /** Called when it ended and will not be started again. */
  readonly onLost: (reason: string, ending: Ending) => void;
}

/** One process of the cluster, started again when it ends by itself. */
export class Part {
  readonly #options: PartOptions;
  readonly #ending = new AbortController();
  #launching: Promise<Launched> | undefined;
  #running: Launched | undefined;
  #wasReady = false;

  constructor(options: PartOptions) {
    this.#options = options;
  }

  get pid(): number | null {
    return this.#running?.pid ?? null;
  }

  /** Resolves when it is ready. A first start that fails is not repeated: it rejects with the reason. */
  async start(): Promise<void> {
    const launched = await this.#launch();
    await launched.ready;
    this.#wasReady = true;
    // It may have ended between these two lines, unseen by `#onExit`.
    if (this.#running === undefined) void this.#revive({ how: 'ended when it had just started', final: false });
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    const running = await this.#launching?.catch(() => undefined); // Whoever launched it has got the reason.
    await running?.stop();
  }

  async #launch(): Promise<Launched> {
    this.#ending.signal.throwIfAborted();
    this.#launching = this.#options.launch();
    const launched = await this.#launching;
    this.#running = launched;
    void launched.exited.then((ending) => this.#onExit(ending));
    this.#options.onChange();
    return launched;
  }

  #onExit(ending: Ending): void {
    this.#running = undefined;
    this.#options.onChange();
    if (this.#wasReady) void this.#revive(ending);
  }

  /** Ends by the budget at the latest. */
  async #revive(first: Ending): Promise<void> {
    const { name, budget, clock, logger, onLost } = this.#options;
    for (let ending = first; !this.#ending.signal.aborted;) {
      const waitMs = ending.final ? undefined : budget.next(clock());
      if (waitMs === undefined) {
        onLost(`${name} ${ending.how}${ending.final ? '' : ', too often to start it again'}`, ending);
        return;
      }
      logger.warn({ code: 'part-ended', part: name, how: ending.how, waitMs }, 'a process ended and is started again');
      const failure = await this.#tryAgain(waitMs);
      if (failure === undefined) return;
      ending = failure;
    }
  }

  async #tryAgain(waitMs: number): Promise<Ending | undefined> {
    try {
      await delay(waitMs, undefined, { signal: this.#ending.signal });
      const { ready } = await this.#launch();
      // Its end, if that comes first, is seen by `#onExit`.
      ready.catch((error: unknown) =>
        this.#options.logger.debug({ code: 'part-not-ready', err: error }, 'ended early'),
      );
      return undefined;
    } catch (error) {
      return { how: `did not start (${error instanceof Error ? error.message : String(error)})`, final: false };
    }
  }
}
