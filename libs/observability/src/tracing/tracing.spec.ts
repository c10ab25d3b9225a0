import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { createLogger } from '../logger.js';
import { Metrics } from '../metrics.js';
import {
  activeTrace,
  continueTrace,
  endSpan,
  isRecorded,
  outside,
  startTrace,
  traceFieldsOf,
  traceOf,
  within,
} from './spans.js';
import { startTracing, type RunningTracing } from './start-tracing.js';

const PARENT = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
const UNRECORDED = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00`;

const sentSchema = z.object({
  resourceSpans: z.array(z.object({ scopeSpans: z.array(z.object({ spans: z.array(z.unknown()) })) })),
});

let tracing: RunningTracing | undefined;
let collector: Server | undefined;

afterEach(async () => {
  await tracing?.close();
  collector?.closeAllConnections();
  collector?.close();
  [tracing, collector] = [undefined, undefined];
});

/** Tracing to a collector that answers with a status, counts spans, and what is logged meanwhile. */
async function tracingTo(status: { code: number }, ratio = 1) {
  const lines: string[] = [];
  const told: string[] = [];
  const wakes = new Set<() => void>();
  let spans = 0;
  const logger = createLogger({ service: 'toy', level: 'info', destination: { write: (line) => note(line) } });
  const metrics = new Metrics();
  const note = (line: string): void => {
    lines.push(line);
    const { code } = z.object({ code: z.string().optional() }).parse(JSON.parse(line));
    if (code !== undefined) told.push(code);
    for (const wake of wakes) wake();
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { resourceSpans } = sentSchema.parse(JSON.parse(Buffer.concat(chunks).toString()));
      spans += resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)).length;
      response.writeHead(status.code).end('{}');
    });
  });
  collector = server;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  tracing = await startTracing({ service: 'toy', url: `http://127.0.0.1:${port}`, ratio, logger, metrics });
  const logged = async (code: string): Promise<void> => {
    while (!told.includes(code)) await new Promise<void>((resolve) => wakes.add(resolve));
  };
  const counted = async (outcome: string): Promise<number> => {
    const line = (await metrics.text()).split('\n').find((one) => one.includes(`outcome="${outcome}"`));
    return Number(line?.split(' ').at(-1));
  };
  return { logger, lines, told, logged, counted, received: () => spans };
}

describe('without a collector', () => {
  it('nothing is traced, and a line still names the trace that a caller brought', async () => {
    const logger = createLogger({ service: 'toy', level: 'info', destination: { write: () => undefined } });
    tracing = await startTracing({ service: 'toy', url: undefined, ratio: 1, logger, metrics: new Metrics() });
    expect([startTrace('toy.work'), continueTrace(PARENT, 'toy.work'), activeTrace()]).toEqual([
      undefined,
      undefined,
      null,
    ]);
    expect(within(undefined, () => outside(() => 7))).toBe(7);
    expect(isRecorded(PARENT)).toBe(false);
    expect(traceFieldsOf(PARENT)).toEqual({ traceId: 'a'.repeat(32) });
    expect(traceFieldsOf('nonsense')).toEqual({});
  });
});

describe('a trace', () => {
  it('goes on from a traceparent, and is in the lines of the work that belongs to it, also after an await', async () => {
    const { logger, lines } = await tracingTo({ code: 200 });
    const span = continueTrace(PARENT, 'toy.work');
    await within(span, async () => {
      await Promise.resolve();
      expect(activeTrace()).toBe(span === undefined ? null : traceOf(span));
      logger.info({ code: 'inside' }, 'inside');
      outside(() => logger.info({ code: 'outside' }, 'outside'));
    });
    endSpan(span);
    const [inside, after] = lines.map((line): unknown => JSON.parse(line));
    expect(inside).toMatchObject({ code: 'inside', traceId: 'a'.repeat(32), spanId: span?.spanContext().spanId });
    expect(after).not.toHaveProperty('traceId');
  });

  it('is not recorded where its edge decided so, and is no trace when what came is no traceparent', async () => {
    const { counted } = await tracingTo({ code: 200 });
    const span = continueTrace(UNRECORDED, 'toy.work');
    expect(span?.isRecording()).toBe(false);
    expect(span === undefined ? null : traceOf(span)).toMatch(new RegExp(`^00-${'a'.repeat(32)}-\\w{16}-00$`));
    endSpan(span);
    for (const wrong of [null, undefined, '', 'nonsense', `00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`]) {
      expect(continueTrace(wrong, 'toy.work')).toBeUndefined();
    }
    expect(await counted('made')).toBe(0);
  });

  it('is recorded as often as the ratio says', async () => {
    const { counted } = await tracingTo({ code: 200 }, 0);
    endSpan(startTrace('toy.work'));
    expect(await counted('made')).toBe(0);
  });
});

describe('spans', () => {
  it('are sent; if the collector refuses them the log says so once, and once when it takes them again', async () => {
    const status = { code: 400 };
    const { told, logged, counted, received } = await tracingTo(status);
    endSpan(startTrace('toy.lost'));
    await logged('traces-not-sent');
    endSpan(startTrace('toy.lost'));
    await vi.waitUntil(async () => (await counted('failed')) === 2, { timeout: 30_000 });
    status.code = 200;
    endSpan(startTrace('toy.found'));
    await logged('traces-sent-again');
    expect(told).toEqual(['traces-not-sent', 'traces-sent-again']);
    expect([await counted('made'), await counted('failed'), await counted('sent')]).toEqual([3, 2, 1]);
    expect(received()).toBe(3);
  });

  it('that wait are bounded: what is too much is dropped, and the counters show it', async () => {
    const { counted, received, told } = await tracingTo({ code: 200 });
    for (let made = 0; made < 20_000; made += 1) endSpan(startTrace('toy.work'));
    await tracing?.close();
    expect(told).toEqual([]);
    const [made, sent] = [await counted('made'), await counted('sent')];
    expect(made).toBe(20_000);
    expect(sent).toBe(received());
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(10_000);
  });
});
