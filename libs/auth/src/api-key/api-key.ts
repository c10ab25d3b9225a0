import { createHash, timingSafeEqual } from 'node:crypto';

/** The kinds of API key: a tenant's server, a tenant's app, the installation's owner. */
export type ApiKeyKind = 'secret' | 'publishable' | 'operator';

/** What a key's text says of itself, unverified. `id` finds the stored hash. */
export interface ApiKeyClaim {
  readonly id: string;
  readonly kind: ApiKeyKind;
}

/** A new key. `text` is shown once; only `hash` is stored. */
export interface IssuedApiKey extends ApiKeyClaim {
  readonly text: string;
  readonly hash: Buffer;
}

export interface ApiKeySource {
  /** makes a 24-hex id */
  readonly newId: () => string;
  readonly randomBytes: (size: number) => Uint8Array;
}

const SECRET_BYTES = 32;
const PREFIXES = { publishable: 'pk', secret: 'sk', operator: 'op' } as const satisfies Record<ApiKeyKind, string>;
const KINDS = new Map<string, ApiKeyKind>([
  ['pk', 'publishable'],
  ['sk', 'secret'],
  ['op', 'operator'],
]);
const FORM = /^(pk|sk|op)_([0-9a-f]{24})_[A-Za-z0-9_-]{43}$/;

/** The well-known keys of the demo tenant (native-api.md), the one exception to the form. Their id is their text. */
export const DEMO_KEYS: readonly ApiKeyClaim[] = [
  { id: 'demo-secret-key', kind: 'secret' },
  { id: 'demo-public-key', kind: 'publishable' },
  { id: 'demo-operator-key', kind: 'operator' },
];

/** A key of 256 random bits, written `<prefix>_<id>_<secret>`. */
export function issueApiKey(kind: ApiKeyKind, source: ApiKeySource): IssuedApiKey {
  const id = source.newId();
  const secret = Buffer.from(source.randomBytes(SECRET_BYTES)).toString('base64url');
  const text = `${PREFIXES[kind]}_${id}_${secret}`;
  return { id, kind, text, hash: hashApiKey(text) };
}

/** Reads the id and kind out of a key's text; null when it has no key's form. Says nothing about whether the key exists. */
export function parseApiKey(text: string): ApiKeyClaim | null {
  const [, prefix = '', id = ''] = FORM.exec(text) ?? [];
  const kind = KINDS.get(prefix);
  return kind === undefined ? (DEMO_KEYS.find((key) => key.id === text) ?? null) : { id, kind };
}

/** SHA-256 is enough: the secret is 256 random bits, and one dialect sends its key with every emit, so a slow hash would cost. */
export function hashApiKey(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}

/** Compares in constant time. */
export function apiKeyMatches(text: string, storedHash: Uint8Array): boolean {
  const hash = hashApiKey(text);
  return hash.length === storedHash.length && timingSafeEqual(hash, storedHash);
}

/** Whether a text is one of the demo keys, which only a demo installation may know. */
export function isDemoKey(text: string): boolean {
  return DEMO_KEYS.some((key) => key.id === text);
}
