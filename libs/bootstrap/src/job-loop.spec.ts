import { createLogger, Metrics, startTrace, startTracing, within, activeTrace } from '@parlance/observability';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { JobLoop } from './job-loop.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const EVERY_MS = 1_000;

describe('a job loop', () => {
  it('runs at once, then after each interval, and not after it was stopped', async () => {
    const job = vi.fn(async () => undefined);
    const loop = new JobLoop(EVERY_MS, job, vi.fn());
    loop.start();
    await vi.advanceTimersByTimeAsync(2 * EVERY_MS);
    expect(job).toHaveBeenCalledTimes(3);
    await loop.stop();
    loop.poke();
    await vi.advanceTimersByTimeAsync(2 * EVERY_MS);
    expect(job).toHaveBeenCalledTimes(3);
  });

  it('goes on after a failure, which it tells', async () => {
    const failures: unknown[] = [];
    const loop = new JobLoop(
      EVERY_MS,
      () => Promise.reject(new Error('no')),
      (error) => failures.push(error),
    );
    loop.start();
    await vi.advanceTimersByTimeAsync(EVERY_MS);
    expect(failures).toHaveLength(2);
    await loop.stop();
  });

  it('runs at once when it is poked, once more when it is poked in a run, and never two at a time', async () => {
    let [at, most, runs] = [0, 0, 0];
    const loop = new JobLoop(
      EVERY_MS,
      async () => {
        runs += 1;
        most = Math.max(most, (at += 1));
        await new Promise((resolve) => setTimeout(resolve, 10));
        at -= 1;
      },
      vi.fn(),
    );
    loop.start();
    loop.poke();
    loop.poke();
    await vi.advanceTimersByTimeAsync(50);
    expect([runs, most]).toEqual([2, 1]);
    loop.poke();
    await vi.advanceTimersByTimeAsync(20);
    expect(runs).toBe(3);
    await loop.stop();
  });
});

describe('a job loop that is poked within a trace', () => {
  it('belongs to no trace: else all it ever does would belong to that one', async () => {
    vi.useRealTimers();
    const logger = createLogger({ service: 'toy', level: 'silent' });
    // No span is recorded, so none has to be sent.
    const url = 'http://127.0.0.1:9/';
    const tracing = await startTracing({ service: 'toy', url, ratio: 0, logger, metrics: new Metrics() });
    const traces: (string | null)[] = [];
    const loop = new JobLoop(EVERY_MS, async () => void traces.push(activeTrace()), vi.fn());
    within(startTrace('toy.work'), () => {
      expect(activeTrace()).not.toBeNull();
      loop.poke();
    });
    await loop.stop();
    await tracing.close();
    expect(traces).toEqual([null]);
  });
});
