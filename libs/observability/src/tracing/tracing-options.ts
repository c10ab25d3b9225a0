import type { Counter } from 'prom-client';
import type { Logger } from '../logger.js';
import type { Metrics } from '../metrics.js';

export interface TracingOptions {
  /** The app's name: `service.name` of its spans. */
  readonly service: string;
  /** Where spans go, by OTLP over HTTP; undefined: nothing is traced. */
  readonly url: string | undefined;
  /** Share of the traces that begin here which are recorded, 0 to 1. */
  readonly ratio: number;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** By what became of them. */
export type SpanCounter = Counter<'outcome'>;
