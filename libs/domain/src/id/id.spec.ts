import { describe, expect, it } from 'vitest';
import { decodeToken, encodeToken, idSchema, objectIdMaker } from './id.js';

describe('ids', () => {
  it('makes 24-hex ids that never repeat within a second, also past the counter overflow', () => {
    const bytes = [Uint8Array.of(1, 2, 3, 4, 5), Uint8Array.of(0xff, 0xff, 0xfe)];
    const next = objectIdMaker({ now: () => 1_700_000_000_000, randomBytes: () => bytes.shift() ?? new Uint8Array(3) });
    const made = Array.from({ length: 1_000 }, next);
    expect(new Set(made).size).toBe(1_000);
    expect(made[0]).toBe('6553f1000102030405ffffff');
    expect(made[1]).toBe('6553f1000102030405000000');
  });

  it.each(['ann@x.io', '*', '>', 'a b', 'ünï', 'room.1'])('encodes %s into one subject token and back', (id) => {
    expect(encodeToken(id)).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(decodeToken(encodeToken(id))).toBe(id);
  });

  it('takes ids of 1 to 128 bytes and no control characters', () => {
    expect(idSchema.safeParse('x'.repeat(128)).success).toBe(true);
    for (const bad of ['', 'x'.repeat(129), 'é'.repeat(65), 'a\nb', 'a\u0000']) {
      expect(idSchema.safeParse(bad).success).toBe(false);
    }
  });
});
