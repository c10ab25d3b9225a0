import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutBatches as cut, requestLimits } from './batching.js';
import { MAX_BATCH_BYTES, MAX_BATCH_ITEMS } from './limits.js';

const limits = requestLimits(1024 * 1024);
const cutBatches = (items: readonly { readonly bytes: number }[]) => cut(items, limits);
const item = (bytes: number) => ({ bytes });

describe('cutBatches', () => {
  it('makes nothing of nothing', () => {
    expect(cutBatches([])).toEqual([]);
  });

  it('fills a batch to 256 items before it starts the next', () => {
    const sizes = cutBatches(Array.from({ length: 600 }, () => item(10))).map((batch) => batch.length);
    expect(sizes).toEqual([256, 256, 88]);
  });

  it('starts a new batch where 256 KB would be passed', () => {
    const half = item(MAX_BATCH_BYTES / 2);
    expect(cutBatches([half, half, half]).map((batch) => batch.length)).toEqual([2, 1]);
  });

  it('lets an item over the limit travel alone', () => {
    const sizes = cutBatches([item(1), item(MAX_BATCH_BYTES + 1), item(1)]).map((batch) => batch.length);
    expect(sizes).toEqual([1, 1, 1]);
  });

  it('stays below what one message of a small transport may have', () => {
    const small = requestLimits(64 * 1024);
    const batches = cut(
      Array.from({ length: 10 }, () => item(20_000)),
      small,
    );
    expect(batches.map((batch) => batch.length)).toEqual([3, 3, 3, 1]);
  });

  it('keeps every item, in order, within both limits', () => {
    const items = fc.array(fc.integer({ min: 1, max: Math.ceil(MAX_BATCH_BYTES * 1.2) }).map(item), { maxLength: 700 });
    fc.assert(
      fc.property(items, (all) => {
        const batches = cutBatches(all);
        expect(batches.flat()).toEqual(all);
        for (const batch of batches) {
          const bytes = batch.reduce((sum, one) => sum + one.bytes, 0);
          expect(batch.length).toBeLessThanOrEqual(MAX_BATCH_ITEMS);
          expect(batch.length === 1 || bytes <= MAX_BATCH_BYTES).toBe(true);
        }
      }),
    );
  });
});
