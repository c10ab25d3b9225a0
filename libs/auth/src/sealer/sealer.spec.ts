import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sealer } from './sealer.js';

const OLD = 'an old secret of more than 32 characters';
const NEW = 'a new secret of more than 32 characters!';

describe('a sealer', () => {
  it('opens what it sealed, whatever the text and context', () => {
    const { seal, open } = sealer(NEW);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (text, context) => {
        expect(open(seal(text, context), context)).toBe(text);
      }),
    );
  });

  it('writes a URL-safe token that differs each time and shows nothing of the text', () => {
    const { seal } = sealer(NEW);
    const token = seal('session-4711');
    expect(token).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(seal('session-4711')).not.toBe(token);
    expect(Buffer.from(token, 'base64url').toString('latin1')).not.toContain('4711');
  });

  it('refuses a token with any single character changed, cut or added', () => {
    const { seal, open } = sealer(NEW);
    const token = seal('session-4711');
    for (let at = 0; at < token.length; at += 1) {
      const other = token[at] === 'A' ? 'B' : 'A';
      expect(open(token.slice(0, at) + other + token.slice(at + 1))).toBeNull();
      expect(open(token.slice(0, at))).toBeNull();
    }
    expect(open(`${token}A`)).toBeNull();
    expect(open(`${token}=`)).toBeNull();
  });

  it.each(['', 'x', '....', 'a b', '\u0000', 'A'.repeat(37), 'A'.repeat(1_000_000)])(
    'refuses foreign text',
    (token) => {
      expect(sealer(NEW).open(token)).toBeNull();
    },
  );

  it('still opens tokens of the previous secret after a rotation, and seals with the new one', () => {
    const before = sealer(OLD);
    const during = sealer(NEW, { previous: OLD });
    const after = sealer(NEW);
    expect(during.open(before.seal('kept'))).toBe('kept');
    expect(after.open(during.seal('fresh'))).toBe('fresh');
    expect(before.open(during.seal('fresh'))).toBeNull();
    expect(after.open(before.seal('kept'))).toBeNull();
  });

  it('keeps contexts and purposes apart', () => {
    const token = sealer(NEW).seal('key', 'tenant-a');
    expect(sealer(NEW).open(token, 'tenant-b')).toBeNull();
    expect(sealer(NEW).open(token)).toBeNull();
    expect(sealer(NEW, { purpose: 'other' }).open(token, 'tenant-a')).toBeNull();
  });

  it('takes no short secret', () => {
    expect(() => sealer('short')).toThrow('at least 32 characters');
    expect(() => sealer(NEW, { previous: 'short' })).toThrow('at least 32 characters');
  });
});
