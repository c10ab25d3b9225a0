import { describe, expect, it, vi } from 'vitest';
import { Health } from './health.js';

function readyHealth(timeoutMs?: number): Health {
  const health = new Health(timeoutMs);
  health.markReady();
  return health;
}

describe('Health', () => {
  it('goes from starting over ready to draining, and never back', async () => {
    const health = new Health();
    expect(await health.ready()).toEqual({ ready: false, missing: ['starting'] });
    health.markReady();
    expect(await health.ready()).toEqual({ ready: true, missing: [] });
    health.markDraining();
    health.markReady();
    expect(await health.ready()).toEqual({ ready: false, missing: ['draining'] });
    expect(health.live()).toBe(true);
  });

  it('names everything that is missing, also what throws', async () => {
    const health = readyHealth();
    health.register('bus', () => null);
    health.register('database', async () => Promise.resolve('not reachable'));
    health.register('redis', () => {
      throw new Error('connect redis://:hunter2@cache refused');
    });
    expect(await health.ready()).toEqual({
      ready: false,
      missing: ['database: not reachable', 'redis: connect redis://[redacted]@cache refused'],
    });
  });

  it('bounds a check that never answers and does not start it again meanwhile', async () => {
    const health = readyHealth(5);
    const check = vi.fn(() => new Promise<null>(() => undefined));
    health.register('stuck', check);
    const expected = { ready: false, missing: ['stuck: no answer within 5 ms'] };
    expect(await health.ready()).toEqual(expected);
    expect(await health.ready()).toEqual(expected);
    expect(check).toHaveBeenCalledTimes(1);
  });

  it('refuses a second check of one name', () => {
    const health = new Health();
    health.register('bus', () => null);
    expect(() => health.register('bus', () => null)).toThrow("'bus' is registered twice");
  });
});
