import { userSchema, type User } from '@parlance/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changesOf, checkUser, draftUser, isStorable, ownNumber } from './user-rules.js';

const user: User = {
  ...draftUser('ann', { metadata: { b: [1, { c: null }], a: 'x' }, photo: 'a.png' }),
  number: 1e12,
  lastSeenAt: null,
  createdAt: '2026-01-01T00:00:00.000Z',
};
/** Texts of what is hard to store, and of what only looks like it. */
const oddText = fc
  .array(fc.constantFrom('a', '"', '\\', 'u0000', 'ud83d', '\u0000', '\ud83d', '\ude42', '🙂', 'é'), { maxLength: 8 })
  .map((parts) => parts.join(''));
const bounds = { keys: 3, bytes: 32, depth: 4 };

describe('the number that an id is', () => {
  it('is found for every safe whole number in its usual spelling', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (number) => {
        expect(ownNumber(String(number))).toBe(number);
      }),
    );
  });

  it('has one id: what is read as a number is written as that id', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123456789.+-e '.split('')) }), (id) => {
        const number = ownNumber(id);
        expect(number === null || String(number) === id).toBe(true);
      }),
    );
  });
});

describe('what changes a user', () => {
  it('is nothing when the fields say what is so, in whatever order of keys', () => {
    expect(changesOf(user, {})).toBeNull();
    const { name, username, identifier, photo, isBot, verified, timeZone } = user;
    const same = { name, username, identifier, photo, isBot, verified, timeZone };
    expect(changesOf(user, { ...same, metadata: { a: 'x', b: [1, { c: null }] } })).toBeNull();
  });

  it('is what differs and nothing else', () => {
    expect(changesOf(user, { name: 'ann', photo: null, isBot: undefined })).toEqual({ photo: null });
    expect(changesOf(user, { metadata: { a: 'x', b: [1, {}] } })).toEqual({ metadata: { a: 'x', b: [1, {}] } });
  });
});

describe('a new user', () => {
  it('is valid whatever fields are given', () => {
    expect(userSchema.safeParse(user).success).toBe(true);
    expect(draftUser('a1', {}, 'ann')).toMatchObject({ id: 'a1', username: 'ann', name: 'ann', identifier: 'a1' });
    expect(draftUser('a1', { name: 'Ann' }, 'ann')).toMatchObject({ name: 'Ann' });
  });
});

describe('a text', () => {
  it('is storable unless it has a NUL or half a surrogate pair', () => {
    fc.assert(
      fc.property(oddText, (text) => {
        const survives = Buffer.from(text, 'utf8').toString('utf8') === text;
        expect(isStorable(text)).toBe(survives && !text.includes('\u0000'));
      }),
    );
    expect([isStorable('🙂'), isStorable('\ud83d'), isStorable('\ude42\ud83d'), isStorable('a\u0000')]).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});

describe('metadata', () => {
  const check = (metadata: Record<string, unknown>) => () => checkUser({ id: 'ann' }, { metadata }, bounds);

  it('is refused exactly when a text in it cannot be stored', () => {
    const roomy = { keys: 100, bytes: 100_000, depth: 16 };
    const json = fc.dictionary(oddText, fc.array(oddText), { maxKeys: 5 });
    fc.assert(
      fc.property(json, (metadata) => {
        const storable = Object.entries(metadata).every(([key, texts]) => [key, ...texts].every(isStorable));
        let accepted = true;
        try {
          checkUser({ id: 'ann' }, { metadata }, roomy);
        } catch {
          accepted = false;
        }
        const reserved = Object.keys(metadata).some((key) =>
          ['constructor', 'prototype', '__proto__', 'toString'].includes(key),
        );
        expect(accepted).toBe(storable && !reserved);
      }),
    );
  });

  it('is held to its bounds', () => {
    expect(check({ a: 1, b: 2, c: 3 })).not.toThrow();
    expect(check({ a: 1, b: 2, c: 3, d: 4 })).toThrow(expect.objectContaining({ code: 'too-large' }));
    expect(check({ a: 'x'.repeat(24) })).not.toThrow();
    expect(check({ a: 'x'.repeat(25) })).toThrow(expect.objectContaining({ code: 'too-large' }));
    expect(check({ a: { b: { c: 1 } } })).not.toThrow();
    expect(check({ a: { b: { c: { d: 1 } } } })).not.toThrow();
    expect(check({ a: { b: { c: { d: {} } } } })).toThrow(expect.objectContaining({ code: 'invalid' }));
  });
});
