export { ConsumerLag } from './consumer-lag.js';
export { systemClock, type Clock } from './clock.js';
export { Health, type HealthCheck, type HealthState, type Readiness } from './health.js';
export { createLogger, type Logger, type LoggerOptions } from './logger.js';
export {
  Metrics,
  type CounterOptions,
  type GaugeOptions,
  type HistogramOptions,
  type MetricName,
  type MetricsOptions,
  type QuickHistogramOptions,
} from './metrics.js';
export { type QuickHistogram } from './quick-histogram.js';
export { REDACTED, isSecretName, redactText, redactUrl } from './redaction.js';
export {
  activeTrace,
  continueTrace,
  endSpan,
  isRecorded,
  outside,
  startTrace,
  traceFieldsOf,
  traceOf,
  within,
  type Span,
  type SpanOptions,
  type TraceFields,
} from './tracing/spans.js';
export { startTracing, type RunningTracing } from './tracing/start-tracing.js';
export { type TracingOptions } from './tracing/tracing-options.js';
