import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WakingLoop } from './waking-loop.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('WakingLoop', () => {
  const loopOf = (job: () => Promise<void>, failed: unknown[] = []) =>
    new WakingLoop(
      1_000,
      job,
      (error) => failed.push(error),
      () => Date.now(),
    );

  it('runs at once, then every so often, and sooner when woken', async () => {
    let runs = 0;
    const loop = loopOf(async () => void (runs += 1));
    loop.start();
    await vi.advanceTimersByTimeAsync(0);
    await vi.advanceTimersByTimeAsync(999);
    expect(runs).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(runs).toBe(2);
    loop.wakeIn(100);
    loop.wakeIn(500);
    await vi.advanceTimersByTimeAsync(100);
    expect(runs).toBe(3);
    await loop.stop();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(runs).toBe(3);
  });

  it('never runs twice at once: who wakes it meanwhile has it run again', async () => {
    let [runs, most, now] = [0, 0, 0];
    const loop = loopOf(async () => {
      now += 1;
      most = Math.max(most, now);
      runs += 1;
      await new Promise((resolve) => setTimeout(resolve, 300));
      now -= 1;
    });
    loop.start();
    await vi.advanceTimersByTimeAsync(100);
    loop.wakeIn(0);
    await vi.advanceTimersByTimeAsync(300);
    expect([runs, most]).toEqual([2, 1]);
    const stopped = loop.stop();
    await vi.advanceTimersByTimeAsync(300);
    await stopped;
    expect(now).toBe(0);
  });

  it('goes on after a failure', async () => {
    const failed: unknown[] = [];
    const loop = loopOf(() => Promise.reject(new Error('away')), failed);
    loop.start();
    await vi.advanceTimersByTimeAsync(2_100);
    expect(failed).toHaveLength(3);
    await loop.stop();
  });
});
