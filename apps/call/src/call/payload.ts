import { ParlanceError, type JsonValue } from '@parlance/domain';

/** What a side may offer or answer, and what it may say at a time, bytes of JSON. */
export const MAX_PAYLOAD_BYTES = 65_536;
export const MAX_SIGNAL_BYTES = 4_096;

/** @throws ParlanceError `too-large` */
export function checkPayload(payload: JsonValue): void {
  checkSize('payload', payload, MAX_PAYLOAD_BYTES);
}

/** @throws ParlanceError `too-large` */
export function checkSignal(data: JsonValue): void {
  checkSize('data', data, MAX_SIGNAL_BYTES);
}

function checkSize(field: string, value: JsonValue, maxBytes: number): void {
  if (Buffer.byteLength(JSON.stringify(value)) <= maxBytes) return;
  const problem = `may have at most ${maxBytes} bytes`;
  throw new ParlanceError('too-large', `${field} ${problem}.`, { fields: { [field]: problem } });
}
