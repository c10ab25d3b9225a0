import { describe, expect, it } from 'vitest';
import { frameAt, textFrame } from './light-frames.js';

/** Unmasked text frames by the examples of RFC 6455, section 5.7. */
const HEADS: readonly (readonly [length: number, head: string])[] = [
  [0, '8100'],
  [5, '8105'],
  [125, '817d'],
  [126, '817e007e'],
  [256, '817e0100'],
  [65_535, '817effff'],
  [65_536, '817f0000000000010000'],
];

describe('frameAt', () => {
  it('finds a frame of any size, and not before it is whole', () => {
    for (const [length, head] of HEADS) {
      const bytes = Buffer.concat([Buffer.from(head, 'hex'), Buffer.alloc(length, 'a')]);
      const start = bytes.length - length;
      expect(frameAt(bytes, 0, bytes.length)).toEqual({ opcode: 'text', start, end: bytes.length });
      for (const end of [0, 1, start - 1, bytes.length - 1]) expect(frameAt(bytes, 0, end)).toBeUndefined();
    }
  });

  it('finds the one that begins behind another, and tells what it is', () => {
    const bytes = Buffer.from('8102616189008802000000', 'hex');
    expect(frameAt(bytes, 4, bytes.length)).toMatchObject({ opcode: 'ping', start: 6, end: 6 });
    expect(frameAt(bytes, 6, bytes.length)).toMatchObject({ opcode: 'close', start: 8, end: 10 });
    expect(frameAt(Buffer.from('8200', 'hex'), 0, 2)).toMatchObject({ opcode: 'other' });
  });
});

describe('textFrame', () => {
  it('sets the mask bit, with a mask of zero', () => {
    const hex = (text: string): string => Buffer.from(textFrame(text), 'latin1').toString('hex');
    expect(hex('Hello')).toBe('81850000000048656c6c6f');
    expect(hex('b'.repeat(125)).slice(0, 12)).toBe('81fd00000000');
    expect(hex('b'.repeat(256)).slice(0, 16)).toBe('81fe010000000000');
    expect(hex('b'.repeat(65_535)).slice(0, 16)).toBe('81feffff00000000');
  });

  it('refuses what does not fit', () => {
    expect(() => textFrame('b'.repeat(65_536))).toThrow(RangeError);
  });
});
