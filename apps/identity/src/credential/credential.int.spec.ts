import { issueApiKey, PrincipalCache, tenantKeyFromSecret, type ApiKeyKind } from '@parlance/auth';
import { IDENTITY_CHANGED_ADDRESS, identityChanged, issueToken, putUser } from '@parlance/contracts';
import type { Tenant } from '@parlance/domain';
import { SignJWT } from 'jose';
import { createHmac, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  makeTenant,
  startDatabase,
  startIdentity,
  vaultOf,
  type Database,
  type Identity,
} from '../identity.fixture.js';
import { KeyRepository } from '../key/key.repository.js';
import { SigningKeyRepository } from '../token/signing-key.repository.js';

const ORIGIN = 'https://app.example.com';

let database: Database;
let identity: Identity;

beforeAll(async () => {
  database = await startDatabase();
  identity = await startIdentity(database);
  await makeTenant(database, { id: 'acme', hosts: ['chat.acme.example'], name: 'Acme' });
  await makeTenant(database, { id: 'bound', hosts: ['bound.example'], origins: [ORIGIN] });
});

afterAll(async () => {
  await identity.close();
  await database.stop();
});

async function makeKey(tenantId: string, kind: ApiKeyKind): Promise<string> {
  const newId = () => randomBytes(12).toString('hex');
  const { id, text, hash } = issueApiKey(kind, { newId, randomBytes });
  await new KeyRepository(database.persistence).createIfAbsent(tenantId, id, kind, hash);
  return text;
}

async function makeUser(tenantId: string, id: string): Promise<void> {
  await identity.edge.request(putUser, { tenantId, ref: { id }, fields: {} });
}

const issue = (
  tenantId: string,
  userId: string,
  over: { ttlSeconds?: number; deviceId?: string; dialect?: string } = {},
) => identity.edge.request(issueToken, { tenantId, userId, ...over });

const refused = { code: 'unauthenticated' };
const denied = { code: 'permission-denied' };

describe('an API key', () => {
  it.each(['secret', 'publishable', 'operator'] as const)('of kind %s says its tenant', async (kind) => {
    const text = await makeKey('acme', kind);
    const answer = await identity.verify(text, { host: 'bound.example:3000' });
    expect(answer).toEqual({
      kind,
      tenant: expect.objectContaining({ id: 'acme', name: 'Acme', payloadIdentity: 'refuse', dialects: null }),
      userId: null,
      deviceId: null,
      dialect: null,
      credentialId: text.split('_')[1],
      expiresAt: null,
    });
  });

  it('is stored as a hash, from which nobody gets it back', async () => {
    const text = await makeKey('acme', 'secret');
    const rows = await database.persistence.prisma.$queryRaw`SELECT k::text FROM identity.tenant_key k`;
    // Its kind and its id are known; the secret may hold `_` itself.
    const secret = /^[a-z]+_[0-9a-f]{24}_(.{43})$/.exec(text)?.[1];
    expect(secret).toBeDefined();
    expect(JSON.stringify(rows)).not.toContain(secret);
  });

  it.each(['secret', 'operator'] as const)('of kind %s is refused with any Origin header', async (kind) => {
    const text = await makeKey('acme', kind);
    for (const origin of [ORIGIN, 'null', 'http://localhost']) {
      await expect(identity.verify(text, { origin })).rejects.toMatchObject(denied);
    }
    await expect(identity.verify(text)).resolves.toMatchObject({ kind });
  });

  it('that is publishable works from the listed origins alone, or from everywhere where none is listed', async () => {
    const bound = await makeKey('bound', 'publishable');
    await expect(identity.verify(bound, { origin: ORIGIN })).resolves.toMatchObject({ kind: 'publishable' });
    await expect(identity.verify(bound, { origin: 'https://evil.example' })).rejects.toMatchObject(denied);
    await expect(identity.verify(bound)).rejects.toMatchObject(denied);
    const free = await makeKey('acme', 'publishable');
    await expect(identity.verify(free, { origin: 'https://any.example' })).resolves.toMatchObject({
      kind: 'publishable',
    });
    await expect(identity.verify(free)).resolves.toMatchObject({ kind: 'publishable' });
  });

  it('of another kind in front of the same secret is refused', async () => {
    const text = await makeKey('acme', 'publishable');
    await expect(identity.verify(text.replace(/^pk_/, 'sk_'))).rejects.toMatchObject(refused);
  });

  it.each([
    '',
    ' ',
    'sk_',
    `sk_${'0'.repeat(24)}_${'A'.repeat(43)}`,
    'demo-secret-key',
    'demo-public-key',
    'demo-operator-key',
    "' OR 1=1 --",
    'x'.repeat(8_192),
    '\u0000',
  ])('that is %j is refused', async (text) => {
    await expect(identity.verify(text)).rejects.toMatchObject(refused);
  });

  it('with its last character changed is refused', async () => {
    const text = await makeKey('acme', 'secret');
    const changed = text.slice(0, -1) + (text.endsWith('A') ? 'E' : 'A');
    await expect(identity.verify(changed)).rejects.toMatchObject(refused);
  });
});

