import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { cursorField, decodeCursor, encodeCursor } from './cursor.js';

const place = z.tuple([z.literal('list'), z.string()]);

describe('a cursor', () => {
  it('comes back as it went, whatever is in it, and fits its field and a URL', () => {
    const cursor = encodeCursor(['list', 'ä/?&=❤️']);
    expect(decodeCursor(place, cursor)).toEqual(['list', 'ä/?&=❤️']);
    expect(cursor).toMatch(/^[\w-]+$/);
    expect(cursorField.safeParse(encodeCursor(['list', '❤'.repeat(42)])).success).toBe(true);
  });

  it.each([['nonsense'], [''], [encodeCursor(['other', 'x'])], [encodeCursor({})], ['%%%']])(
    'is refused as %j',
    (text) => {
      expect(() => decodeCursor(place, text)).toThrow(expect.objectContaining({ code: 'invalid' }));
    },
  );
});
