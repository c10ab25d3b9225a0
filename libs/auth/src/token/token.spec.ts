import fc from 'fast-check';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT, type JWK } from 'jose';
import { createHmac, randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { importTokenKey, newOwnKey, tenantKeyFromJwk, tenantKeyFromSecret, type TokenKey } from './token-key.js';
import { MAX_TOKEN_CHARS, peekToken, signToken, verifyToken } from './token.js';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const SECONDS = NOW / 1000;
const SECRET = 'the shared secret of a tenant, 32 bytes or more';
const request = { tenantId: 'acme', userId: 'ann@x.io', tokenId: 'aabbccddeeff001122334455', now: NOW, ttlSeconds: 60 };

let own: TokenKey;
let otherOwn: TokenKey;
let rsa: TokenKey;
let shared: TokenKey;
let rsaPublicPem: string;
let rsaPublicJwk: JWK;
let signRsa: (claims: Record<string, unknown>) => Promise<string>;

beforeAll(async () => {
  own = await importTokenKey(newOwnKey(1, randomBytes));
  otherOwn = await importTokenKey(newOwnKey(1, randomBytes));
  shared = await importTokenKey(tenantKeyFromSecret(SECRET, null));
  const pair = await generateKeyPair('RS256', { extractable: true });
  rsaPublicPem = await exportSPKI(pair.publicKey);
  rsaPublicJwk = await exportJWK(pair.publicKey);
  rsa = await importTokenKey(tenantKeyFromJwk({ ...rsaPublicJwk, kid: 'r1' }, 'https://acme.example/chat'));
  signRsa = (claims) => new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'r1' }).sign(pair.privateKey);
});

const keySet = () => [own, rsa, shared];
const verify = (token: string, tenantId = 'acme', now = NOW) => verifyToken(token, keySet(), { tenantId, now });

/** A value as JSON, or JSON as it is: for what no value is written as. */
function part(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
}

/** A token signed with HMAC over any header and claims, as an attacker would make it. */
function forge(header: object, claims: object | string, secret: string | Buffer): string {
  const body = `${part(header)}.${part(claims)}`;
  return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
}

const claims = { sub: 'ann', exp: SECONDS + 60 };
const ownClaims = { ...claims, tenant: 'acme', jti: 'j', aud: 'parlance', iat: SECONDS };

describe('a token of our own', () => {
  it('says whose it is, until it expires', async () => {
    const { token, expiresAt } = await signToken({ ...request, deviceId: 'phone', dialect: 'some' }, own);
    expect(expiresAt).toBe(NOW + 60_000);
    expect(peekToken(token)).toEqual({ tenantId: 'acme' });
    await expect(verify(token)).resolves.toEqual({
      userId: 'ann@x.io',
      tokenId: request.tokenId,
      deviceId: 'phone',
      dialect: 'some',
      issuedAt: NOW,
      expiresAt,
    });
    await expect(verify(token, 'acme', expiresAt - 1)).resolves.toMatchObject({ userId: 'ann@x.io' });
    await expect(verify(token, 'acme', expiresAt)).rejects.toMatchObject({
      code: 'unauthenticated',
      message: 'The token has expired.',
    });
  });

  it('carries exactly the claims of a JWT that any library reads', async () => {
    const { token } = await signToken(request, own);
    const [header = '', payload = ''] = token.split('.');
    const read = (text: string): unknown => JSON.parse(Buffer.from(text, 'base64url').toString());
    expect(read(header)).toEqual({ alg: 'HS256', typ: 'JWT', kid: 'parlance-1' });
    expect(read(payload)).toEqual({
      sub: 'ann@x.io',
      tenant: 'acme',
      jti: request.tokenId,
      aud: 'parlance',
      iat: SECONDS,
      issuedAtMs: NOW,
      exp: SECONDS + 60,
    });
  });

  it('is never signed with a key of the tenant', async () => {
    await expect(signToken(request, shared)).rejects.toThrow('our own keys only');
  });
});

