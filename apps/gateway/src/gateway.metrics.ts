import type { Metrics } from '@parlance/observability';

/**
 * What is not handed on when it comes. `early`: too much was published while a user's bind was being answered; the heads find it.
 * `slow-room`: too many facts of the room wait for their delivery; it is pulled later. `signal`: another gateway's could not be read.
 * `delivery-note`: too many receipts wait; that one is not written.
 */
const DROPS = ['early', 'slow-room', 'signal', 'delivery-note'] as const;
export type DropReason = (typeof DROPS)[number];
const SKIPS = ['unreadable', 'render-failed', 'delivery-failed', 'pull-failed'] as const;
export type SkipReason = (typeof SKIPS)[number];
const CLOSES = ['unbound', 'slow', 'drain', 'flood', 'backlog', 'refused', 'revoked'] as const;
export type CloseReason = (typeof CLOSES)[number];
const RESUMES = ['resumed', 'gone', 'failed'] as const;
export type ResumeOutcome = (typeof RESUMES)[number];

const FRAME_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 3];
const DELIVERY_SECONDS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30];

export interface GatewayGauges {
  readonly connections: () => number;
  readonly subscriptions: () => number;
  /** of what this gateway admits at most, 0 to 1 */
  readonly filled: () => number;
  readonly rooms: () => number;
  readonly isWhole: () => boolean;
  readonly leaseMembers: () => number;
  readonly leaseAgeMs: () => number;
  readonly unconfirmed: () => number;
}

/** The gateway's figures, named for what somebody on call asks. */
export class GatewayMetrics {
  private readonly frames;
  private readonly errors;
  private readonly delivered;
  private readonly skips;
  private readonly pulls;
  private readonly closes;
  private readonly resumes;
  private readonly drops;
  private readonly gaps;
  private readonly frameSeconds;
  private readonly deliverySeconds;

  constructor(
    metrics: Metrics,
    gauges: GatewayGauges,
    private readonly now: () => number,
  ) {
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
      series: SKIPS.map((reason) => ({ reason })),
    });
    this.pulls = metrics.counter({
      name: 'gateway_pulled_facts_total',
      help: 'Facts read from the log because they were not heard.',
    });
    this.gaps = metrics.counter({
      name: 'gateway_pulls_total',
      help: 'Gaps for which the log was asked, by outcome.',
      labels: ['outcome'],
      series: [{ outcome: 'closed' }, { outcome: 'failed' }],
    });
    this.drops = metrics.counter({
      name: 'gateway_drops_total',
      help: 'What was not handed on when it came, by reason; facts among it are pulled later.',
      labels: ['reason'],
      series: DROPS.map((reason) => ({ reason })),
    });
    this.frameSeconds = metrics.quickHistogram({
      name: 'gateway_frame_seconds',
      help: 'Time from a frame to its answer.',
      buckets: FRAME_SECONDS,
    });
    this.deliverySeconds = metrics.quickHistogram({
      name: 'gateway_delivery_seconds',
      help: 'Age of a fact when it is written to the sockets, by the clocks of database and gateway.',
      buckets: DELIVERY_SECONDS,
    });
    this.closes = metrics.counter({
      name: 'gateway_closes_total',
      help: 'Connections closed by the gateway.',
      labels: ['reason'],
      series: CLOSES.map((reason) => ({ reason })),
    });
    this.resumes = metrics.counter({
      name: 'gateway_resumes_total',
      help: 'Sessions taken up again, by outcome.',
      labels: ['outcome'],
      series: RESUMES.map((outcome) => ({ outcome })),
    });
    register(metrics, gauges);
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

  /** A pull ended. */
  gapPulled(outcome: 'closed' | 'failed'): void {
    this.gaps.inc({ outcome });
  }

  dropped(reason: DropReason): void {
    this.drops.inc({ reason });
  }

  answered(ms: number): void {
    this.frameSeconds.record(ms / 1_000);
  }

  /** `atMs`: when the fact was committed, database time. */
  deliveredAt(atMs: number): void {
    this.deliverySeconds.record(Math.max(0, this.now() - atMs) / 1_000);
  }

  resumed(outcome: ResumeOutcome): void {
    this.resumes.inc({ outcome });
  }
}

function register(metrics: Metrics, gauges: GatewayGauges): void {
  metrics.gauge({ name: 'gateway_connections_count', help: 'Bound connections.', read: gauges.connections });
  metrics.gauge({ name: 'gateway_subscriptions_count', help: 'Bus subscriptions.', read: gauges.subscriptions });
  metrics.gauge({
    name: 'gateway_filled_ratio',
    help: 'Connections or subscriptions, whichever is nearer to its limit; at 1 nobody is admitted.',
    read: gauges.filled,
  });
  metrics.gauge({ name: 'gateway_rooms_count', help: 'Rooms whose order is kept.', read: gauges.rooms });
  metrics.gauge({
    name: 'gateway_whole_ratio',
    help: '1 when nothing is missing that was committed more than a moment ago, else 0.',
    read: () => (gauges.isWhole() ? 1 : 0),
  });
  metrics.gauge({
    name: 'gateway_lease_members_count',
    help: 'Connections in the presence lease of this gateway.',
    read: gauges.leaseMembers,
  });
  metrics.gauge({
    name: 'gateway_lease_age_seconds',
    help: 'Time since the presence service last knew the lease of this gateway.',
    read: () => gauges.leaseAgeMs() / 1_000,
  });
  metrics.gauge({
    name: 'gateway_unconfirmed_count',
    help: 'Connections that were written facts which their clients have not confirmed yet.',
    read: gauges.unconfirmed,
  });
}
