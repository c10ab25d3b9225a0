import { idSchema, ParlanceError } from '@parlance/domain';
import { decodeJwt, decodeProtectedHeader, errors, jwtVerify, SignJWT, type JWTVerifyOptions } from 'jose';
import { z } from 'zod';
import type { TokenKey, TokenKeySet } from './token-key.js';

export const TOKEN_AUDIENCE = 'parlance';
export const MAX_TOKEN_CHARS = 8_192;

/** How far a tenant's clock may run ahead of ours (`nbf`). Expiry has no grace: what we say expires at a time is refused from it on. */
const CLOCK_TOLERANCE_S = 30;

const FORM = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/;

/**
 * Who a verified token speaks for. Times in milliseconds since the epoch; `issuedAt` null: it does not say. `tokenId` is the unit of
 * revocation.
 */
export interface TokenIdentity {
  readonly userId: string;
  readonly tokenId: string | null;
  readonly deviceId: string | null;
  readonly dialect: string | null;
  readonly issuedAt: number | null;
  readonly expiresAt: number;
}

/** What a token says of itself, unverified: only good for finding the keys that may judge it. */
export interface TokenClaim {
  readonly tenantId: string | null;
}

export interface TokenRequest {
  readonly tenantId: string;
  readonly userId: string;
  readonly tokenId: string;
  readonly deviceId?: string | undefined;
  readonly dialect?: string | undefined;
  /** milliseconds since the epoch */
  readonly now: number;
  readonly ttlSeconds: number;
}

const claimsSchema = z.object({
  sub: idSchema,
  tenant: idSchema.optional(),
  jti: z.string().min(1).max(128).optional(),
  deviceId: z.string().min(1).max(128).optional(),
  dialect: z.string().min(1).max(32).optional(),
  aud: z.union([z.string(), z.array(z.string())]).optional(),
  iat: z.number().optional(),
  issuedAtMs: z.int().optional(),
  // no later than the last instant a Date can hold
  exp: z.number().max(8.64e12),
});
type Claims = z.infer<typeof claimsSchema>;

/** Whether a text has a token's form, so that it is judged as one. */
export function looksLikeToken(text: string): boolean {
  return text.length <= MAX_TOKEN_CHARS && FORM.test(text);
}

/** Signs a token for one user. `expiresAt` in milliseconds since the epoch, on a whole second as the claim is. */
export async function signToken(request: TokenRequest, key: TokenKey): Promise<{ token: string; expiresAt: number }> {
  if (key.issuer !== 'parlance' || key.kid === null) throw new Error('Tokens are signed with our own keys only.');
  const issuedAt = Math.floor(request.now / 1000);
  const expiresAt = issuedAt + request.ttlSeconds;
  const { tenantId: tenant, deviceId, dialect } = request;
  // In whole seconds, a token made right after its device was signed out would look older than that.
  const own = { tenant, issuedAtMs: request.now, ...(deviceId && { deviceId }), ...(dialect && { dialect }) };
  const token = await new SignJWT(own)
    .setProtectedHeader({ alg: key.algorithm, typ: 'JWT', kid: key.kid })
    .setSubject(request.userId)
    .setJti(request.tokenId)
    .setAudience(TOKEN_AUDIENCE)
    .setIssuedAt(issuedAt)
    .setExpirationTime(expiresAt)
    .sign(key.material);
  return { token, expiresAt: expiresAt * 1000 };
}

/** Reads the tenant a token names, believing nothing. Throws `unauthenticated` for what is no token. */
export function peekToken(token: string): TokenClaim {
  if (!looksLikeToken(token)) throw refused();
  try {
    const { tenant } = decodeJwt(token);
    return { tenantId: tenant === undefined ? null : idSchema.parse(tenant) };
  } catch (error) {
    throw refusal(error);
  }
}

/**
 * Judges a token by the keys of one tenant: the key is picked by `kid` (a token without one is judged by the tenant's only
 * nameless key), and only that key's own algorithm counts. Everything wrong is `unauthenticated`.
 */
export async function verifyToken(
  token: string,
  keys: TokenKeySet,
  { tenantId, now }: { readonly tenantId: string; readonly now: number },
): Promise<TokenIdentity> {
  if (!looksLikeToken(token)) throw refused();
  try {
    const key = pickKey(keys, readKid(token));
    const { payload } = await jwtVerify(token, key.material, rulesOf(key, now));
    return identityOf(claimsSchema.parse(payload), key, { tenantId, now });
  } catch (error) {
    throw refusal(error);
  }
}

function readKid(token: string): unknown {
  try {
    return decodeProtectedHeader(token).kid;
  } catch (error) {
    // The token is the only input, so whatever is wrong is wrong with it.
    throw refused(undefined, error);
  }
}

function pickKey(keys: TokenKeySet, kid: unknown): TokenKey {
  const candidates = keys.filter((key) => key.kid === (kid ?? null));
  const [key] = candidates;
  if (key === undefined || candidates.length > 1) throw refused();
  return key;
}

function rulesOf(key: TokenKey, now: number): JWTVerifyOptions {
  const required = key.issuer === 'parlance' ? ['sub', 'exp', 'iat', 'jti', 'tenant', 'aud'] : ['sub', 'exp'];
  const audience = key.issuer === 'parlance' ? TOKEN_AUDIENCE : key.audience;
  return {
    algorithms: [key.algorithm],
    currentDate: new Date(now),
    clockTolerance: CLOCK_TOLERANCE_S,
    requiredClaims: required,
    ...(audience !== null && { audience }),
    ...(key.iss !== null && { issuer: key.iss }),
  };
}

function identityOf(
  claims: Claims,
  key: TokenKey,
  { tenantId, now }: { tenantId: string; now: number },
): TokenIdentity {
  const expiresAt = claims.exp * 1000;
  if (expiresAt <= now) throw refused('The token has expired.');
  if (claims.tenant !== undefined && claims.tenant !== tenantId) throw refused();
  if (key.issuer === 'tenant' && key.audience === null && !mayOmitAudience(claims.aud)) throw refused();
  const { sub, jti, deviceId, dialect } = claims;
  const issuedAt = issuedAtOf(claims, key);
  return {
    userId: sub,
    tokenId: jti ?? null,
    deviceId: deviceId ?? null,
    dialect: dialect ?? null,
    issuedAt,
    expiresAt,
  };
}

function issuedAtOf({ iat, issuedAtMs }: Claims, { issuer }: TokenKey): number | null {
  if (issuer === 'parlance' && issuedAtMs !== undefined) return issuedAtMs;
  return iat === undefined ? null : iat * 1000;
}

/** A tenant's token made for another service, with the same secret, must not open this one. */
function mayOmitAudience(audience: string | readonly string[] | undefined): boolean {
  return audience === undefined || [audience].flat().includes(TOKEN_AUDIENCE);
}

function refused(message = 'The token is not valid.', cause?: unknown): ParlanceError {
  return new ParlanceError('unauthenticated', message, undefined, { cause });
}

/** What a token can cause is a refusal; anything else is our own fault and stays what it is. */
function refusal(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) return refused('The token has expired.', error);
  const caused = error instanceof errors.JOSEError || error instanceof z.ZodError;
  return caused ? refused(undefined, error) : error;
}
