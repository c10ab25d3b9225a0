import type { Logger } from '../logger.js';
import { useTracing } from './spans.js';
import type { SpanCounter, TracingOptions } from './tracing-options.js';

export interface RunningTracing {
  /** Sends what waits, for at most 2 s, and ends. Never rejects. */
  close(): Promise<void>;
}

/** `made`: a recorded span has ended. What was neither sent nor failed waits, or was dropped because too much waited. */
const OUTCOMES = ['made', 'sent', 'failed'] as const;

const CLOSE_MS = 2_000;
const NOT_TRACING: RunningTracing = { close: () => Promise.resolve() };

/** Once per process. The packages that make spans are loaded only where spans are wanted. */
export async function startTracing(options: TracingOptions): Promise<RunningTracing> {
  const spans: SpanCounter = options.metrics.counter({
    name: 'tracing_spans_total',
    help: 'Spans by what became of them: made, sent to the collector, failed to be sent.',
    labels: ['outcome'],
    series: OUTCOMES.map((outcome) => ({ outcome })),
  });
  if (options.url === undefined) return NOT_TRACING;
  const { openCollector } = await import('./collector.js');
  const collector = openCollector({ ...options, url: options.url, spans });
  useTracing(collector.tracing);
  return {
    close: async () => {
      useTracing(null);
      await inTime(collector.shutdown(), options.logger);
    },
  };
}

async function inTime(work: Promise<void>, logger: Logger): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${CLOSE_MS} ms`)), CLOSE_MS);
  });
  try {
    await Promise.race([work, late]);
  } catch (err) {
    logger.warn({ code: 'traces-lost', err }, 'the last spans were not sent');
  } finally {
    clearTimeout(timer);
  }
}
