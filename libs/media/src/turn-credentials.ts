import { createHash, createHmac } from 'node:crypto';

/** Whom a credential is for; `userId` null: the app's own server. */
export interface TurnUser {
  readonly tenantId: string;
  readonly userId: string | null;
}

/** What a client hands to its TURN server. `ttl` in seconds; `uris` as RTCIceServer takes them. */
export interface TurnCredentials {
  readonly username: string;
  readonly credential: string;
  readonly ttl: number;
  readonly uris: readonly string[];
}

export interface TurnOptions {
  /** as the TURN server knows them; the first one signs */
  readonly secrets: readonly [string, ...string[]];
  readonly uris: readonly string[];
  readonly ttlMs: number;
}

const MS = 1_000;
/** RFC 8489: USERNAME has fewer than 509 bytes. */
const MAX_USERNAME_CHARS = 508;

/**
 * Time-limited TURN credentials, which coturn checks by itself with `use-auth-secret`: the username is `<expiry>:<tenant>.<user>` with the
 * expiry in Unix seconds, the credential the base64 HMAC-SHA1 of the username (draft-uberti-behave-turn-rest).
 */
export function turnCredentials({ tenantId, userId }: TurnUser, options: TurnOptions, nowMs: number): TurnCredentials {
  const { secrets, uris, ttlMs } = options;
  const ttl = Math.floor(ttlMs / MS);
  const username = `${Math.floor(nowMs / MS) + ttl}:${holder(tenantId, userId)}`;
  return { username, credential: createHmac('sha1', secrets[0]).update(username).digest('base64'), ttl, uris };
}

/** The first dot parts tenant and user. */
function holder(tenantId: string, userId: string | null): string {
  const tenant = plain(tenantId).replaceAll('.', '%2E');
  if (userId === null) return tenant;
  const user = plain(userId);
  // What comes before takes 11 characters and a dot.
  const isTooLong = tenant.length + user.length + 12 > MAX_USERNAME_CHARS;
  return `${tenant}.${isTooLong ? createHash('sha256').update(userId).digest('base64url') : user}`;
}

/**
 * Percent-encoded but for letters, digits, `.`, `_` and `-`: coturn answers a blank, a quote or a backslash with 400, and so it does a name
 * that has both `union` and `select`.
 */
function plain(id: string): string {
  const bytes = [...Buffer.from(id, 'utf8')];
  const text = bytes.map((byte) => (isPlain(byte) ? String.fromCharCode(byte) : encoded(byte))).join('');
  return text.replace(/s(?=elect)/gi, (letter) => encoded(letter.charCodeAt(0)));
}

function isPlain(byte: number): boolean {
  return /[\w.-]/.test(String.fromCharCode(byte));
}

function encoded(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}
