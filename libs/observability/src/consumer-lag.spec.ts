import { describe, expect, it } from 'vitest';
import { ConsumerLag } from './consumer-lag.js';

describe('the lag of a consumer', () => {
  it('is what waits, and grows while nothing can be read', () => {
    let now = 1_000;
    const lag = new ConsumerLag(() => now);
    lag.read(500);
    expect([lag.seconds, lag.readers]).toEqual([0.5, 1]);
    now += 60_000;
    expect(lag.seconds).toBe(60.5);
    lag.read(0);
    expect(lag.seconds).toBe(0);
  });

  it('is nothing where another replica reads', () => {
    const lag = new ConsumerLag(() => 0);
    expect([lag.seconds, lag.readers]).toEqual([0, 0]);
    lag.read(9_000);
    lag.rest();
    expect([lag.seconds, lag.readers]).toEqual([0, 0]);
  });
});
