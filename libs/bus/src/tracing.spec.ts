import { command, query } from '@parlance/contracts';
import { createLogger, Metrics, startTrace, startTracing, within, type RunningTracing } from '@parlance/observability';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Bus } from './bus.js';
import { createInProcessHub } from './in-process.js';

const TRACE = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
const shape = z.object({ tenantId: z.string() });
const first = query('one.first', shape, z.object({ trace: z.string().nullable() }));
const second = command('two.second', shape, z.object({ trace: z.string().nullable() }));
const ofAcme = { tenantId: 'acme' };

let caller: Bus;
let service: Bus;
let lines: unknown[];
let tracing: RunningTracing | undefined;

beforeEach(() => {
  lines = [];
  const destination = { write: (line: string) => lines.push(JSON.parse(line)) };
  const log = createLogger({ service: 'toy', level: 'info', destination });
  const hub = createInProcessHub();
  [caller, service] = [hub.connect('caller', { log }), hub.connect('service', { log })];
});

afterEach(async () => {
  await Promise.all([caller.drain(), service.drain()]);
  await tracing?.close();
  tracing = undefined;
});

/** No span is recorded, so none has to be sent; the traces are there all the same. */
async function trace(): Promise<void> {
  const logger = createLogger({ service: 'toy', level: 'silent' });
  const url = 'http://127.0.0.1:9/';
  tracing = await startTracing({ service: 'toy', url, ratio: 0, logger, metrics: new Metrics() });
}

function traceIn(traceparent: string | null): string | undefined {
  return traceparent?.split('-')[1];
}

describe('a trace on the bus', () => {
  it('goes with what is asked within it, through the handler to what that asks, and with nothing else', async () => {
    await trace();
    await service.serve(first, async (input, context) => {
      const { trace: inner } = await service.request(second, input);
      expect(traceIn(inner)).toBe(traceIn(context.trace));
      return { trace: context.trace };
    });
    await caller.serve(second, async (_, context) => ({ trace: context.trace }));
    const span = startTrace('toy.work');
    const [inside, outside] = await Promise.all([
      within(span, () => caller.request(first, ofAcme)),
      caller.request(first, ofAcme),
    ]);
    expect(traceIn(inside.trace)).toBe(span?.spanContext().traceId);
    expect(inside.trace).not.toContain(span?.spanContext().spanId);
    expect(outside.trace).toBeNull();
  });

  it('is kept for each item of a batch', async () => {
    await trace();
    const batches: number[] = [];
    await service.serveBatch(second, async (items) => {
      batches.push(items.length);
      return items.map(({ context }) => ({ ok: true, value: { trace: context.trace } }));
    });
    const spans = Array.from({ length: 5 }, () => startTrace('toy.work'));
    const answers = await Promise.all(spans.map((span) => within(span, () => caller.request(second, ofAcme))));
    expect(batches).toEqual([5]);
    expect(answers.map((answer) => traceIn(answer.trace))).toEqual(spans.map((span) => span?.spanContext().traceId));
  });

  it('and the tenant stand in the line of a handler that fails, also where nothing is traced', async () => {
    await service.serve(first, () => Promise.reject(new Error('no luck')));
    await service.serveBatch(second, () => Promise.reject(new Error('no luck')));
    await expect(caller.request(first, ofAcme, { trace: TRACE })).rejects.toMatchObject({ code: 'internal' });
    await expect(caller.request(second, ofAcme)).rejects.toMatchObject({ code: 'internal' });
    const whose = { code: 'bus-handler-failed', tenantId: 'acme' };
    expect(lines).toMatchObject([
      { ...whose, subject: 'one.first', traceId: 'a'.repeat(32) },
      { code: 'bus-handler-failed', subject: 'two.second' },
    ]);
  });
});
