import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { turnCredentials, type TurnOptions } from './turn-credentials.js';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const options: TurnOptions = {
  secrets: ['new', 'old'],
  uris: ['turn:turn.sample.test:3478?transport=udp', 'turns:turn.sample.test:5349'],
  ttlMs: 3_600_000,
};
const made = (tenantId: string, userId: string | null) => turnCredentials({ tenantId, userId }, options, NOW);
const holderOf = (username: string): string => username.slice(username.indexOf(':') + 1);

describe('TURN credentials', () => {
  it('are good until their TTL is over, for one user of a tenant', () => {
    expect(made('demo', 'ann')).toEqual({
      username: `${Date.UTC(2026, 0, 2, 4, 4, 5) / 1_000}:demo.ann`,
      // The draft's formula, with openssl: printf %s "$username" | openssl dgst -sha1 -hmac new -binary | base64
      credential: 'e6Lv81kyDgPTpqHcMZ3MAkfou1I=',
      ttl: 3_600,
      uris: options.uris,
    });
  });

  it('are signed with the first secret', () => {
    const { username, credential } = made('demo', 'ann');
    const signedWith = (secret: string) => createHmac('sha1', secret).update(username).digest('base64');
    expect([signedWith('new'), signedWith('old')].indexOf(credential)).toBe(0);
  });

  it('name nobody when the app asks for itself', () => {
    expect(holderOf(made('demo', null).username)).toBe('demo');
  });

  it.each([
    ['ann.b-c_d', 'demo.ann.b-c_d'],
    ["o'neil", 'demo.o%27neil'],
    ['a b\\c"', 'demo.a%20b%5Cc%22'],
    ['zoë:1', 'demo.zo%C3%AB%3A1'],
    ['union-Selection%53', 'demo.union-%53election%2553'],
  ])('encode what coturn does not take: %s', (userId, holder) => {
    expect(holderOf(made('demo', userId).username)).toBe(holder);
  });

  it('keep a dot in the tenant apart from the one that parts it from the user', () => {
    expect(holderOf(made('a.b', 'c').username)).toBe('a%2Eb.c');
    expect(holderOf(made('a', 'b.c').username)).toBe('a.b.c');
  });

  it('tell any two users apart', () => {
    const id = fc.string({
      unit: fc.constantFrom('a', '.', ':', '%', '2', 'E', "'", 'ß', 'select'),
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(id, id, id, id, (tenant, user, otherTenant, otherUser) => {
        const [one, other] = [made(tenant, user).username, made(otherTenant, otherUser).username];
        expect(one).toMatch(/^\d+:[\w.%-]+$/);
        expect(one === other).toBe(tenant === otherTenant && user === otherUser);
      }),
      { numRuns: 2_000 },
    );
  });

  it('of the longest ids still fit', () => {
    const [tenant, user] = ['ß'.repeat(64), 'ü'.repeat(64)];
    const { username } = made(tenant, user);
    expect(username.length).toBeLessThanOrEqual(508);
    expect(made(tenant, `${user.slice(1)}ä`).username).not.toBe(username);
  });
});
