import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { apiKeyMatches, DEMO_KEYS, hashApiKey, isDemoKey, issueApiKey, parseApiKey } from './api-key.js';

const source = { newId: () => '0123456789abcdef01234567', randomBytes };

describe('an API key', () => {
  it.each([
    ['publishable', /^pk_0123456789abcdef01234567_[A-Za-z0-9_-]{43}$/],
    ['secret', /^sk_0123456789abcdef01234567_[A-Za-z0-9_-]{43}$/],
    ['operator', /^op_0123456789abcdef01234567_[A-Za-z0-9_-]{43}$/],
  ] as const)('of kind %s says its kind and id in its text', (kind, form) => {
    const { text } = issueApiKey(kind, source);
    expect(text).toMatch(form);
    expect(parseApiKey(text)).toEqual({ id: source.newId(), kind });
  });

  it('holds 256 random bits, different each time', () => {
    const texts = new Set(Array.from({ length: 100 }, () => issueApiKey('secret', source).text));
    expect(texts.size).toBe(100);
    for (const text of texts) expect(Buffer.from(text.slice(28), 'base64url')).toHaveLength(32);
  });

  it('is recognised by the SHA-256 of its text and by nothing else', () => {
    const { text, hash } = issueApiKey('secret', source);
    expect(hash).toEqual(createHash('sha256').update(text).digest());
    expect(apiKeyMatches(text, hash)).toBe(true);
    expect(apiKeyMatches(`${text.slice(0, -1)}${text.endsWith('A') ? 'B' : 'A'}`, hash)).toBe(false);
    expect(apiKeyMatches(text, hash.subarray(1))).toBe(false);
    expect(apiKeyMatches(text, Buffer.alloc(0))).toBe(false);
  });

  it.each([
    '',
    'sk_',
    'sk_0123456789abcdef01234567_',
    `sk_0123456789abcdef01234567_${'a'.repeat(42)}`,
    `sk_0123456789abcdef01234567_${'a'.repeat(44)}`,
    `sk_0123456789ABCDEF01234567_${'a'.repeat(43)}`,
    `xx_0123456789abcdef01234567_${'a'.repeat(43)}`,
    `sk_0123456789abcdef01234567_${'a'.repeat(43)}\n`,
    `__proto__`,
    'demo-secret-key ',
    'Demo-Secret-Key',
  ])('is not read out of %j', (text) => {
    expect(parseApiKey(text)).toBeNull();
  });

  it('may be one of the three demo keys, known by their text', () => {
    expect(DEMO_KEYS.map(({ id }) => parseApiKey(id))).toEqual([
      { id: 'demo-secret-key', kind: 'secret' },
      { id: 'demo-public-key', kind: 'publishable' },
      { id: 'demo-operator-key', kind: 'operator' },
    ]);
    expect(isDemoKey('demo-secret-key')).toBe(true);
    expect(isDemoKey(issueApiKey('secret', source).text)).toBe(false);
    expect(apiKeyMatches('demo-secret-key', hashApiKey('demo-secret-key'))).toBe(true);
  });
});
