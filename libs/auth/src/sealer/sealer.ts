import { createCipheriv, createDecipheriv, hkdfSync, randomFillSync } from 'node:crypto';

/** Makes text unreadable and unforgeable for whoever lacks the secret. */
export interface Sealer {
  /** `context` binds the token to where it belongs: it opens with the same context only. */
  readonly seal: (text: string, context?: string) => string;
  /** The text, or null for anything that was not sealed here: foreign, tampered, cut, of another context or secret. */
  readonly open: (token: string, context?: string) => string | null;
}

export interface SealerOptions {
  /** the secret before the last rotation: still opens, never seals */
  readonly previous?: string | undefined;
  /** separates the uses of one secret: tokens of one purpose do not open for another */
  readonly purpose?: string;
  readonly randomBytes?: (size: number) => Uint8Array;
}

export const MIN_SECRET_CHARS = 32;

const NONCE_BYTES = 12;
/** Drawn at a time: a draw costs as much as a sealing. */
const POOLED_NONCES = 256;
const TAG_BYTES = 16;
const MAX_TOKEN_CHARS = 65_536;
const BASE64URL = /^[A-Za-z0-9_-]+$/;

/** AES-256-GCM with a random nonce; a token is base64url of nonce, ciphertext and tag. Throws when a secret is too short. */
export function sealer(secret: string, options: SealerOptions = {}): Sealer {
  const secrets = options.previous === undefined ? [secret] : [secret, options.previous];
  const purpose = options.purpose ?? 'token';
  const random = options.randomBytes ?? pooled();
  const keys = secrets.map((item) => deriveKey(item, purpose));
  const [current] = keys;
  if (current === undefined) throw new Error('A sealer needs a secret.');
  return {
    seal: (text, context = '') => encrypt(current, random(NONCE_BYTES), text, context),
    open: (token, context = '') => {
      const bytes = decode(token);
      if (bytes === null) return null;
      for (const key of keys) {
        const text = decrypt(key, bytes, context);
        if (text !== null) return text;
      }
      return null;
    },
  };
}

/** Random bytes, each handed out once, for nonces. */
function pooled(): (size: number) => Uint8Array {
  const pool = Buffer.alloc(POOLED_NONCES * NONCE_BYTES);
  let used = pool.length;
  return (size) => {
    if (used + size > pool.length) {
      randomFillSync(pool);
      used = 0;
    }
    used += size;
    return pool.subarray(used - size, used);
  };
}

function deriveKey(secret: string, purpose: string): Buffer {
  if (secret.length < MIN_SECRET_CHARS) throw new Error(`A secret must have at least ${MIN_SECRET_CHARS} characters.`);
  return Buffer.from(hkdfSync('sha256', secret, 'parlance', purpose, 32));
}

function encrypt(key: Buffer, nonce: Uint8Array, text: string, context: string): string {
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(context, 'utf8'));
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, sealed, cipher.getAuthTag()]).toString('base64url');
}

function decode(token: string): Buffer | null {
  if (token.length > MAX_TOKEN_CHARS || !BASE64URL.test(token)) return null;
  const bytes = Buffer.from(token, 'base64url');
  // A token has one spelling: the unused bits of the last character must be zero.
  const whole = bytes.length >= NONCE_BYTES + TAG_BYTES && bytes.toString('base64url') === token;
  return whole ? bytes : null;
}

function decrypt(key: Buffer, bytes: Buffer, context: string): string | null {
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(context, 'utf8'));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  const text = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
  try {
    return Buffer.concat([text, decipher.final()]).toString('utf8');
  } catch {
    // final() throws for one reason only: the tag does not fit, which is the answer "not sealed with this key".
    return null;
  }
}
