import type { Readable } from 'node:stream';

/** How a reader is to take an object: what a URL of the store's own must answer with. */
export interface ReadAs {
  readonly mimeType: string;
  /** a whole Content-Disposition value */
  readonly disposition: string;
}

/** An object's bytes, or a URL of the store's own that answers them for a few minutes. */
export type StoredObject =
  | { readonly kind: 'stream'; readonly stream: Readable; readonly size: number }
  | { readonly kind: 'url'; readonly url: string };

/**
 * Where uploaded bytes are kept. Keys are segments of `A-Z a-z 0-9 _ -`, joined by `/`: everything else is encoded by the caller and
 * throws here. Another put under the same key replaces the object whole; nobody ever reads half of one.
 */
export interface Storage {
  put(key: string, bytes: Uint8Array, mimeType: string): Promise<void>;
  /** null: there is no such object. */
  get(key: string, as: ReadAs): Promise<StoredObject | null>;
  /** An object that is not there is removed already. */
  remove(key: string): Promise<void>;
}

const KEY = /^[\w-]{1,200}(?:\/[\w-]{1,200}){0,4}$/;

/** The key, or an error: a name that a person chose must never reach a path. */
export function checkedKey(key: string): string {
  if (KEY.test(key)) return key;
  throw new TypeError('A storage key has letters, digits, "_" and "-" in at most five segments.');
}
