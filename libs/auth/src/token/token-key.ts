import { ParlanceError } from '@parlance/domain';
import { importJWK, type CryptoKey, type JWK } from 'jose';
import { webcrypto } from 'node:crypto';
import { z } from 'zod';

/** The algorithms a tenant key may be pinned to. `none` is not among them and cannot be added by a token. */
export const TOKEN_ALGORITHMS = ['HS256', 'HS384', 'HS512', 'RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'] as const;
export type TokenAlgorithm = (typeof TOKEN_ALGORITHMS)[number];

/**
 * Our own tokens are HS256: identity alone signs and verifies them (edges ask over the bus), so nobody needs a public key, and a
 * verification costs half of an Ed25519 one (measured 107 us against 262 us of CPU), which counts when thousands connect at once.
 */
export const OWN_ALGORITHM = 'HS256' satisfies TokenAlgorithm;
export const OWN_KID_PREFIX = 'parlance-';

/** Shorter ones fail at the verification, as the library's own fault. */
const MIN_RSA_BYTES = 256;

const kidSchema = z.string().regex(/^[A-Za-z0-9._:-]{1,128}$/);

const jwkSchema = z.object({
  kty: z.enum(['oct', 'RSA', 'EC', 'OKP']),
  alg: z.enum(TOKEN_ALGORITHMS).optional(),
  kid: kidSchema.optional(),
  use: z.literal('sig').optional(),
  k: z.string().optional(),
  n: z.string().optional(),
  e: z.string().optional(),
  crv: z.enum(['P-256', 'P-384', 'Ed25519']).optional(),
  x: z.string().optional(),
  y: z.string().optional(),
});

/**
 * A key as it is stored: which tokens it judges, by which algorithm alone, for which audience (null: a token may name none, but not
 * another) and of which `iss` (null: any). `issuer` parlance = our own tokens; tenant = the tenant's own JWTs. `jwk` is secret when
 * `kty` is `oct`.
 */
export const tokenKeySourceSchema = z.object({
  kid: kidSchema.nullable(),
  issuer: z.enum(['parlance', 'tenant']),
  algorithm: z.enum(TOKEN_ALGORITHMS),
  audience: z.string().min(1).max(256).nullable(),
  iss: z.string().min(1).max(256).nullable().default(null),
  jwk: jwkSchema,
});
export type TokenKeySource = z.infer<typeof tokenKeySourceSchema>;

/** A key ready for use. */
export interface TokenKey extends Omit<TokenKeySource, 'jwk'> {
  readonly material: CryptoKey;
}

/** All keys of one tenant. */
export type TokenKeySet = readonly TokenKey[];

/** A new key for our own tokens. `generation` counts a tenant's keys, from 1. */
export function newOwnKey(
  generation: number,
  randomBytes: (size: number) => Uint8Array,
): TokenKeySource & { readonly kid: string } {
  const k = Buffer.from(randomBytes(32)).toString('base64url');
  const kid = `${OWN_KID_PREFIX}${generation}`;
  return { kid, issuer: 'parlance', algorithm: OWN_ALGORITHM, audience: null, iss: null, jwk: { kty: 'oct', k } };
}

/** A tenant's shared secret (UTF-8 text of at least 32 bytes) as its one HS256 key. Errors: `invalid`. */
export function tenantKeyFromSecret(
  secret: string,
  audience: string | null,
  iss: string | null = null,
): TokenKeySource {
  const k = Buffer.from(secret, 'utf8').toString('base64url');
  return tenantKeyFromJwk({ kty: 'oct', k }, audience, iss);
}

/**
 * One key of a tenant's JWKS, with its algorithm fixed now, by the key and never by a token. Private parts are dropped.
 * Errors: `invalid` (unknown kind or curve, algorithm of another key kind, short secret or modulus, a kid that is reserved).
 */
export function tenantKeyFromJwk(input: unknown, audience: string | null, iss: string | null = null): TokenKeySource {
  const parsed = jwkSchema.safeParse(input);
  if (!parsed.success) throw invalidKey('is not a supported JWK');
  const { alg, kid = null, ...jwk } = parsed.data;
  if (kid?.startsWith(OWN_KID_PREFIX)) throw invalidKey(`must not have a kid that starts with ${OWN_KID_PREFIX}`);
  const possible = algorithmsOf(jwk);
  const algorithm = alg ?? possible[0];
  if (algorithm === undefined || !possible.includes(algorithm)) throw invalidKey('does not fit its algorithm');
  if (jwk.kty === 'oct' && base64Bytes(jwk.k) < minimumBytes(algorithm)) {
    throw invalidKey(`needs at least ${minimumBytes(algorithm)} bytes for ${algorithm}`);
  }
  if (jwk.kty === 'RSA' && base64Bytes(jwk.n) < MIN_RSA_BYTES)
    throw invalidKey('needs a modulus of at least 2048 bits');
  return { kid, issuer: 'tenant', algorithm, audience, iss, jwk };
}

function algorithmsOf({ kty, crv }: Pick<TokenKeySource['jwk'], 'kty' | 'crv'>): readonly TokenAlgorithm[] {
  if (kty === 'oct') return ['HS256', 'HS384', 'HS512'];
  if (kty === 'RSA') return ['RS256', 'PS256'];
  if (kty === 'OKP') return crv === 'Ed25519' ? ['EdDSA'] : [];
  if (crv === 'P-256') return ['ES256'];
  return crv === 'P-384' ? ['ES384'] : [];
}

function base64Bytes(text: string | undefined): number {
  return Buffer.from(text ?? '', 'base64url').length;
}

function minimumBytes(algorithm: TokenAlgorithm): number {
  return Number(algorithm.slice(2)) / 8;
}

function invalidKey(what: string): ParlanceError {
  return new ParlanceError('invalid', `The token key ${what}.`, { fields: { tokenKeys: what } });
}

/** Makes a stored key ready for use. */
export async function importTokenKey({ jwk, ...rest }: TokenKeySource): Promise<TokenKey> {
  const material = await importJWK(withoutAbsent(jwk), rest.algorithm);
  return { ...rest, material: material instanceof Uint8Array ? await hmacKey(material, rest.algorithm) : material };
}

/** Imported once: given raw bytes, jose would import them at every verification. */
async function hmacKey(bytes: Uint8Array, algorithm: TokenAlgorithm): Promise<CryptoKey> {
  const hash = `SHA-${algorithm.slice(2)}`;
  return webcrypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash }, false, ['sign', 'verify']);
}

function withoutAbsent(jwk: TokenKeySource['jwk']): JWK {
  const present: JWK = { kty: jwk.kty };
  for (const name of ['k', 'n', 'e', 'crv', 'x', 'y'] as const) {
    const value = jwk[name];
    if (value !== undefined) present[name] = value;
  }
  return present;
}
