import { z } from 'zod';

const MAX_ID_BYTES = 128;

/** Any id a tenant may choose: 1 to 128 bytes of UTF-8, no control characters (it ends in logs, keys and subjects). */
export const idSchema = z
  .string()
  .min(1)
  .max(MAX_ID_BYTES)
  .refine((id) => Buffer.byteLength(id) <= MAX_ID_BYTES && !/[\u0000-\u001f\u007f]/.test(id), {
    message: `must be 1 to ${MAX_ID_BYTES} bytes without control characters`,
  });

/** An instant as it crosses the bus and the native API: ISO 8601, UTC, milliseconds. */
export const instantSchema = z.iso.datetime();

export interface IdSource {
  /** milliseconds since the epoch */
  readonly now: () => number;
  readonly randomBytes: (size: number) => Uint8Array;
}

/**
 * Makes 24-hex ids in the shape of a MongoDB ObjectId (seconds, process, counter), the shape three of the five dialects show.
 * The ids of one maker never repeat; they are not compared for order.
 */
export function objectIdMaker(source: IdSource): () => string {
  const process = Buffer.from(source.randomBytes(5)).toString('hex');
  let counter = Buffer.from(source.randomBytes(3)).readUIntBE(0, 3);
  return () => {
    counter = (counter + 1) & 0xffffff;
    const seconds = Math.floor(source.now() / 1000) & 0xffffffff;
    return (seconds >>> 0).toString(16).padStart(8, '0') + process + counter.toString(16).padStart(6, '0');
  };
}

/** An id as one token of a NATS subject, a Redis key or a Socket.IO room: base64url has no `.`, `*`, `>` or space. */
export function encodeToken(id: string): string {
  return Buffer.from(id, 'utf8').toString('base64url');
}

export function decodeToken(token: string): string {
  return Buffer.from(token, 'base64url').toString('utf8');
}
