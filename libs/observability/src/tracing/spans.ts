import {
  context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Attributes,
  type Context,
  type Span,
  type TextMapPropagator,
  type Tracer,
} from '@opentelemetry/api';

export type { Span };

/** What a process that makes traces has; made by `startTracing`. */
export interface Tracing {
  readonly tracer: Tracer;
  readonly propagator: TextMapPropagator;
}

export interface SpanOptions {
  readonly kind?: 'internal' | 'server' | 'producer' | 'consumer';
  readonly attributes?: Attributes;
  /** traceparents of what else was done in the same step; at most 16 are kept */
  readonly links?: readonly string[];
}

export interface TraceFields {
  readonly traceId?: string;
  readonly spanId?: string;
}

const KINDS = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
} as const;
const MAX_LINKS = 16;
const NO_FIELDS: TraceFields = {};
/** W3C Trace Context, version 00. */
const TRACE_PARENT = /^00-([\da-f]{32})-[\da-f]{16}-([\da-f]{2})$/;

/** Null in a process that makes no traces: then all below costs one look at this. */
let active: Tracing | null = null;

/** For `startTracing` alone. Null: from now on nothing is traced. */
export function useTracing(tracing: Tracing | null): void {
  active = tracing;
}

/** The root of a new trace; the sampler decides here whether the trace is recorded. Undefined where nothing is traced. */
export function startTrace(name: string, options: SpanOptions = {}): Span | undefined {
  return active?.tracer.startSpan(name, spanOptions(options), ROOT_CONTEXT);
}

/** A step of a trace that came from elsewhere. Undefined where nothing is traced, or when `parent` is no traceparent. */
export function continueTrace(
  parent: string | null | undefined,
  name: string,
  options: SpanOptions = {},
): Span | undefined {
  const before = contextOf(parent);
  return before === null ? undefined : active?.tracer.startSpan(name, spanOptions(options), before);
}

/** Runs the work as part of a span: its log lines and its requests on the bus belong to it, also after an await. */
export function within<T>(span: Span | undefined, work: () => T): T {
  return span === undefined ? work() : context.with(trace.setSpan(ROOT_CONTEXT, span), work);
}

/** Runs the work as part of no trace: what serves many must not belong to the one that happened to start it. */
export function outside<T>(work: () => T): T {
  return active === null ? work() : context.with(ROOT_CONTEXT, work);
}

/** The W3C traceparent of a span, to be carried to where the trace goes on. */
export function traceOf(span: Span): string | null {
  const carrier: Record<string, string> = {};
  active?.propagator.inject(trace.setSpan(ROOT_CONTEXT, span), carrier, defaultTextMapSetter);
  return carrier['traceparent'] ?? null;
}

/** The traceparent of the work at hand; null when it belongs to no trace. */
export function activeTrace(): string | null {
  const span = active === null ? undefined : trace.getActiveSpan();
  return span === undefined ? null : traceOf(span);
}

/** Whether the trace behind a traceparent is recorded. */
export function isRecorded(parent: string | null | undefined): parent is string {
  if (active === null || parent === null || parent === undefined) return false;
  return (Number.parseInt(TRACE_PARENT.exec(parent)?.[2] ?? '0', 16) & TraceFlags.SAMPLED) !== 0;
}

/** The span is over; with an error when one is told. */
export function endSpan(span: Span | undefined, error?: unknown): void {
  if (span === undefined) return;
  if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: codeOf(error) });
  span.end();
}

/** For the log: the trace that the work at hand belongs to. */
export function activeTraceFields(): TraceFields {
  const span = active === null ? undefined : trace.getActiveSpan();
  if (span === undefined) return NO_FIELDS;
  const { traceId, spanId } = span.spanContext();
  return { traceId, spanId };
}

/** For the log: the trace that a traceparent names, also where nothing is traced. */
export function traceFieldsOf(parent: string | null | undefined): TraceFields {
  const traceId = parent === null || parent === undefined ? undefined : TRACE_PARENT.exec(parent)?.[1];
  return traceId === undefined ? NO_FIELDS : { traceId };
}

function contextOf(parent: string | null | undefined): Context | null {
  if (active === null || parent === null || parent === undefined) return null;
  const before = active.propagator.extract(ROOT_CONTEXT, { traceparent: parent }, defaultTextMapGetter);
  return before === ROOT_CONTEXT ? null : before;
}

function spanOptions({ kind = 'internal', attributes = {}, links = [] }: SpanOptions) {
  const linked = links.slice(0, MAX_LINKS).flatMap((link) => {
    const before = contextOf(link);
    const linkContext = before === null ? undefined : trace.getSpanContext(before);
    return linkContext === undefined ? [] : [{ context: linkContext }];
  });
  return { kind: KINDS[kind], attributes, links: linked };
}

/** Messages may hold what a client wrote: a code is enough. */
function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return error instanceof Error ? error.name : 'failed';
}
