import { describe, expect, it } from 'vitest';
import { RestartBudget } from './restart-budget.js';

describe('RestartBudget', () => {
  it('waits twice as long with each restart, 5 s at most, and refuses more than it may within a minute', () => {
    const budget = new RestartBudget(8);
    const waits = Array.from({ length: 9 }, (_, second) => budget.next(second * 1_000));
    expect(waits).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, undefined]);
  });

  it('forgets what is a minute old', () => {
    const budget = new RestartBudget(1);
    expect(budget.next(0)).toBe(100);
    expect(budget.next(59_999)).toBeUndefined();
    expect(budget.next(60_000)).toBe(100);
  });
});
