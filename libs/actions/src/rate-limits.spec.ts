import { describe, expect, it } from 'vitest';
import { RateLimits } from './rate-limits.js';

const limits = (): RateLimits =>
  new RateLimits({
    messagesPerSecond: 5,
    messageBurst: 20,
    typingIntervalMs: 3_000,
    eventsPerSecond: 20,
    signalsPerSecond: 50,
    connectsPerMinute: 3,
  });

async function admitted(count: number, admit: () => Promise<void>): Promise<number> {
  const results = await Promise.allSettled(Array.from({ length: count }, admit));
  return results.filter((result) => result.status === 'fulfilled').length;
}

describe('RateLimits', () => {
  it('lets a user burst and then refuses with the time to wait', async () => {
    const rates = limits();
    expect(await admitted(40, () => rates.admit('message', 'ann'))).toBe(25);
    await expect(rates.admit('message', 'ann')).rejects.toMatchObject({
      code: 'rate-limited',
      details: { retryAfterMs: expect.any(Number) },
    });
  });

  it('counts users and classes apart', async () => {
    const rates = limits();
    await admitted(40, () => rates.admit('message', 'ann'));
    expect(await admitted(5, () => rates.admit('message', 'bob'))).toBe(5);
    expect(await admitted(30, () => rates.admit('other', 'ann'))).toBe(20);
    expect(await admitted(15, () => rates.admit('typing', 'ann'))).toBe(10);
  });

  it('limits the connection attempts of an address', async () => {
    const rates = limits();
    expect(await admitted(5, () => rates.admitConnect('127.0.0.1'))).toBe(3);
    await expect(rates.admitConnect('127.0.0.2')).resolves.toBeUndefined();
  });
});
