import {
  createKey,
  findUsers,
  issueToken,
  listUsers,
  putTenant,
  putUser,
  revokeKey,
  revokeTokens,
  terminateUser,
} from '@parlance/contracts';
import { tenantSchema, type TenantFields } from '@parlance/domain';
import fc from 'fast-check';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, type JWTPayload } from 'jose';
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDatabase, startIdentity, type Database, type Identity } from '../identity.fixture.js';

const SECRET = 'a shared secret of thirty-two bytes';
const OPERATOR = `op_${'a1'.repeat(12)}_${'A'.repeat(43)}`;
const refused = { code: 'unauthenticated' };
const exp = Math.floor(Date.now() / 1000) + 600;

let database: Database;
let identity: Identity;

beforeAll(async () => {
  database = await startDatabase();
  identity = await startIdentity(database, { env: { PARLANCE_OPERATOR_KEY: OPERATOR } });
});

afterAll(async () => {
  await identity.close();
  await database.stop();
});

const put = async (id: string | undefined, mustExist: boolean, fields: TenantFields) =>
  (await identity.edge.request(putTenant, { id, mustExist, fields })).tenant;
const make = (id: string, fields: TenantFields = {}) => put(id, false, fields);
const change = (id: string, fields: TenantFields) => put(id, true, fields);
const key = (tenantId: string, kind: 'secret' | 'publishable' = 'secret') =>
  identity.edge.request(createKey, { tenantId, kind });
const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'answered',
    (error: unknown): unknown => Reflect.get(Object(error), 'code'),
  );

