import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readStamp, stamped } from './stamp.js';

describe('stamp', () => {
  it('is read back from the bytes around it', () => {
    const stamps = fc.record({
      at: fc.integer({ min: 0, max: 9_000_000_000 }).map((us) => us / 1_000),
      pair: fc.nat(999_999),
      number: fc.nat(99_999_999),
    });
    fc.assert(
      fc.property(stamps, (stamp) => {
        const text = `42["message",{"text":"${stamped(stamp, 160)}"}]`;
        const bytes = Buffer.from(text);
        expect(readStamp(bytes, 0, bytes.length)).toEqual(stamp);
      }),
    );
  });

  it('makes texts of the length asked for', () => {
    expect(stamped({ at: 1, pair: 2, number: 3 }, 160)).toHaveLength(160);
  });

  it('does not read beyond the end of the frame', () => {
    const bytes = Buffer.from(`no stamp here|${stamped({ at: 1, pair: 2, number: 3 }, 40)}`);
    expect(readStamp(bytes, 0, 13)).toBeUndefined();
    expect(readStamp(bytes, 0, 30)).toBeUndefined();
  });
});
