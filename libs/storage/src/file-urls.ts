import { createHmac, timingSafeEqual } from 'node:crypto';

export const FILE_ROOT = '/f';
export const MIN_FILES_SECRET_CHARS = 32;

const NAME_CHARS = 100;
const MAX_PROOF_CHARS = 300;

export interface FileUrlOptions {
  readonly secret: string;
  /** the secret before the last rotation: URLs made with it stay good */
  readonly previous?: string | undefined;
  /** origin that clients reach, such as `https://chat.example.org`; unset: URLs are rooted at whatever origin they are read from */
  readonly publicUrl?: string | undefined;
}

/** A secret for file URLs out of another one of the installation, for where nobody set one. */
export function filesSecretFrom(secret: string): string {
  return createHmac('sha256', secret).update('parlance file urls').digest('base64');
}

/**
 * URLs of stored files: `/f/<id>/<proof>/<name>`. The proof names the tenant and is an HMAC over tenant and id, which nobody can guess:
 * who was shown the URL may read the file, so it stands in the messages of the file's room alone.
 */
export class FileUrls {
  private readonly keys: readonly [string, ...string[]];
  private readonly origin: string;

  constructor({ secret, previous, publicUrl }: FileUrlOptions) {
    if ([secret, previous ?? secret].some((one) => one.length < MIN_FILES_SECRET_CHARS)) {
      throw new Error(`A secret for file URLs must have at least ${MIN_FILES_SECRET_CHARS} characters.`);
    }
    this.keys = previous === undefined ? [secret] : [secret, previous];
    this.origin = (publicUrl ?? '').replace(/\/+$/, '');
  }

  urlOf(tenantId: string, file: { readonly id: string; readonly name: string }): string {
    const proof = `${encoded(tenantId)}.${signed(this.keys[0], tenantId, file.id)}`;
    const name = Array.from(file.name).slice(0, NAME_CHARS).join('');
    return `${this.origin}${FILE_ROOT}/${encodeURIComponent(file.id)}/${proof}/${encodeURIComponent(name)}`;
  }

  /** The tenant whose file the proof opens, or null for a proof that was not made here or belongs to another file. */
  tenantOf(fileId: string, proof: string): string | null {
    const [tenant, signature, ...rest] = proof.length > MAX_PROOF_CHARS ? [] : proof.split('.');
    if (tenant === undefined || signature === undefined || rest.length > 0) return null;
    const tenantId = Buffer.from(tenant, 'base64url').toString('utf8');
    const isGood = this.keys.some((key) => equal(signature, signed(key, tenantId, fileId)));
    return isGood && encoded(tenantId) === tenant ? tenantId : null;
  }
}

function encoded(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64url');
}

function signed(key: string, tenantId: string, fileId: string): string {
  return createHmac('sha256', key)
    .update(`file\n${encoded(tenantId)}\n${encoded(fileId)}`)
    .digest('base64url');
}

function equal(given: string, expected: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
}
