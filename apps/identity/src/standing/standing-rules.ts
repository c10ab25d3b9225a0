/**
 * `token`: the one whose id is `ref`. `device`: all tokens of the device `ref` that were issued up to `at` (ms since the epoch).
 * `user`: all tokens that were (`ref` is empty).
 */
export interface Revocation {
  readonly kind: 'token' | 'device' | 'user';
  readonly ref: string;
  readonly at: number;
}

/** What is held against a user's tokens. */
export interface Standing {
  readonly terminated: boolean;
  readonly revocations: readonly Revocation[];
}

/** The part of a token's identity that can be revoked. */
export interface RevocableToken {
  readonly tokenId: string | null;
  readonly deviceId: string | null;
  /** ms since the epoch; null: it does not say, so it may be of any age */
  readonly issuedAt: number | null;
}

export function isRevocationKind(kind: string | null): kind is Revocation['kind'] {
  return kind === 'token' || kind === 'device' || kind === 'user';
}

export function isRevoked({ revocations }: Standing, { tokenId, deviceId, issuedAt }: RevocableToken): boolean {
  return revocations.some(({ kind, ref, at }) => {
    if (kind === 'token') return ref === tokenId;
    return (kind === 'user' || ref === deviceId) && (issuedAt === null || issuedAt <= at);
  });
}

/**
 * When a token that is made now must say it was issued: after the last sign-out of its user or device, which another replica may have written
 * with a clock that is ahead of ours.
 */
export function issueTime({ revocations }: Standing, deviceId: string | undefined, now: number): number {
  const past = revocations.flatMap(({ kind, ref, at }) =>
    kind === 'user' || (kind === 'device' && ref === deviceId) ? [at + 1] : [],
  );
  return Math.max(now, ...past);
}