describe('no credential', () => {
  it('is for the tenant of the host, whatever its port and case', async () => {
    const answer = await identity.verify(null, { host: 'Chat.ACME.example:3000' });
    expect(answer).toMatchObject({ kind: 'anonymous', userId: null, credentialId: null, tenant: { id: 'acme' } });
  });

  it.each([null, 'unknown.example', 'chat.acme.example.evil.org', ''])('is refused for the host %j', async (host) => {
    await expect(identity.verify(null, { host })).rejects.toMatchObject(refused);
  });

  it('is refused from an origin outside the list of the tenant', async () => {
    const at = (origin: string | null) => identity.verify(null, { host: 'bound.example', origin });
    await expect(at('https://evil.example')).rejects.toMatchObject(denied);
    await expect(at(ORIGIN)).resolves.toMatchObject({ tenant: { id: 'bound' } });
    await expect(at(null)).resolves.toMatchObject({ tenant: { id: 'bound' } });
  });

  it('is for the default tenant where the installation names one', async () => {
    const replica = await startIdentity(database, { env: { PARLANCE_DEFAULT_TENANT: 'bound' } });
    const answers = [replica.verify(null), replica.verify(null, { host: 'chat.acme.example' })];
    expect(await Promise.all(answers)).toMatchObject([{ tenant: { id: 'bound' } }, { tenant: { id: 'acme' } }]);
    await replica.close();
  });
});

