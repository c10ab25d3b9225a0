import { describe, expect, it } from 'vitest';
import { ByteBudget } from './byte-budget.js';

describe('ByteBudget', () => {
  it('gives what it has, and again what came back, once', () => {
    const budget = new ByteBudget(10);
    const release = budget.take(7);
    expect(() => budget.take(4)).toThrow(expect.objectContaining({ code: 'overloaded' }));
    budget.take(3);
    release();
    release();
    budget.take(7);
    expect(() => budget.take(1)).toThrow(expect.objectContaining({ details: { retryAfterMs: expect.any(Number) } }));
  });
});
