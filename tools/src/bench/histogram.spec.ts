import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Histogram, median } from './histogram.js';

describe('Histogram', () => {
  it('answers quantiles within one percent of the exact ones', () => {
    const durations = fc.array(fc.double({ min: 0.001, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 500 });
    fc.assert(
      fc.property(durations, fc.constantFrom(0.5, 0.9, 0.99, 1), (values, q) => {
        const histogram = new Histogram();
        for (const value of values) histogram.add(value);
        const sorted = [...values].sort((a, b) => a - b);
        const exact = sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? 0;
        expect(histogram.quantile(q) / exact).toBeGreaterThan(0.989);
        expect(histogram.quantile(q) / exact).toBeLessThan(1.011);
      }),
    );
  });

  it('keeps what lies outside its range at its ends', () => {
    const histogram = new Histogram();
    histogram.add(-5);
    histogram.add(1e12);
    expect(histogram.count).toBe(2);
    expect(histogram.quantile(0.5)).toBeLessThan(0.002);
    expect(histogram.quantile(1)).toBeGreaterThan(20_000_000);
  });

  it('knows nothing when empty and after a reset', () => {
    const histogram = new Histogram();
    expect(histogram.quantile(0.5)).toBeNaN();
    histogram.add(1);
    histogram.reset();
    expect(histogram.quantile(0.5)).toBeNaN();
  });
});

describe('median', () => {
  it('is the middle, or the mean of the two in the middle', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([7])).toBe(7);
    expect(median([])).toBeNaN();
  });
});
