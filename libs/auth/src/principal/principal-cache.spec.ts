import { ParlanceError, type VerifiedCredential } from '@parlance/domain';
import { describe, expect, it } from 'vitest';
import { PrincipalCache, type CredentialRequest } from './principal-cache.js';

const NOW = Date.parse('2026-03-01T12:00:00Z');

function principal(over: Partial<VerifiedCredential> = {}): VerifiedCredential {
  const tenant = {
    id: 'acme',
    name: 'Acme',
    hosts: [],
    origins: [],
    payloadIdentity: 'refuse' as const,
    dialects: null,
    defaultDialect: null,
    options: {},
  };
  const rest = { deviceId: null, dialect: null, credentialId: 't1', expiresAt: null };
  return { kind: 'user', tenant, userId: 'ann', ...rest, ...over };
}

const ask = (credential: string | null, over: Partial<CredentialRequest> = {}): CredentialRequest => ({
  credential,
  host: 'chat.example.com',
  origin: null,
  ...over,
});

/** An answer that comes when the test says so. */
function gateOf() {
  let resolve: (answer: VerifiedCredential) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<VerifiedCredential>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/** A cache over an identity whose answers the test decides, one by one where it must. */
function world(
  answer: (request: CredentialRequest) => Promise<VerifiedCredential> = async () => principal(),
  options = {},
) {
  const asked: CredentialRequest[] = [];
  let now = NOW;
  const cache = new PrincipalCache({
    verify: (request) => {
      asked.push(request);
      return answer(request);
    },
    now: () => now,
    ...options,
  });
  return { cache, asked, pass: (ms: number) => (now += ms) };
}

describe('the principal cache', () => {
  it('asks once a minute', async () => {
    const { cache, asked, pass } = world();
    await expect(cache.get(ask('a'))).resolves.toMatchObject({ userId: 'ann' });
    pass(59_999);
    await cache.get(ask('a'));
    expect(asked).toHaveLength(1);
    pass(1);
    await cache.get(ask('a'));
    expect(asked).toHaveLength(2);
  });

  it('never answers past the end of a credential', async () => {
    const { cache, asked, pass } = world(async () => principal({ expiresAt: new Date(NOW + 1_000).toISOString() }));
    await cache.get(ask('a'));
    pass(999);
    await cache.get(ask('a'));
    expect(asked).toHaveLength(1);
    pass(1);
    await cache.get(ask('a'));
    await cache.get(ask('a'));
    expect(asked).toHaveLength(3);
  });

  it('keeps credential, host and origin apart, but not the spellings of one host', async () => {
    const { cache, asked } = world();
    await cache.get(ask('a'));
    await cache.get(ask('a', { host: 'CHAT.example.com:3000' }));
    expect(asked).toHaveLength(1);
    await cache.get(ask('a', { host: 'other.example.com' }));
    await cache.get(ask('a', { origin: 'https://app.example.com' }));
    await cache.get(ask(null));
    await cache.get(ask('null'));
    expect(asked).toHaveLength(5);
  });

  it('shares one verification among concurrent requests', async () => {
    const gate = gateOf();
    const { cache, asked } = world(() => gate.promise);
    const all = Array.from({ length: 100 }, () => cache.get(ask('a')));
    gate.resolve(principal());
    const answers = await Promise.all(all);
    expect(answers).toHaveLength(100);
    expect(asked).toHaveLength(1);
  });

  it.each(['unauthenticated', 'permission-denied'] as const)(
    'remembers %s for 5 s, as a new error each time',
    async (code) => {
      const { cache, asked, pass } = world(async () => Promise.reject(new ParlanceError(code, 'No.')));
      const first: unknown = await cache.get(ask('a')).catch((error: unknown) => error);
      pass(4_999);
      const second: unknown = await cache.get(ask('a')).catch((error: unknown) => error);
      expect(first).toMatchObject({ code, message: 'No.' });
      expect(second).toMatchObject({ code, message: 'No.' });
      expect(second).not.toBe(first);
      expect(asked).toHaveLength(1);
      pass(1);
      await expect(cache.get(ask('a'))).rejects.toMatchObject({ code });
      expect(asked).toHaveLength(2);
    },
  );

  it('does not remember that identity was away', async () => {
    let away = true;
    const { cache } = world(async () => {
      if (away) throw new ParlanceError('unavailable', 'Away.');
      return principal();
    });
    await expect(cache.get(ask('a'))).rejects.toMatchObject({ code: 'unavailable' });
    away = false;
    await expect(cache.get(ask('a'))).resolves.toMatchObject({ userId: 'ann' });
  });

  it.each([
    { kind: 'user', tenantId: 'acme', id: 'ann' },
    { kind: 'credential', tenantId: 'acme', id: 't1' },
    { kind: 'tenant', tenantId: 'acme', id: 'acme' },
  ] as const)('forgets when its $kind changed', async (change) => {
    const { cache, asked } = world();
    await cache.get(ask('a'));
    cache.evict(change);
    expect(cache.size).toBe(0);
    await cache.get(ask('a'));
    expect(asked).toHaveLength(2);
  });

  it.each([
    { kind: 'user', tenantId: 'other', id: 'ann' },
    { kind: 'user', tenantId: 'acme', id: 'bob' },
    { kind: 'credential', tenantId: 'acme', id: 'ann' },
    { kind: 'tenant', tenantId: 'other', id: 'other' },
  ] as const)('keeps what a change of $kind $tenantId/$id does not concern', async (change) => {
    const { cache, asked } = world();
    await cache.get(ask('a'));
    cache.evict(change);
    await cache.get(ask('a'));
    expect(asked).toHaveLength(1);
  });

  it('does not keep or share an answer that was under way when its key was revoked', async () => {
    const gates = [gateOf(), gateOf()];
    let calls = 0;
    const { cache, asked } = world(() => gates[calls++]?.promise ?? Promise.resolve(principal()));
    const before = cache.get(ask('a'));
    cache.evict({ kind: 'credential', tenantId: 'acme', id: 't1' });
    const after = cache.get(ask('a'));
    gates[1]?.reject(new ParlanceError('unauthenticated', 'Revoked.'));
    await expect(after).rejects.toMatchObject({ code: 'unauthenticated' });
    gates[0]?.resolve(principal());
    await before;
    await expect(cache.get(ask('a'))).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(asked).toHaveLength(2);
  });

  it('keeps no answer of the first 2 s after a change: the replica that gave it may not have heard', async () => {
    const { cache, asked, pass } = world();
    cache.evict({ kind: 'credential', tenantId: 'acme', id: 't1' });
    pass(1_999);
    await cache.get(ask('a'));
    await cache.get(ask('a'));
    expect(asked).toHaveLength(2);
    pass(1);
    await cache.get(ask('a'));
    await cache.get(ask('a'));
    expect(asked).toHaveLength(3);
  });

  it('forgets everything when told that it may have missed changes, also what is under way', async () => {
    const gate = gateOf();
    let first = true;
    const { cache, asked } = world(() => (first ? gate.promise : Promise.resolve(principal())));
    const early = cache.get(ask('a'));
    cache.clear();
    first = false;
    gate.resolve(principal());
    await early;
    expect(cache.size).toBe(0);
    await cache.get(ask('b'));
    cache.clear();
    await cache.get(ask('b'));
    expect(asked).toHaveLength(3);
  });

  it('holds at most its maximum, dropping the least recently used', async () => {
    const { cache, asked } = world(async ({ credential }) => principal({ credentialId: credential }), { max: 3 });
    for (const credential of ['a', 'b', 'c', 'a', 'd']) await cache.get(ask(credential));
    expect(cache.size).toBe(3);
    expect(asked).toHaveLength(4);
    await cache.get(ask('a'));
    expect(asked).toHaveLength(4);
    await cache.get(ask('b'));
    expect(asked).toHaveLength(5);
  });

  it('answers overloaded when too many verifications are under way, and recovers', async () => {
    const gate = gateOf();
    const { cache } = world(() => gate.promise, { maxPending: 2 });
    const waiting = [cache.get(ask('a')), cache.get(ask('b'))];
    cache.evict({ kind: 'user', tenantId: 'acme', id: 'zoe' });
    await expect(cache.get(ask('c'))).rejects.toMatchObject({ code: 'overloaded' });
    gate.resolve(principal());
    await Promise.all(waiting);
    await expect(cache.get(ask('c'))).resolves.toMatchObject({ userId: 'ann' });
  });

  it('refuses an oversized credential without asking', async () => {
    const { cache, asked } = world();
    await expect(cache.get(ask('x'.repeat(8_193)))).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(asked).toHaveLength(0);
  });
});