describe('a user token', () => {
  beforeAll(() => makeUser('acme', 'ann'));

  it('acts as its user at its tenant, on any host', async () => {
    const { token, expiresAt } = await issue('acme', 'ann', { deviceId: 'phone', dialect: 'some' });
    const answer = await identity.verify(token, { host: 'bound.example' });
    expect(answer).toEqual({
      kind: 'user',
      tenant: expect.objectContaining({ id: 'acme' }),
      userId: 'ann',
      deviceId: 'phone',
      dialect: 'some',
      credentialId: expect.stringMatching(/^[0-9a-f]{24}$/),
      expiresAt,
    });
  });

  it('is good for 30 days, for what is asked, or for what the installation says', async () => {
    const daysOf = async (answer: Promise<{ expiresAt: string }>) =>
      Math.round((Date.parse((await answer).expiresAt) - Date.now()) / 1000);
    expect(Math.abs((await daysOf(issue('acme', 'ann'))) - 30 * 86_400)).toBeLessThan(30);
    expect(Math.abs((await daysOf(issue('acme', 'ann', { ttlSeconds: 3_600 }))) - 3_600)).toBeLessThan(30);
    const replica = await startIdentity(database, { env: { PARLANCE_TOKEN_TTL: '1h' } });
    const hour = replica.edge.request(issueToken, { tenantId: 'acme', userId: 'ann' });
    expect(Math.abs((await daysOf(hour)) - 3_600)).toBeLessThan(30);
    await replica.close();
  });

  it('ends when it says', async () => {
    const replica = await startIdentity(database);
    const { token } = await replica.edge.request(issueToken, { tenantId: 'acme', userId: 'ann', ttlSeconds: 60 });
    await expect(replica.verify(token)).resolves.toMatchObject({ userId: 'ann' });
    replica.pass(60_000);
    await expect(replica.verify(token)).rejects.toMatchObject({ ...refused, message: 'The token has expired.' });
    await replica.close();
  });

  it('is issued to users that exist, of tenants that exist', async () => {
    await expect(issue('acme', 'nobody')).rejects.toMatchObject({ code: 'not-found' });
    await expect(issue('bound', 'ann')).rejects.toMatchObject({ code: 'not-found' });
    await expect(issue('nobody', 'ann')).rejects.toMatchObject({ code: 'not-found' });
  });

  it('is bound to the origins of its tenant, where a browser names one', async () => {
    await makeUser('bound', 'bob');
    const { token } = await issue('bound', 'bob');
    await expect(identity.verify(token, { origin: 'https://evil.example' })).rejects.toMatchObject(denied);
    await expect(identity.verify(token, { origin: ORIGIN })).resolves.toMatchObject({ userId: 'bob' });
    await expect(identity.verify(token)).resolves.toMatchObject({ userId: 'bob' });
  });

  it('that says another tenant than the one that signed it is refused', async () => {
    await makeUser('bound', 'ann');
    const [mine, theirs] = [await issue('acme', 'ann'), await issue('bound', 'ann')];
    const [header, , signature] = mine.token.split('.');
    const moved = [header, theirs.token.split('.')[1], signature].join('.');
    await expect(identity.verify(moved)).rejects.toMatchObject(refused);
    const [verifiedMine, verifiedTheirs] = await Promise.all([
      identity.verify(mine.token),
      identity.verify(theirs.token),
    ]);
    expect([verifiedMine.tenant.id, verifiedTheirs.tenant.id]).toEqual(['acme', 'bound']);
  });

  it('signed with nothing, a guess or for no tenant is refused', async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = { sub: 'ann', tenant: 'acme', jti: 'j', aud: 'parlance', iat: 1, exp: 9_999_999_999 };
    const hs = (header: object, payload: object, secret: string) => {
      const body = `${part(header)}.${part(payload)}`;
      return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
    };
    const attempts = [
      `${part({ alg: 'none' })}.${part(claims)}.`,
      hs({ alg: 'HS256', kid: 'parlance-1' }, claims, MASTER),
      hs({ alg: 'HS256', kid: 'parlance-1' }, { ...claims, tenant: 'nobody' }, ''),
      hs({ alg: 'HS256' }, { ...claims, tenant: { id: 'acme' } }, ''),
      'a.b.c',
    ];
    for (const token of attempts) await expect(identity.verify(token)).rejects.toMatchObject(refused);
  });

  it('is signed with one key by all replicas, also the first ones of a tenant', async () => {
    const tenantId = await makeTenant(database, { id: 'fresh' });
    await makeUser(tenantId, 'ann');
    const other = await startIdentity(database);
    const junk = `${(await issue('acme', 'ann')).token.split('.', 2).join('.')}.junk`;
    await Promise.allSettled([other.verify(junk), identity.verify(junk)]);
    const tokens = await Promise.all(
      [identity, other, identity, other].map(({ edge }) => edge.request(issueToken, { tenantId, userId: 'ann' })),
    );
    for (const { token } of tokens) {
      await expect(identity.verify(token)).resolves.toMatchObject({ tenant: { id: tenantId } });
      await expect(other.verify(token)).resolves.toMatchObject({ tenant: { id: tenantId } });
    }
    expect(await database.persistence.prisma.signingKey.count({ where: { tenantId } })).toBe(1);
    await other.close();
  });
});

const MASTER = 'a guess at the key of somebody else, long enough';

