import { createServer, type IncomingMessage, type Server } from 'node:http';
import { json } from 'node:stream/consumers';
import { freePort } from '@parlance/persistence';
import { z } from 'zod';

const valueSchema = z.object({
  stringValue: z.string().optional(),
  intValue: z.coerce.string().optional(),
});
const attributesSchema = z.array(z.object({ key: z.string(), value: valueSchema })).default([]);
const spanSchema = z.looseObject({
  traceId: z.string().length(32),
  spanId: z.string().length(16),
  parentSpanId: z.string().optional(),
  name: z.string(),
  startTimeUnixNano: z.string(),
  endTimeUnixNano: z.string(),
  attributes: attributesSchema,
  links: z.array(z.looseObject({ traceId: z.string(), spanId: z.string() })).default([]),
});
/** The body of an OTLP/HTTP request with JSON, as far as tests look at it. */
const exportSchema = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: attributesSchema }),
      scopeSpans: z.array(z.object({ spans: z.array(spanSchema) })),
    }),
  ),
});

/** A span as it was sent; its service and instance are its resource's. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | null;
  readonly name: string;
  readonly service: string;
  readonly instance: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** spans it names beside its parent */
  readonly links: readonly string[];
  /** ns since the epoch */
  readonly startedAt: bigint;
  readonly endedAt: bigint;
}

const MAX_SPANS = 100_000;

/** A collector of traces of a test's own: takes OTLP over HTTP on a loopback port and keeps what it was sent. */
export class TraceReceiver {
  readonly #spans: ReceivedSpan[] = [];
  readonly #waiting = new Set<() => void>();
  /** what it answers with */
  status = 200;

  private constructor(
    private readonly server: Server,
    /** for PARLANCE_TRACE_URL */
    readonly url: string,
  ) {}

  static async start(): Promise<TraceReceiver> {
    const port = await freePort();
    const server = createServer((request, response) => {
      void receiver.#take(request).then((status) => response.writeHead(status).end('{}'));
    });
    const receiver = new TraceReceiver(server, `http://127.0.0.1:${port}/v1/traces`);
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return receiver;
  }

  get spans(): readonly ReceivedSpan[] {
    return this.#spans;
  }

  /** What `find` answers as soon as it answers anything; asked again whenever spans come. */
  async until<T>(find: (spans: readonly ReceivedSpan[]) => T | undefined): Promise<T> {
    for (;;) {
      const found = find(this.#spans);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  async #take(request: IncomingMessage): Promise<number> {
    const sent = await json(request);
    if (this.status !== 200) return this.status;
    this.#spans.push(...spansOf(exportSchema.parse(sent)));
    this.#spans.splice(0, this.#spans.length - MAX_SPANS);
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
    return 200;
  }
}

function spansOf({ resourceSpans }: z.output<typeof exportSchema>): readonly ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const of = textsOf(resource.attributes);
    const [service, instance] = [of['service.name'] ?? '', of['service.instance.id'] ?? ''];
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => ({ ...receivedOf(span), service, instance })));
  });
}

function receivedOf(span: z.output<typeof spanSchema>): Omit<ReceivedSpan, 'service' | 'instance'> {
  const { traceId, spanId, name, parentSpanId = '', attributes, links } = span;
  return {
    traceId,
    spanId,
    parentId: parentSpanId === '' ? null : parentSpanId,
    name,
    attributes: textsOf(attributes),
    links: links.map((link) => link.spanId),
    startedAt: BigInt(span.startTimeUnixNano),
    endedAt: BigInt(span.endTimeUnixNano),
  };
}

function textsOf(attributes: z.output<typeof attributesSchema>): Record<string, string> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue ?? '']));
}
