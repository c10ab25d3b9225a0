import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Health, Metrics } from '@parlance/observability';
import type { Histogram } from 'prom-client';

type Next = () => void;

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * The first thing each HTTP request meets: health and metrics, which are answered in every state, and the gate that turns requests
 * away once a drain stops the intake and knows when those inside have ended.
 */
export class HttpEdge {
  #open = true;
  #inside = 0;
  #whenEmpty: (() => void)[] = [];
  readonly #seconds: Histogram<'status'>;

  constructor(
    private readonly health: Health,
    private readonly metrics: Metrics,
  ) {
    this.#seconds = metrics.histogram({
      name: 'http_request_seconds',
      help: 'Time of one HTTP request, those for health and metrics aside, by the first digit of its status.',
      labels: ['status'],
      buckets: SECONDS,
    });
    metrics.gauge({ name: 'http_requests_count', help: 'HTTP requests that are inside.', read: () => this.#inside });
  }

  readonly handle = async (request: IncomingMessage, response: ServerResponse, next: Next): Promise<void> => {
    const answer = this.#platformRoute(request);
    if (answer !== undefined) await answer(response);
    else if (this.#open) this.#admit(response, next);
    else turnAway(request, response);
  };

  closeIntake(): void {
    this.#open = false;
  }

  /** Resolves when no request is inside. */
  async whenEmpty(): Promise<void> {
    if (this.#inside === 0) return;
    await new Promise<void>((resolve) => this.#whenEmpty.push(resolve));
  }

  #platformRoute({ method, url }: IncomingMessage): ((response: ServerResponse) => Promise<void> | void) | undefined {
    if (!isRead(method)) return undefined;
    switch (url?.split('?', 1)[0]) {
      case '/health/live':
        return (response) => sendJson(response, 200, { live: this.health.live() });
      case '/health/ready':
        return async (response) => this.#sendReadiness(response);
      case '/metrics':
        return async (response) => this.#sendMetrics(response);
      default:
        return undefined;
    }
  }

  #admit(response: ServerResponse, next: Next): void {
    const startedAt = performance.now();
    this.#inside += 1;
    response.once('close', () => {
      this.#leave();
      const status = `${Math.floor(response.statusCode / 100)}xx`;
      this.#seconds.observe({ status }, (performance.now() - startedAt) / 1_000);
    });
    next();
  }

  #leave(): void {
    this.#inside -= 1;
    if (this.#inside > 0) return;
    for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }

  async #sendReadiness(response: ServerResponse): Promise<void> {
    const readiness = await this.health.ready();
    sendJson(response, readiness.ready ? 200 : 503, readiness);
  }

  async #sendMetrics(response: ServerResponse): Promise<void> {
    const text = await this.metrics.text();
    response.writeHead(200, { 'content-type': this.metrics.contentType }).end(text);
  }
}

/** A writer's connection is cut: some vendors' clients keep what they send for another try only when there was no answer at all. */
function turnAway({ method }: IncomingMessage, response: ServerResponse): void {
  if (!isRead(method)) return void response.destroy();
  response.setHeader('connection', 'close');
  response.setHeader('retry-after', '1');
  sendJson(response, 503, { error: { code: 'unavailable', message: 'This server is shutting down. Try again.' } });
}

function isRead(method: string | undefined): boolean {
  return method === 'GET' || method === 'HEAD';
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response
    .writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' })
    .end(JSON.stringify(body));
}
