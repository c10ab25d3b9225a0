import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';

const timingSafeEqual = vi.hoisted(() => vi.fn());

vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof import('node:crypto')>();
  timingSafeEqual.mockImplementation(crypto.timingSafeEqual);
  return { ...crypto, timingSafeEqual };
});

// Specs share what they import: whoever came first has it with the real module.
vi.resetModules();
const { proofMatches, signInProof, userProof } = await import('./proof.js');

afterEach(() => timingSafeEqual.mockClear());

describe('the proof of a sign-in', () => {
  it('is the lower-case hex SHA-512 of the key, an underscore and the identifier', () => {
    const proof = signInProof('V_CHAT_SDK_V2_VERY_STRONG_KEY', 'ann@example.com');
    expect(proof).toMatch(/^[0-9a-f]{128}$/);
    expect(proof).not.toBe(signInProof('V_CHAT_SDK_V2_VERY_STRONG_KEY', 'bob@example.com'));
    expect(signInProof('abc', 'def')).toBe(
      '7987ceab6c0a999a3378bca2575a20a534950aaf3ef210f770ca283f08df61e0' +
        'f93e30dd439b00dac5d9b5b442f67ec8cd7bb16fe7d9985ade5c2611724900ee',
    );
  });
});

describe('the proof of a user', () => {
  it('is the base64url HMAC-SHA256 of the id', () => {
    const expected = createHmac('sha256', 'a key').update('ann').digest('base64url');
    expect(userProof('a key', 'ann')).toBe(expected);
    expect(userProof('a key', 'Ann')).not.toBe(expected);
    expect(userProof('another', 'ann')).not.toBe(expected);
  });
});

describe('a comparison of proofs', () => {
  it.each([
    ['the same', 'the same', true],
    ['the same', 'the samf', false],
    ['the same', '', false],
    ['the same', 'the same and more', false],
    ['', '', true],
  ])('of %j with %j is %s, and takes the same time whatever is given', (expected, given, same) => {
    expect(proofMatches(expected, given)).toBe(same);
    expect(timingSafeEqual).toHaveBeenCalledTimes(1);
  });
});
