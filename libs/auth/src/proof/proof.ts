import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/**
 * What a stock client of the shared-secret scheme shows at its sign-in: the lower-case hex SHA-512 of `<key>_<identifier>`. `key` is
 * the tenant's `encryptHashKey`.
 */
export function signInProof(key: string, identifier: string): string {
  return createHash('sha512').update(`${key}_${identifier}`, 'utf8').digest('hex');
}

/**
 * What the app's own server signs a claimed user with where `payloadIdentity` is `signed`: the base64url HMAC-SHA256 of the user's
 * id (`id`, never its number or a name), keyed with the tenant's `encryptHashKey`.
 */
export function userProof(key: string, userId: string): string {
  return createHmac('sha256', key).update(userId, 'utf8').digest('base64url');
}

/** Compares in constant time, whatever the lengths. */
export function proofMatches(expected: string, given: string): boolean {
  return timingSafeEqual(digest(expected), digest(given));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}
