import { hostname } from 'node:os';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { ExportResultCode, W3CTraceContextPropagator, type ExportResult } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type ReadableSpan,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';
import { redactText } from '../redaction.js';
import type { Logger } from '../logger.js';
import type { Tracing } from './spans.js';
import type { SpanCounter, TracingOptions } from './tracing-options.js';

/** Recorded spans that wait to be sent; more are dropped, and the counter shows it. */
const MAX_WAITING_SPANS = 2_048;
const MAX_SPANS_PER_SEND = 512;
const SEND_EVERY_MS = 1_000;
/** For one attempt to send and its repetitions. */
const SEND_MS = 5_000;
/** At the end all that waits is sent at once, beside what is under way. */
const MAX_SENDS_AT_ONCE = MAX_WAITING_SPANS / MAX_SPANS_PER_SEND + 2;

interface CollectorOptions extends TracingOptions {
  readonly url: string;
  readonly spans: SpanCounter;
}

interface Collector {
  readonly tracing: Tracing;
  shutdown(): Promise<void>;
}

/** The OpenTelemetry SDK as this process uses it. An edge decides what is recorded; whoever continues a trace does as it was decided. */
export function openCollector({ service, url, ratio, logger, spans }: CollectorOptions): Collector {
  const sender = new OTLPTraceExporter({ url, timeoutMillis: SEND_MS, concurrencyLimit: MAX_SENDS_AT_ONCE });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.namespace': 'parlance',
      'service.name': service,
      'service.instance.id': `${hostname()}.${process.pid}`,
    }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanProcessors: [
      countingProcessor(spans),
      new BatchSpanProcessor({
        exporter: new WatchedExporter(sender, spans, logger),
        maxQueueSize: MAX_WAITING_SPANS,
        maxExportBatchSize: MAX_SPANS_PER_SEND,
        scheduledDelayMillis: SEND_EVERY_MS,
        exportTimeoutMillis: SEND_MS,
      }),
    ],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(provider);
  const shutdown = async (): Promise<void> => {
    try {
      await provider.shutdown();
    } finally {
      trace.disable();
      context.disable();
    }
  };
  return { tracing: { tracer: provider.getTracer('parlance'), propagator: new W3CTraceContextPropagator() }, shutdown };
}

function countingProcessor(spans: SpanCounter): SpanProcessor {
  return {
    onStart: () => undefined,
    onEnd: () => spans.inc({ outcome: 'made' }),
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
}

/** Counts what is sent, and says once when the collector goes and once when it is back. */
class WatchedExporter implements SpanExporter {
  #away = false;

  constructor(
    private readonly sender: SpanExporter,
    private readonly spans: SpanCounter,
    private readonly logger: Logger,
  ) {}

  export(batch: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.sender.export(batch, (result) => {
      this.#note(batch.length, result);
      done(result);
    });
  }

  async forceFlush(): Promise<void> {
    await this.sender.forceFlush?.();
  }

  async shutdown(): Promise<void> {
    await this.sender.shutdown();
  }

  #note(count: number, { code, error }: ExportResult): void {
    const failed = code !== ExportResultCode.SUCCESS;
    this.spans.inc({ outcome: failed ? 'failed' : 'sent' }, count);
    if (failed === this.#away) return;
    this.#away = failed;
    if (!failed) this.logger.info({ code: 'traces-sent-again' }, 'the collector takes spans again');
    else {
      const reason = redactText(error?.message ?? 'no reason given');
      this.logger.warn({ code: 'traces-not-sent', reason }, 'the collector takes no spans; they are dropped meanwhile');
    }
  }
}