describe("a tenant's own JWT", () => {
  it('is accepted with the key its kid names and the audience of that key', async () => {
    const token = await signRsa({ ...claims, aud: 'https://acme.example/chat' });
    await expect(verify(token)).resolves.toMatchObject({ userId: 'ann', tokenId: null });
  });

  it('may leave out kid and audience where the tenant has one shared secret', async () => {
    await expect(verify(forge({ alg: 'HS256' }, claims, SECRET))).resolves.toMatchObject({ userId: 'ann' });
    const named = forge({ alg: 'HS256' }, { ...claims, aud: ['other', 'parlance'] }, SECRET);
    await expect(verify(named)).resolves.toMatchObject({ userId: 'ann' });
  });

  it('must be of the issuer that its key names, where it names one', async () => {
    const key = await importTokenKey(tenantKeyFromSecret(SECRET, null, 'https://id.acme.example'));
    const judge = (more: object) =>
      verifyToken(forge({ alg: 'HS256' }, { ...claims, ...more }, SECRET), [key], { tenantId: 'acme', now: NOW });
    await expect(judge({ iss: 'https://id.acme.example' })).resolves.toMatchObject({ userId: 'ann' });
    for (const other of [{}, { iss: 'https://id.evil.example' }, { iss: ['https://id.acme.example'] }]) {
      await expect(judge(other)).rejects.toMatchObject({ code: 'unauthenticated' });
    }
  });

  it('says when it was issued by its own clock, never by a claim of ours', async () => {
    const token = forge({ alg: 'HS256' }, { ...claims, iat: SECONDS - 5, issuedAtMs: NOW + 60_000 }, SECRET);
    await expect(verify(token)).resolves.toMatchObject({ issuedAt: NOW - 5_000 });
    await expect(verify(forge({ alg: 'HS256' }, claims, SECRET))).resolves.toMatchObject({ issuedAt: null });
  });

  it('may start up to 30 s in the future, for a clock that runs ahead', async () => {
    const starting = (seconds: number) => forge({ alg: 'HS256' }, { ...claims, nbf: SECONDS + seconds }, SECRET);
    await expect(verify(starting(30))).resolves.toMatchObject({ userId: 'ann' });
    await expect(verify(starting(31))).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it.each(['HS384', 'HS512', 'PS256', 'ES256', 'ES384', 'EdDSA'])('works with %s', async (alg) => {
    const sign = new SignJWT(claims).setProtectedHeader({ alg, kid: 'k' });
    if (alg.startsWith('HS')) {
      const secret = randomBytes(64);
      const key = await importTokenKey(
        tenantKeyFromJwk({ kty: 'oct', k: secret.toString('base64url'), alg, kid: 'k' }, null),
      );
      const token = await sign.sign(secret);
      await expect(verifyToken(token, [key], { tenantId: 'acme', now: NOW })).resolves.toMatchObject({ userId: 'ann' });
      return;
    }
    const pair = await generateKeyPair(alg, { extractable: true });
    const jwk = { ...(await exportJWK(pair.privateKey)), alg, kid: 'k' };
    const source = tenantKeyFromJwk(jwk, null);
    expect(source.jwk).not.toHaveProperty('d');
    const token = await sign.sign(pair.privateKey);
    const key = await importTokenKey(source);
    await expect(verifyToken(token, [key], { tenantId: 'acme', now: NOW })).resolves.toMatchObject({ userId: 'ann' });
  });
});

describe('an attack', () => {
  const attacks: Readonly<Record<string, () => string | Promise<string>>> = {
    'alg none': () => new UnsecuredJWT(ownClaims).encode(),
    'alg none with a kid': () => `${part({ alg: 'none', kid: 'parlance-1' })}.${part(ownClaims)}.`,
    'alg nOnE': () => `${part({ alg: 'nOnE', kid: 'r1' })}.${part(claims)}.`,
    'HS256 keyed with the RSA public key as PEM': () => forge({ alg: 'HS256', kid: 'r1' }, claims, rsaPublicPem),
    'HS256 keyed with the RSA public key as JWK': () =>
      forge({ alg: 'HS256', kid: 'r1' }, claims, JSON.stringify(rsaPublicJwk)),
    'another algorithm of the same key': () => forge({ alg: 'HS512' }, claims, SECRET),
    'unknown kid': () => forge({ alg: 'HS256', kid: 'parlance-2' }, ownClaims, SECRET),
    'kid as a path': () => forge({ alg: 'HS256', kid: '../../../dev/null' }, claims, ''),
    'kid as SQL': () => forge({ alg: 'HS256', kid: "x' UNION SELECT 'k" }, claims, 'k'),
    'kid __proto__': () => forge({ alg: 'HS256', kid: '__proto__' }, claims, ''),
    'kid that is no text': () => forge({ alg: 'HS256', kid: { r1: 1 } }, claims, SECRET),
    'kid of a list': () => forge({ alg: 'HS256', kid: ['r1'] }, claims, SECRET),
    'our own kid, the tenant signs with its secret': () =>
      forge({ alg: 'HS256', kid: 'parlance-1' }, ownClaims, SECRET),
    'a key brought along as jwk': () =>
      forge({ alg: 'HS256', kid: 'x', jwk: { kty: 'oct', k: part('k') } }, claims, 'k'),
    'a key brought along as jku': () => forge({ alg: 'HS256', kid: 'x', jku: 'http://127.0.0.1/keys' }, claims, 'k'),
    'unknown critical header': () => forge({ alg: 'HS256', crit: ['odd'], odd: 1 }, claims, SECRET),
    'expired a second ago': () => forge({ alg: 'HS256' }, { ...claims, exp: SECONDS - 1 }, SECRET),
    'no expiry': () => forge({ alg: 'HS256' }, { sub: 'ann' }, SECRET),
    'expiry as text': () => forge({ alg: 'HS256' }, { ...claims, exp: '9999999999' }, SECRET),
    'expiry beyond all numbers': () => forge({ alg: 'HS256' }, '{"sub":"ann","exp":1e999}', SECRET),
    'not before a minute from now': () => forge({ alg: 'HS256' }, { ...claims, nbf: SECONDS + 60 }, SECRET),
    'audience of another service': () => forge({ alg: 'HS256' }, { ...claims, aud: 'billing' }, SECRET),
    'missing audience where the key asks for one': () => signRsa(claims),
    'wrong audience where the key asks for one': () => signRsa({ ...claims, aud: 'parlance' }),
    'tenant of another customer': () => forge({ alg: 'HS256' }, { ...claims, tenant: 'other' }, SECRET),
    'expiry beyond the calendar': () => forge({ alg: 'HS256' }, { ...claims, exp: 1e300 }, SECRET),
    'no subject': () => forge({ alg: 'HS256' }, { exp: SECONDS + 60 }, SECRET),
    'empty subject': () => forge({ alg: 'HS256' }, { ...claims, sub: '' }, SECRET),
    'subject that is no text': () => forge({ alg: 'HS256' }, { ...claims, sub: ['ann'] }, SECRET),
    'subject of 129 bytes': () => forge({ alg: 'HS256' }, { ...claims, sub: 'é'.repeat(64) + 'a' }, SECRET),
    'subject with a line break': () => forge({ alg: 'HS256' }, { ...claims, sub: 'ann\nadmin' }, SECRET),
    oversized: () => forge({ alg: 'HS256' }, { ...claims, pad: 'x'.repeat(MAX_TOKEN_CHARS) }, SECRET),
    'claims that are no object': () => forge({ alg: 'HS256' }, ['ann'], SECRET),
    'five parts (encrypted)': () => 'a.b.c.d.e',
    'signature cut off': async () => `${(await signToken(request, own)).token.split('.').slice(0, 2).join('.')}.`,
    'claims exchanged under a good signature': async () => {
      const [header, , signature] = (await signToken(request, own)).token.split('.');
      return `${header}.${part({ ...ownClaims, sub: 'admin' })}.${signature}`;
    },
    'own token of another installation': async () => (await signToken(request, otherOwn)).token,
  };

  it.each(Object.entries(attacks))('%s is refused', async (_name, make) => {
    await expect(verify(await make())).rejects.toMatchObject({ name: 'ParlanceError', code: 'unauthenticated' });
  });

  it('with a token of one tenant at another is refused, even with the same key', async () => {
    const { token } = await signToken(request, own);
    await expect(verify(token, 'other')).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('cannot use two nameless keys at once', async () => {
    const second = await importTokenKey(tenantKeyFromSecret(`${SECRET} two`, null));
    const token = forge({ alg: 'HS256' }, claims, SECRET);
    const verdict = verifyToken(token, [shared, second], { tenantId: 'acme', now: NOW });
    await expect(verdict).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('with any character of a token changed is refused', async () => {
    const { token } = await signToken(request, own);
    // The last character holds two unused bits, so some changes of it change nothing.
    for (let at = 0; at < token.length - 1; at += 1) {
      const changed = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
      await expect(verify(changed)).rejects.toMatchObject({ code: 'unauthenticated' });
    }
  });

  it('with anything at all is an unauthenticated error, never another one', async () => {
    const segment = fc.oneof(
      fc.base64String().map((text) => text.replace(/[+/=]/g, '_')),
      fc.json().map((json) => Buffer.from(json).toString('base64url')),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc.tuple(segment, segment, segment).map((parts) => parts.join('.')),
        ),
        async (text) => {
          await expect(verify(text)).rejects.toMatchObject({ code: 'unauthenticated' });
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("a tenant's key", () => {
  const k = randomBytes(32).toString('base64url');
  it.each<[string, unknown]>([
    ['a short secret', { kty: 'oct', k: randomBytes(31).toString('base64url') }],
    ['a secret too short for HS512', { kty: 'oct', k, alg: 'HS512' }],
    ['an RSA key pinned to HS256', { kty: 'RSA', n: 'AQAB', e: 'AQAB', alg: 'HS256' }],
    ['alg none', { kty: 'oct', k, alg: 'none' }],
    ['an encryption key', { kty: 'oct', k, use: 'enc' }],
    ['a reserved kid', { kty: 'oct', k, kid: 'parlance-1' }],
    ['a kid with a path', { kty: 'oct', k, kid: '../x' }],
    ['an RSA key of 1024 bits', { kty: 'RSA', n: randomBytes(128).toString('base64url'), e: 'AQAB' }],
    ['an unknown curve', { kty: 'EC', crv: 'secp256k1', x: 'a', y: 'b' }],
    ['no key at all', null],
  ])('is refused when it is %s', (_name, jwk) => {
    expect(() => tenantKeyFromJwk(jwk, null)).toThrow(expect.objectContaining({ code: 'invalid' }));
  });
});
