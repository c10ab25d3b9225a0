import type { Metrics } from '@parlance/observability';

export type SkipReason = 'unreadable' | 'render-failed' | 'delivery-failed' | 'pull-failed';
export type CloseReason = 'unbound' | 'slow' | 'drain' | 'flood' | 'backlog' | 'refused' | 'revoked';

/** The gateway's figures, named for what somebody on call asks. */
export class GatewayMetrics {
  private readonly frames;
  private readonly errors;
  private readonly delivered;
  private readonly skips;
  private readonly pulls;
  private readonly closes;
  private readonly resumes;

  constructor(metrics: Metrics, gauges: { readonly connections: () => number; readonly subscriptions: () => number }) {
    this.frames = metrics.counter({
      name: 'gateway_frames_total',
      help: 'Inbound frames by dialect.',
      labels: ['dialect'],
    });
    this.errors = metrics.counter({
      name: 'gateway_refusals_total',
      help: 'Frames answered with an error, by code.',
      labels: ['code'],
    });
    this.delivered = metrics.counter({ name: 'gateway_deliveries_total', help: 'Frames written to sockets.' });
    this.skips = metrics.counter({
      name: 'gateway_skipped_facts_total',
      help: 'Facts passed over, by reason.',
      labels: ['reason'],
    });
    this.pulls = metrics.counter({
      name: 'gateway_pulled_facts_total',
      help: 'Facts read from the log because they were not heard.',
    });
    this.closes = metrics.counter({
      name: 'gateway_closes_total',
      help: 'Connections closed by the gateway.',
      labels: ['reason'],
    });
    this.resumes = metrics.counter({
      name: 'gateway_resumes_total',
      help: 'Sessions taken up again, by outcome.',
      labels: ['outcome'],
    });
    metrics.gauge({ name: 'gateway_connections_count', help: 'Bound connections.', read: gauges.connections });
    metrics.gauge({ name: 'gateway_subscriptions_count', help: 'Bus subscriptions.', read: gauges.subscriptions });
  }

  frame(dialect: string): void {
    this.frames.inc({ dialect });
  }

  refused(code: string): void {
    this.errors.inc({ code });
  }

  wrote(frames: number): void {
    this.delivered.inc(frames);
  }

  skipped(reason: SkipReason): void {
    this.skips.inc({ reason });
  }

  pulled(facts: number): void {
    this.pulls.inc(facts);
  }

  closed(reason: CloseReason): void {
    this.closes.inc({ reason });
  }

  resumed(outcome: 'resumed' | 'gone' | 'failed'): void {
    this.resumes.inc({ outcome });
  }
}
