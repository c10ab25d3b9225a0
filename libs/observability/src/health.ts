import { redactText } from './redaction.js';

export type HealthState = 'starting' | 'ready' | 'draining';

/** null: fine. A string: what is missing, for a person to read. */
export type HealthCheck = () => string | null | Promise<string | null>;

export interface Readiness {
  readonly ready: boolean;
  /** One line per missing thing: `<check>: <what>`, or the state when that alone makes it not ready. */
  readonly missing: readonly string[];
}

const CHECK_TIMEOUT_MS = 2_000;

/** Whether this process should live, and whether it should get traffic. */
export class Health {
  readonly #checks = new Map<string, HealthCheck>();
  /** A check that hangs is not started a second time: its answer is still awaited. */
  readonly #running = new Map<string, Promise<string | null>>();
  #state: HealthState = 'starting';

  constructor(private readonly checkTimeoutMs: number = CHECK_TIMEOUT_MS) {}

  get state(): HealthState {
    return this.#state;
  }

  register(name: string, check: HealthCheck): void {
    if (this.#checks.has(name)) throw new TypeError(`Health check '${name}' is registered twice.`);
    this.#checks.set(name, check);
  }

  markReady(): void {
    if (this.#state === 'starting') this.#state = 'ready';
  }

  markDraining(): void {
    this.#state = 'draining';
  }

  /** Alive as long as the event loop answers; a missing dependency is no reason to be restarted. */
  live(): boolean {
    return true;
  }

  async ready(): Promise<Readiness> {
    const answers = await Promise.all([...this.#checks].map(async ([name, check]) => this.#ask(name, check)));
    const missing = answers.filter((answer) => answer !== null);
    if (this.#state !== 'ready') missing.unshift(this.#state);
    return { ready: missing.length === 0, missing };
  }

  async #ask(name: string, check: HealthCheck): Promise<string | null> {
    try {
      const answer = await this.#bounded(this.#running.get(name) ?? this.#start(name, check));
      return answer === null ? null : redactText(`${name}: ${answer}`);
    } catch (error) {
      return redactText(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #start(name: string, check: HealthCheck): Promise<string | null> {
    const running = Promise.resolve()
      .then(check)
      .finally(() => this.#running.delete(name));
    this.#running.set(name, running);
    return running;
  }

  async #bounded(answer: Promise<string | null>): Promise<string | null> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<string>((resolve) => {
      timer = setTimeout(() => resolve(`no answer within ${this.checkTimeoutMs} ms`), this.checkTimeoutMs);
    });
    return Promise.race([answer, late]).finally(() => clearTimeout(timer));
  }
}
