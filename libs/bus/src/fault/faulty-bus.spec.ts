import { command, event } from '@parlance/contracts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { inProcessBus } from '../in-process.js';
import type { FaultOptions } from './fault-plan.js';
import { faultyBus } from './faulty-bus.js';

const numbered = event('test.numbered', z.object({ n: z.number() }));
const counted = command('test.counted', z.object({ n: z.number() }), z.object({ n: z.number() }));
const seed = Math.floor(Math.random() * 2 ** 31);
console.info(`fault bus seed ${seed}`);

interface Heard {
  readonly numbers: readonly number[];
  readonly report: ReturnType<ReturnType<typeof faultyBus>['report']>;
}

/** Publishes 0..count-1 through a faulty bus and tells what a listener heard after everything was let go. */
async function hear(count: number, options: Partial<FaultOptions>): Promise<Heard> {
  const inner = inProcessBus();
  const bus = faultyBus(inner, { seed, drop: 0, duplicate: 0, reorder: 0, delayMs: 0, ...options });
  const numbers: number[] = [];
  await bus.listen(numbered, 'test.a', ({ n }) => numbers.push(n));
  for (let n = 0; n < count; n += 1) bus.publish(numbered, 'test.a', { n });
  bus.stop();
  const report = bus.report();
  await bus.drain();
  return { numbers, report };
}

const sorted = (numbers: readonly number[]): readonly number[] => [...numbers].sort((a, b) => a - b);
const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, n) => n);

describe('faultyBus', () => {
  it('changes nothing when no fault is asked for', async () => {
    const { numbers, report } = await hear(500, {});
    expect(numbers).toEqual(upTo(500));
    expect(report).toMatchObject({ events: 500, dropped: 0, duplicated: 0, held: 0, faults: [] });
  });

  it('loses about the asked share of events, and reports which', async () => {
    const { numbers, report } = await hear(2000, { drop: 0.2 });
    expect(report.dropped).toBeGreaterThan(280);
    expect(report.dropped).toBeLessThan(520);
    const lost = new Set(report.faults.map((fault) => fault.event - 1));
    expect(numbers).toEqual(upTo(2000).filter((n) => !lost.has(n)));
  });

  it('doubles events without losing one', async () => {
    const { numbers, report } = await hear(1000, { duplicate: 0.3, delayMs: 50 });
    expect(numbers).toHaveLength(1000 + report.duplicated);
    expect(report.duplicated).toBeGreaterThan(200);
    expect(sorted([...new Set(numbers)])).toEqual(upTo(1000));
  });

  it('lets later events overtake held ones, and loses none', async () => {
    const { numbers, report } = await hear(500, { reorder: 0.2, delayMs: 100 });
    expect(report.held).toBeGreaterThan(50);
    expect(numbers).not.toEqual(upTo(500));
    expect(sorted(numbers)).toEqual(upTo(500));
  });

  it('releases a held event by itself within its delay', async () => {
    const inner = inProcessBus();
    const bus = faultyBus(inner, { seed, drop: 0, duplicate: 0, reorder: 1, delayMs: 20 });
    const heard = new Promise<number>((resolve) => {
      void bus.listen(numbered, 'test.a', ({ n }) => resolve(n));
    });
    bus.publish(numbered, 'test.a', { n: 7 });
    expect(await heard).toBe(7);
    await bus.drain();
  });

  it('does the same to the same events under the same seed, and something else under another', async () => {
    const mixed = { drop: 0.1, duplicate: 0.1, reorder: 0.1, delayMs: 100 };
    const [first, second, other] = [
      await hear(300, mixed),
      await hear(300, mixed),
      await hear(300, { ...mixed, seed: seed + 1 }),
    ];
    expect(second.report.faults).toEqual(first.report.faults);
    expect(other.report.faults).not.toEqual(first.report.faults);
  });

  it('spares addresses that are not asked for', async () => {
    const { numbers, report } = await hear(100, { drop: 1, only: (address) => address !== 'test.a' });
    expect(numbers).toEqual(upTo(100));
    expect(report.events).toBe(0);
  });

  it('holds a bounded number of events: the oldest go first', async () => {
    const inner = inProcessBus();
    const bus = faultyBus(inner, { seed, drop: 0, duplicate: 0, reorder: 1, delayMs: 1000 });
    const numbers: number[] = [];
    await bus.listen(numbered, 'test.a', ({ n }) => numbers.push(n));
    for (let n = 0; n < 1200; n += 1) bus.publish(numbered, 'test.a', { n });
    await new Promise((resolve) => setImmediate(resolve));
    expect(numbers.slice(0, 200)).toEqual(upTo(200));
    await bus.drain();
    expect(sorted(numbers)).toEqual(upTo(1200));
  });

  it('remembers the newest 10,000 faults, and counts them all', async () => {
    const { report } = await hear(10_500, { drop: 1 });
    expect(report).toMatchObject({ events: 10_500, dropped: 10_500 });
    expect(report.faults.map((fault) => fault.event)).toEqual(Array.from({ length: 10_000 }, (_, n) => n + 501));
  });

  it('delivers requests twice when asked to, and answers once', async () => {
    const bus = faultyBus(inProcessBus(), { seed, drop: 0, duplicate: 0, reorder: 0, delayMs: 0, doubleRequests: 1 });
    const seen: number[] = [];
    await bus.serve(counted, async ({ n }) => ({ n: seen.push(n) }));
    expect(await bus.request(counted, { n: 5 })).toEqual({ n: 1 });
    expect(seen).toEqual([5, 5]);
    expect(bus.report().doubledRequests).toBe(1);
    await bus.drain();
  });

  it('does not show a held event its publisher changed meanwhile', async () => {
    const bus = faultyBus(inProcessBus(), { seed, drop: 0, duplicate: 0, reorder: 1, delayMs: 1000 });
    const numbers: number[] = [];
    await bus.listen(numbered, 'test.a', ({ n }) => numbers.push(n));
    const payload = { n: 1 };
    bus.publish(numbered, 'test.a', payload);
    payload.n = 2;
    await bus.drain();
    expect(numbers).toEqual([1]);
  });

  it.each([{ drop: -0.1 }, { drop: 1.1 }, { drop: 0.6, reorder: 0.6 }, { delayMs: 1001 }, { drop: Number.NaN }])(
    'refuses %j',
    (wrong) => {
      const options = { seed, drop: 0, duplicate: 0, reorder: 0, delayMs: 0, ...wrong };
      expect(() => faultyBus(inProcessBus(), options)).toThrowError(/fault/i);
    },
  );
});
