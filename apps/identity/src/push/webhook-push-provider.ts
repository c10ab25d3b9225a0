import { ParlanceError, toParlanceError } from '@parlance/domain';
import type { Clock, Logger } from '@parlance/observability';
import type { Push, PushDevice, PushProvider } from './push-provider.js';
import { WebhookClient, type WebhookTarget } from './webhook-request.js';

export interface WebhookOptions {
  readonly target: WebhookTarget;
  /** pauses before each repetition, in ms: as many repetitions */
  readonly pausesMs: readonly number[];
  /** bytes of bodies that wait or are under way */
  readonly queueBytes: number;
}

export type PushOutcome = 'delivered' | 'given-up';

export interface WebhookPorts {
  readonly logger: Logger;
  readonly now: Clock;
  readonly newId: () => string;
  /** settles after so many ms */
  readonly pause: (ms: number) => Promise<void>;
  /** a post is over */
  readonly ended?: (outcome: PushOutcome) => void;
}

interface Job {
  readonly id: string;
  readonly tenantId: string;
  readonly body: string;
}

/** A device's token may have 4 KB. */
const DEVICES_PER_CALL = 100;
const RETRY_AFTER_MS = 1_000;
const TOO_MANY_REQUESTS = 429;

/**
 * Posts each push as JSON `{id, tenantId, at, devices, payload}` to one URL, signed. Repeats after a lost connection, a timeout, 429
 * and 5xx, a few times; then it is given up and logged.
 */
export class WebhookPushProvider implements PushProvider {
  readonly #client: WebhookClient;
  readonly #queue: Job[] = [];
  #bytes = 0;
  #running = 0;
  #closed = false;
  #idle: () => void = () => undefined;

  constructor(
    private readonly options: WebhookOptions,
    private readonly ports: WebhookPorts,
  ) {
    this.#client = new WebhookClient(options.target);
  }

  /** Posts that wait or are under way. */
  get size(): number {
    return this.#queue.length + this.#running;
  }

  accept(push: Push): void {
    const jobs = this.#jobsOf(push);
    const bytes = jobs.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0);
    if (this.#closed || this.#bytes + bytes > this.options.queueBytes)
      throw new ParlanceError('overloaded', 'Too many pushes wait for delivery.', { retryAfterMs: RETRY_AFTER_MS });
    this.#bytes += bytes;
    this.#queue.push(...jobs);
    this.#fill();
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#running > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
    this.#client.close();
  }

  #jobsOf({ tenantId, devices, payload }: Push): readonly Job[] {
    const at = new Date(this.ports.now()).toISOString();
    return pagesOf(devices).map((page) => {
      const id = this.ports.newId();
      return { id, tenantId, body: JSON.stringify({ id, tenantId, at, devices: page, payload }) };
    });
  }

  #fill(): void {
    while (this.#running < this.options.target.concurrency) {
      const job = this.#queue.shift();
      if (job === undefined) break;
      this.#running += 1;
      void this.#deliver(job)
        .then(this.ports.ended)
        .finally(() => this.#done(job));
    }
    if (this.#running === 0) this.#idle();
  }

  #done({ body }: Job): void {
    this.#running -= 1;
    this.#bytes -= Buffer.byteLength(body);
    this.#fill();
  }

  async #deliver(job: Job): Promise<PushOutcome> {
    const { logger, pause } = this.ports;
    for (const wait of [0, ...this.options.pausesMs]) {
      if (wait > 0) await pause(wait);
      const outcome = await this.#attempt(job);
      if (outcome === 'delivered') return 'delivered';
      const { id, tenantId } = job;
      logger.warn({ code: 'push-failed', pushId: id, tenantId, ...outcome.log }, 'a push was not taken by the webhook');
      if (!outcome.again) return 'given-up';
    }
    logger.error({ code: 'push-given-up', pushId: job.id, tenantId: job.tenantId }, 'a push was given up');
    return 'given-up';
  }

  async #attempt({ id, body }: Job): Promise<'delivered' | { readonly again: boolean; readonly log: object }> {
    const timestamp = Math.floor(this.ports.now() / 1000);
    try {
      const status = await this.#client.post({ id, body, timestamp });
      if (status >= 200 && status < 300) return 'delivered';
      return { again: status >= 500 || status === TOO_MANY_REQUESTS, log: { status } };
    } catch (err) {
      // An address that is refused stays refused; anything else may be the network's mood.
      return { again: toParlanceError(err).code !== 'permission-denied', log: { err } };
    }
  }
}

function pagesOf(devices: readonly PushDevice[]): readonly (readonly PushDevice[])[] {
  const pages: (readonly PushDevice[])[] = [];
  for (let start = 0; start < devices.length; start += DEVICES_PER_CALL)
    pages.push(devices.slice(start, start + DEVICES_PER_CALL));
  return pages;
}
