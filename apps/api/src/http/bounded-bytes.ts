import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { ParlanceError } from '@parlance/domain';

/** What is read and thrown away of a body over its limit, so that an honest client that sends on sees the refusal. */
export const OVERRUN = { bytes: 4 * 1_048_576, ms: 2_000 };

/** A request, as far as its body is concerned. */
export type BodyStream = Readable & { readonly headers: IncomingHttpHeaders };

/**
 * A request's body, whole. Errors: `too-large` over `limit` bytes, `invalid` when it breaks off or is compressed (whose size
 * nobody knows).
 */
export async function boundedBytes(request: BodyStream, limit: number, overrun = OVERRUN): Promise<Buffer> {
  const coding = request.headers['content-encoding'] ?? 'identity';
  if (coding !== 'identity') throw new ParlanceError('invalid', 'A compressed body is not read.');
  if (request.destroyed) throw brokenOff();
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let late: NodeJS.Timeout | undefined;
    const settle = (outcome: () => void): void => {
      clearTimeout(late);
      request.off('data', take).off('end', end).off('close', broken).off('error', broken);
      outcome();
    };
    const refuse = (): void => {
      request.pause();
      settle(() => reject(new ParlanceError('too-large', `The body is larger than ${limit} bytes.`)));
    };
    const take = (chunk: Buffer): void => {
      size += chunk.length;
      if (size <= limit) return void chunks.push(chunk);
      chunks.length = 0;
      late ??= setTimeout(refuse, overrun.ms);
      if (size > limit + overrun.bytes) refuse();
    };
    const end = (): void => (size > limit ? refuse() : settle(() => resolve(Buffer.concat(chunks))));
    const broken = (): void => settle(() => reject(brokenOff()));
    request.on('data', take).on('end', end).on('close', broken).on('error', broken);
  });
}

function brokenOff(): ParlanceError {
  return new ParlanceError('invalid', 'The body broke off.');
}