describe("a tenant's own JWT", () => {
  const secret = 'the secret of the app, shared with Parlance, 32 bytes';
  const sign = (claims: Record<string, unknown>, key = secret) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).setSubject('ann').sign(Buffer.from(key));
  const exp = Math.floor(Date.now() / 1000) + 600;

  beforeAll(async () => {
    await makeTenant(database, { id: 'byo', hosts: ['byo.example'] });
    const keys = new SigningKeyRepository(database.persistence, vaultOf());
    await keys.createIfAbsent('byo', 'shared', tenantKeyFromSecret(secret, null));
  });

  it('is for the tenant of the host, or for the one it names', async () => {
    const byHost = identity.verify(await sign({ exp }), { host: 'byo.example' });
    await expect(byHost).resolves.toMatchObject({
      kind: 'user',
      userId: 'ann',
      tenant: { id: 'byo' },
      credentialId: null,
    });
    await expect(identity.verify(await sign({ exp, tenant: 'byo' }))).resolves.toMatchObject({ tenant: { id: 'byo' } });
  });

  it('opens no other tenant', async () => {
    const token = await sign({ exp });
    await expect(identity.verify(token, { host: 'chat.acme.example' })).rejects.toMatchObject(refused);
    await expect(identity.verify(await sign({ exp, tenant: 'acme' }))).rejects.toMatchObject(refused);
    const crossed = identity.verify(await sign({ exp, tenant: 'acme' }), { host: 'byo.example' });
    await expect(crossed).rejects.toMatchObject(refused);
  });

  it('is refused with another secret, another audience or an end in the past', async () => {
    const at = { host: 'byo.example' };
    await expect(identity.verify(await sign({ exp }, `${secret}!`), at)).rejects.toMatchObject(refused);
    await expect(identity.verify(await sign({ exp, aud: 'billing' }), at)).rejects.toMatchObject(refused);
    await expect(identity.verify(await sign({ exp: exp - 1_200 }), at)).rejects.toMatchObject(refused);
  });
});

describe('what an edge and a replica remember', () => {
  it('goes when identity says that it changed', async () => {
    const text = await makeKey('acme', 'secret');
    const cache = new PrincipalCache({
      verify: (request) => identity.verify(request.credential, request),
      now: Date.now,
    });
    const subscription = await identity.edge.listen(identityChanged, IDENTITY_CHANGED_ADDRESS, cache.evict);
    await identity.edge.flush();
    const ask = () => cache.get({ credential: text, host: null, origin: null });
    await expect(ask()).resolves.toMatchObject({ kind: 'secret' });
    const id = text.split('_')[1] ?? '';
    await database.persistence.prisma.tenantKey.deleteMany({ where: { tenantId: 'acme', id } });
    identity.edge.publish(identityChanged, IDENTITY_CHANGED_ADDRESS, { kind: 'credential', tenantId: 'acme', id });
    await expect.poll(() => codeOf(ask())).toBe('unauthenticated');
    await subscription.stop();
  });

  it('shows a changed tenant once it has heard', async () => {
    const tenantId = await makeTenant(database, { id: 'moving', hosts: ['old.example'] });
    const find = async (host: string): Promise<Tenant> => (await identity.verify(null, { host })).tenant;
    expect(await find('old.example')).toMatchObject({ id: tenantId });
    await expect(find('new.example')).rejects.toMatchObject(refused);
    await database.persistence.prisma.tenant.update({
      where: { id: tenantId },
      data: { hosts: ['new.example'], name: 'Moved' },
    });
    identity.edge.publish(identityChanged, IDENTITY_CHANGED_ADDRESS, { kind: 'tenant', tenantId, id: tenantId });
    await expect.poll(() => codeOf(find('old.example'))).toBe('unauthenticated');
    expect(await find('new.example')).toMatchObject({ name: 'Moved' });
  });

  it('costs few queries in a storm of connections', async () => {
    await makeUser('acme', 'stormer');
    const [key, { token }] = [await makeKey('acme', 'publishable'), await issue('acme', 'stormer')];
    const replica = await startIdentity(database);
    const before = await statements(database);
    await Promise.all(
      Array.from({ length: 1_000 }, (_, index) =>
        replica.verify([key, token, null][index % 3] ?? null, { host: 'chat.acme.example' }),
      ),
    );
    expect((await statements(database)) - before).toBeLessThan(20);
    await replica.close();
  });
});

/** How a question ends, for polling: news of a change travels while we ask. */
async function codeOf(question: Promise<unknown>): Promise<string> {
  return question.then(
    () => 'answered',
    (error: unknown) => String(Reflect.get(Object(error), 'code')),
  );
}

/** Transactions that Postgres has begun in this database: every statement outside of one is one. */
async function statements({ persistence }: Database): Promise<number> {
  await persistence.prisma.$executeRaw`SELECT pg_stat_force_next_flush()`;
  const rows: unknown = await persistence.prisma.$queryRaw`
    SELECT xact_commit::int AS count FROM pg_stat_database WHERE datname = current_database()`;
  const [row] = Array.isArray(rows) ? rows : [];
  return Number(Reflect.get(Object(row), 'count'));
}
