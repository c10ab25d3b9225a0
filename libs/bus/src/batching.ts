import { ENVELOPE_BYTES, MAX_BATCH_BYTES, MAX_BATCH_ITEMS } from './limits.js';

export interface BatchLimits {
  readonly items: number;
  readonly bytes: number;
}

/** The limits of a wire request over a transport of which one message has `maxPayload` bytes. */
export function requestLimits(maxPayload: number): BatchLimits {
  return { items: MAX_BATCH_ITEMS, bytes: Math.min(MAX_BATCH_BYTES, maxPayload - ENVELOPE_BYTES) };
}

/** Cuts a turn's items, in order, into as few batches as the limits allow. An item over the byte limit is a batch of its own. */
export function cutBatches<T extends { readonly bytes: number }>(
  items: readonly T[],
  limits: BatchLimits,
): readonly (readonly T[])[] {
  const batches: T[][] = [];
  let batch: T[] = [];
  let bytes = 0;
  for (const item of items) {
    if (batch.length > 0 && (batch.length >= limits.items || bytes + item.bytes > limits.bytes)) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(item);
    bytes += item.bytes;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