describe('a tenant', () => {
  it('is made with an id of its own or a given one, and changed by what is named', async () => {
    const made = await put(undefined, false, { name: 'Fresh' });
    expect(made).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f]{24}$/),
      name: 'Fresh',
      payloadIdentity: 'refuse',
    });
    await make('acme', { hosts: ['Acme.example'], options: { reelsBothNames: true } });
    expect(await change('acme', { name: 'Acme', options: { classicTypeIds: { text: 1 } } })).toMatchObject({
      name: 'Acme',
      hosts: ['acme.example'],
      options: { reelsBothNames: true, classicTypeIds: { text: 1 } },
    });
  });

  it('is there for whoever asks next', async () => {
    await make('seen', { hosts: ['seen.example'] });
    await expect(identity.verify(null, { host: 'seen.example' })).resolves.toMatchObject({ tenant: { id: 'seen' } });
    await change('seen', { hosts: ['moved.example'], origins: ['https://app.example'] });
    await expect(identity.verify(null, { host: 'seen.example' })).rejects.toMatchObject(refused);
    const elsewhere = identity.verify(null, { host: 'moved.example', origin: 'https://evil.example' });
    await expect(elsewhere).rejects.toMatchObject({ code: 'permission-denied' });
  });

  it('has its id and its hosts alone, also when many ask at once', async () => {
    await make('first', { hosts: ['taken.example'] });
    await expect(make('first')).rejects.toMatchObject({ code: 'conflict' });
    await expect(make('second', { hosts: ['TAKEN.example'] })).rejects.toMatchObject({ code: 'conflict' });
    await expect(change('second', {})).rejects.toMatchObject({ code: 'not-found' });
    const race = ['r1', 'r2', 'r3', 'r4'].map((id) => codeOf(make(id, { hosts: ['race.example'] })));
    expect((await Promise.all(race)).sort()).toEqual(['answered', 'conflict', 'conflict', 'conflict']);
    await change('first', { hosts: ['taken.example', 'more.example'] });
  });

  it.each<[string, TenantFields]>([
    ['hosts', { hosts: ['no host'] }],
    ['origins', { origins: ['*'] }],
    ['tokenKeys', { tokenKeys: [{ jwks: { keys: [{ kty: 'RSA', n: 'AQAB', e: 'AQAB' }] } }] }],
    ['tokenKeys', { tokenKeys: [{ jwks: { keys: [{ kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA' }] } }] }],
  ])('with unfit %s is refused as a whole', async (_, fields) => {
    await make('whole', { name: 'Before' }).catch(() => undefined);
    await expect(change('whole', { name: 'After', ...fields })).rejects.toMatchObject({ code: 'invalid' });
    expect(await change('whole', {})).toMatchObject({ name: 'Before' });
  });

  it('with characters that are no text is refused', async () => {
    await expect(make('nul', { name: 'a\u0000b' })).rejects.toMatchObject({ code: 'invalid' });
    await expect(make('half', { options: { classicTypeIds: { '\ud800': 1 } } })).rejects.toMatchObject({
      code: 'invalid',
    });
  });
});

describe('an API key', () => {
  it('opens its tenant until it is revoked', async () => {
    await make('keyed');
    for (const kind of ['secret', 'publishable'] as const) {
      const made = await key('keyed', kind);
      expect(made).toMatchObject({ kind, key: expect.stringMatching(kind === 'secret' ? /^sk_/ : /^pk_/) });
      await expect(identity.verify(made.key)).resolves.toMatchObject({ kind, credentialId: made.id });
      await identity.edge.request(revokeKey, { tenantId: null, id: made.id });
      await expect(identity.verify(made.key)).rejects.toMatchObject(refused);
      const again = identity.edge.request(revokeKey, { tenantId: null, id: made.id });
      await expect(again).rejects.toMatchObject({ code: 'not-found' });
    }
    await expect(key('nobody')).rejects.toMatchObject({ code: 'not-found' });
  });

  it('is revoked on every replica that hears of it', async () => {
    await make('spread');
    const made = await key('spread');
    const other = await startIdentity(database, { hub: identity.hub });
    for (let round = 0; round < 4; round += 1) await identity.verify(made.key);
    await identity.edge.request(revokeKey, { tenantId: 'spread', id: made.id });
    for (let round = 0; round < 4; round += 1)
      await expect.poll(() => codeOf(identity.verify(made.key))).toBe('unauthenticated');
    await other.close();
  });

  it('of another tenant is not found', async () => {
    await Promise.all([make('mine'), make('theirs')]);
    const made = await key('theirs');
    const foreign = identity.edge.request(revokeKey, { tenantId: 'mine', id: made.id });
    await expect(foreign).rejects.toMatchObject({ code: 'not-found' });
    await expect(identity.verify(made.key)).resolves.toMatchObject({ tenant: { id: 'theirs' } });
  });
});

describe("the operator's key of the settings", () => {
  it('is good while the settings name it, from no browser, and its tenant is nobody else’s', async () => {
    await expect(identity.verify(OPERATOR)).resolves.toMatchObject({ kind: 'operator', tenant: { dialects: [] } });
    await expect(identity.verify(OPERATOR, { origin: 'https://a.example' })).rejects.toMatchObject({
      code: 'permission-denied',
    });
    await expect(identity.verify(OPERATOR.replace(/A$/, 'B'))).rejects.toMatchObject(refused);
    await expect(make('operator')).rejects.toMatchObject({ code: 'conflict' });
    await expect(change('operator', { payloadIdentity: 'trust' })).rejects.toMatchObject({ code: 'not-found' });
    const without = await startIdentity(database);
    await expect(without.verify(OPERATOR)).rejects.toMatchObject(refused);
    await without.close();
  });

  it.each(['demo-operator-key', 'op_short', `sk_${'a1'.repeat(12)}_${'A'.repeat(43)}`])(
    '%s is refused at the start',
    async (text) => {
      const starting = startIdentity(database, { env: { PARLANCE_OPERATOR_KEY: text } });
      await expect(starting).rejects.toThrow(/PARLANCE_OPERATOR_KEY must be op_/);
    },
  );
});

describe("the app's own tokens", () => {
  let pair: Awaited<ReturnType<typeof generateKeyPair>>;
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const forge = (header: object, claims: object, secret: string): string => {
    const body = `${part(header)}.${part(claims)}`;
    return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
  };
  const rs = (claims: JWTPayload, kid = 'r1'): Promise<string> =>
    new SignJWT({ sub: 'ann', exp, iss: 'https://id.example', ...claims })
      .setProtectedHeader({ alg: 'RS256', kid })
      .sign(pair.privateKey);
  const hs = (claims: object = {}, secret = SECRET): string =>
    forge({ alg: 'HS256' }, { sub: 'ann', exp, ...claims }, secret);
  const at = { host: 'byo.example' };

  beforeAll(async () => {
    pair = await generateKeyPair('RS256', { extractable: true });
    const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'r1', use: 'sig', alg: 'RS256', x5t: 'of a certificate' };
    await make('byo', {
      hosts: ['byo.example'],
      tokenKeys: [{ secret: SECRET }, { jwks: { keys: [jwk] }, issuer: 'https://id.example' }],
    });
  });

  it('are judged by the secret or by the key that their kid names', async () => {
    for (const token of [hs(), await rs({})])
      await expect(identity.verify(token, at)).resolves.toMatchObject({ userId: 'ann', tenant: { id: 'byo' } });
    const { token } = await identity.edge
      .request(putUser, { tenantId: 'byo', ref: { id: 'ann' }, fields: {} })
      .then(() => identity.edge.request(issueToken, { tenantId: 'byo', userId: 'ann' }));
    await expect(identity.verify(token)).resolves.toMatchObject({ userId: 'ann' });
  });

  it('are refused when they are forged, stale or for somebody else', async () => {
    const publicPem = await exportSPKI(pair.publicKey);
    const publicJwk = JSON.stringify(await exportJWK(pair.publicKey));
    const attacks: Readonly<Record<string, string>> = {
      'alg none': `${part({ alg: 'none' })}.${part({ sub: 'ann', exp })}.`,
      'alg none with the kid': `${part({ alg: 'none', kid: 'r1' })}.${part({ sub: 'ann', exp })}.`,
      'HS with the public key as PEM': forge({ alg: 'HS256', kid: 'r1' }, { sub: 'ann', exp }, publicPem),
      'HS with the public key as JWK': forge({ alg: 'HS256', kid: 'r1' }, { sub: 'ann', exp }, publicJwk),
      'the secret with the kid of the other key': forge({ alg: 'HS256', kid: 'r1' }, { sub: 'ann', exp }, SECRET),
      'unknown kid': await rs({}, 'r2'),
      'no kid': forge({ alg: 'RS256' }, { sub: 'ann', exp }, SECRET),
      expired: hs({ exp: exp - 1_200 }),
      'another audience': hs({ aud: 'billing' }),
      'another issuer': await rs({ iss: 'https://evil.example' }),
      'another tenant': hs({ tenant: 'acme' }),
      'another secret': hs({}, `${SECRET}!`),
      'claiming our key': forge({ alg: 'HS256', kid: 'parlance-1' }, { sub: 'ann', exp, tenant: 'byo' }, SECRET),
    };
    for (const [name, token] of Object.entries(attacks))
      await expect(identity.verify(token, at), name).rejects.toMatchObject(refused);
  });

  it('end with their key, with their device and with their user', async () => {
    const iat = Math.floor(Date.now() / 1000);
    const token = hs({ deviceId: 'phone', iat, jti: 'own' });
    await expect(identity.verify(token, at)).resolves.toMatchObject({ credentialId: 'own', deviceId: 'phone' });
    await identity.edge.request(putUser, { tenantId: 'byo', ref: { id: 'ann' }, fields: {} });
    await identity.edge.request(revokeTokens, { tenantId: 'byo', userId: 'ann', deviceId: 'phone' });
    await expect(identity.verify(token, at)).rejects.toMatchObject(refused);
    const kept = hs({ deviceId: 'tv', iat });
    await expect(identity.verify(kept, at)).resolves.toMatchObject({ userId: 'ann' });
    await identity.edge.request(terminateUser, { tenantId: 'byo', userId: 'ann', message: '' });
    await expect(identity.verify(kept, at)).rejects.toMatchObject(refused);
    await expect(identity.verify(hs({ sub: 'bob' }), at)).resolves.toMatchObject({ userId: 'bob' });
    await change('byo', { tokenKeys: [] });
    await expect(identity.verify(hs({ sub: 'bob' }), at)).rejects.toMatchObject(refused);
  });

  it('are judged by keys that nobody reads in the database or in an answer', async () => {
    const made = await make('hush', { tokenKeys: [{ secret: SECRET }], encryptHashKey: 'another secret' });
    expect(Object.keys(made).sort()).toEqual(Object.keys(tenantSchema.shape).sort());
    const rows = await database.persistence.prisma.$queryRaw`
      SELECT t::text, k::text FROM identity.tenant t JOIN identity.signing_key k USING (tenant_id)`;
    for (const secret of [SECRET, 'another secret', Buffer.from(SECRET).toString('base64url')])
      expect(JSON.stringify(rows)).not.toContain(secret);
  });
});

describe('two tenants with the same ids', () => {
  it('never see, end or open anything of each other', async () => {
    await Promise.all([make('left'), make('right')]);
    const sides = ['left', 'right'] as const;
    const step = fc.record({
      side: fc.constantFrom(...sides),
      id: fc.constantFrom('ann', 'bob', '7'),
      act: fc.constantFrom('put', 'token', 'terminate', 'revoke'),
    });
    let round = 0;
    const property = fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 12 }), async (steps) => {
      round += 1;
      const ids = (id: string): string => `${round}-${id}`;
      const ended = new Set<string>();
      const names = new Map<string, string>();
      const tokens: { place: string; tenantId: string; userId: string; token: string }[] = [];
      const revoked = new Set<string>();
      for (const [index, { side, id, act }] of steps.entries()) {
        const [tenantId, userId, place] = [side, ids(id), `${side} ${id}`];
        const known = names.has(place);
        if (act === 'put') {
          names.set(place, `${place} ${index}`);
          await identity.edge.request(putUser, {
            tenantId,
            ref: { id: userId },
            fields: { name: `${place} ${index}` },
          });
        } else if (act === 'token') {
          const issued = identity.edge.request(issueToken, { tenantId, userId, deviceId: 'phone' });
          if (known && !ended.has(place)) tokens.push({ place, tenantId, userId, token: (await issued).token });
          else expect(['not-found', 'permission-denied']).toContain(await codeOf(issued));
        } else if (act === 'terminate') {
          const end = codeOf(identity.edge.request(terminateUser, { tenantId, userId, message: place }));
          expect(await end).toBe(known ? 'answered' : 'not-found');
          if (known) ended.add(place);
        } else {
          const end = codeOf(identity.edge.request(revokeTokens, { tenantId, userId, deviceId: 'phone' }));
          expect(await end).toBe(known ? 'answered' : 'not-found');
          for (const { place: of, token } of tokens) if (of === place) revoked.add(token);
        }
      }
      for (const { place, tenantId, userId, token } of tokens) {
        const verdict = identity.verify(token);
        if (ended.has(place) || revoked.has(token)) await expect(verdict).rejects.toMatchObject(refused);
        else await expect(verdict).resolves.toMatchObject({ userId, tenant: { id: tenantId } });
      }
      for (const side of sides) {
        const refs = ['ann', 'bob', '7'].map((id) => ({ id: ids(id) }));
        const { users } = await identity.edge.request(findUsers, { tenantId: side, refs });
        expect(users.map((user) => user?.name)).toEqual(['ann', 'bob', '7'].map((id) => names.get(`${side} ${id}`)));
        const page = { tenantId: side, search: `${round}-`, offset: 0, limit: 200 };
        const listed = await identity.edge.request(listUsers, page);
        const live = [...names.keys()].filter((place) => place.startsWith(side) && !ended.has(place));
        const own = listed.users.filter(({ id }) => id.startsWith(`${round}-`));
        expect(own.map(({ name }) => name).sort()).toEqual(live.map((place) => names.get(place)).sort());
      }
    });
    const seed = Math.floor(Math.random() * 2 ** 31);
    console.info(`tenants with the same ids: seed ${seed}`);
    await fc.assert(property, { numRuns: 12, seed, endOnFailure: true });
  });
});
