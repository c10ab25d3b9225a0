import { DROP_REASONS, type BusLoad, type BusMetrics } from '@parlance/bus';
import type { Metrics } from '@parlance/observability';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const ITEMS = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/** The figures of a process's connection to the bus. What is counted for each wire request is not counted for each of its items. */
export function busMetrics(metrics: Metrics): BusMetrics {
  const drops = metrics.counter({
    name: 'bus_drops_total',
    help: 'Messages not handed on, by reason.',
    labels: ['reason'],
    series: DROP_REASONS.map((reason) => ({ reason })),
  });
  const errors = metrics.counter({
    name: 'bus_request_errors_total',
    help: 'Own requests that failed, by subject and code.',
    labels: ['subject', 'code'],
  });
  const listenerErrors = metrics.counter({
    name: 'bus_listener_errors_total',
    help: 'Events whose listener failed.',
    labels: ['event'],
  });
  const served = metrics.counter({
    name: 'bus_served_requests_total',
    help: 'Requests of others that arrived, by subject.',
    labels: ['subject'],
  });
  const batches = metrics.histogram({
    name: 'bus_batch_items',
    help: 'Own requests that left together, by the service asked.',
    labels: ['to'],
    buckets: ITEMS,
  });
  const answers = metrics.histogram({
    name: 'bus_answer_seconds',
    help: 'Time until all requests that left together were answered, by the service asked.',
    labels: ['to'],
    buckets: SECONDS,
  });
  return {
    onOpen: (load) => loadGauges(metrics, load),
    onDrop: (reason) => drops.inc({ reason }),
    onBatch: (subject, items) => batches.observe({ to: serviceOf(subject) }, items),
    onAnswered: (subject, ms) => answers.observe({ to: serviceOf(subject) }, ms / 1_000),
    onServed: (subject, items) => served.inc({ subject }, items),
    onListenerError: (event) => listenerErrors.inc({ event }),
    onRequestError: (subject, code) => errors.inc({ subject, code }),
  };
}

function loadGauges(metrics: Metrics, load: () => BusLoad): void {
  metrics.gauge({
    name: 'bus_pending_requests_count',
    help: 'Own requests that have no answer yet.',
    read: () => load().pending,
  });
  metrics.gauge({
    name: 'bus_taken_requests_count',
    help: 'Requests of others that are not answered yet.',
    read: () => load().inFlight,
  });
}

/** A subject begins with the service that owns it. */
function serviceOf(subject: string): string {
  const end = subject.indexOf('.');
  return end < 0 ? subject : subject.slice(0, end);
}
