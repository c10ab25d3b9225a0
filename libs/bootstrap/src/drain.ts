import type { Logger } from '@parlance/observability';
import { bounded } from './bounded.js';

/**
 * `unready`: say so, so that no new traffic comes. `intake`: take no new work. `finish`: end what was begun. `close`: let go of
 * connections.
 */
export const DRAIN_PHASES = ['unready', 'intake', 'finish', 'close'] as const;

export type DrainPhase = (typeof DRAIN_PHASES)[number];

export type DrainHook = () => void | Promise<void>;

export interface DrainOptions {
  readonly logger: Logger;
  /** The longest time one hook may take, in ms; hooks of one phase share it, as they run at once. */
  readonly graceMs: number;
}

export interface DrainReport {
  /** `<phase>.<name>` of each hook that threw or was late. */
  readonly failed: readonly string[];
}

interface NamedHook {
  readonly name: string;
  readonly hook: DrainHook;
}

/** The order in which an app lets go. A failing hook is logged and stops nothing. */
export class Drain {
  readonly graceMs: number;
  readonly #logger: Logger;
  readonly #waiting = new Map<DrainPhase, NamedHook[]>(DRAIN_PHASES.map((phase) => [phase, []]));
  #run: Promise<DrainReport> | undefined;

  constructor({ logger, graceMs }: DrainOptions) {
    this.#logger = logger;
    this.graceMs = graceMs;
  }

  get started(): boolean {
    return this.#run !== undefined;
  }

  /** @throws TypeError when that phase has begun: the hook would never run. */
  add(phase: DrainPhase, name: string, hook: DrainHook): void {
    const hooks = this.#waiting.get(phase);
    if (hooks === undefined) throw new TypeError(`Drain phase '${phase}' has begun; '${name}' comes too late.`);
    hooks.push({ name, hook });
  }

  /** Runs once; later calls wait for the same run. */
  async run(reason: string): Promise<DrainReport> {
    this.#run ??= this.#runPhases(reason);
    return this.#run;
  }

  async #runPhases(reason: string): Promise<DrainReport> {
    this.#logger.info({ code: 'drain-started', reason }, 'draining');
    const failed: string[] = [];
    for (const phase of DRAIN_PHASES) failed.push(...(await this.#runPhase(phase)));
    this.#logger.info({ code: 'drain-ended', reason, failed }, 'drained');
    return { failed };
  }

  async #runPhase(phase: DrainPhase): Promise<readonly string[]> {
    const hooks = this.#waiting.get(phase) ?? [];
    this.#waiting.delete(phase);
    const failures = await Promise.all(hooks.map(async (named) => this.#runHook(phase, named)));
    return failures.flat();
  }

  async #runHook(phase: DrainPhase, { name, hook }: NamedHook): Promise<readonly string[]> {
    try {
      await bounded(`${phase}.${name}`, this.graceMs, hook);
      return [];
    } catch (error) {
      this.#logger.error({ code: 'drain-hook-failed', phase, hook: name, err: error }, 'a step of the shutdown failed');
      return [`${phase}.${name}`];
    }
  }
}
