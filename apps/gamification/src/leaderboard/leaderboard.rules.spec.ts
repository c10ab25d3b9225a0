import { describe, expect, it } from 'vitest';
import { ranked, weekOf } from './leaderboard.rules.js';

describe('the week of a day', () => {
  it.each([
    ['2025-11-08', '2025-11-03'],
    ['2025-11-03', '2025-11-03'],
    ['2025-11-09', '2025-11-03'],
    ['2026-01-01', '2025-12-29'],
    ['2024-03-01', '2024-02-26'],
  ])('%s begins on %s, a monday', (day, monday) => {
    expect(weekOf(day)).toBe(monday);
  });
});

describe('ranks', () => {
  const totals = (...list: number[]) => list.map((total, index) => ({ userId: `u${index}`, total }));
  const ranks = (list: ReturnType<typeof totals>, above = 0, equal = 0) =>
    ranked(list, { above, equal }).map(({ rank }) => rank);

  it('are shared by equals, and the next one counts all before it', () => {
    expect(ranks(totals(9, 7, 7, 5, 5, 5, 1))).toEqual([1, 2, 2, 4, 4, 4, 7]);
  });

  it('go on over pages, also in the midst of equals', () => {
    expect(ranks(totals(7, 5, 5), 1, 1)).toEqual([2, 4, 4]);
    expect(ranks(totals(5, 1), 3, 0)).toEqual([4, 5]);
    expect(ranks([])).toEqual([]);
  });
});
