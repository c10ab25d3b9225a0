import { ParlanceError } from '@parlance/domain';
import { RETRY_AFTER_MS } from './limits.js';

/** Nothing is known about the request's effect, or nothing happened: it may be repeated. */
export function unavailable(message: string, cause?: unknown): ParlanceError {
  const options = cause === undefined ? undefined : { cause };
  return new ParlanceError('unavailable', message, { retryAfterMs: RETRY_AFTER_MS }, options);
}

export function overloaded(message: string): ParlanceError {
  return new ParlanceError('overloaded', message, { retryAfterMs: RETRY_AFTER_MS });
}

export function tooLarge(what: string, maxBytes: number): ParlanceError {
  return new ParlanceError('too-large', `${what} is over the limit of ${maxBytes} bytes.`, { maxBytes });
}
