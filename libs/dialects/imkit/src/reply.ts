import type { HttpAnswer, Reply } from '@parlance/dialect-kit';
import type { ErrorCode, ParlanceError } from '@parlance/domain';

/** What was not found, in the vendor's word for it. */
export type Missing = 'ROOM_NOT_FOUND' | 'MESSAGE_NOT_FOUND' | 'USER_NOT_FOUND' | 'ROOM_OR_USER_NOT_FOUND';

/** RC of a failure is its HTTP status, on sockets too. */
const STATUS: Readonly<Record<ErrorCode, number>> = {
  invalid: 400,
  unsupported: 400,
  unauthenticated: 401,
  'permission-denied': 403,
  'not-found': 404,
  conflict: 409,
  'too-large': 413,
  'rate-limited': 429,
  overloaded: 503,
  unavailable: 503,
  internal: 500,
};

/** Where the vendor's list has no word, one in its style. */
const CODE: Readonly<Record<Exclude<ErrorCode, 'not-found'>, string>> = {
  invalid: 'MISSING_PARAMETER',
  unsupported: 'NOT_SUPPORTED',
  unauthenticated: 'INVALID_TOKEN',
  'permission-denied': 'INSUFFICIENT_PERMISSION',
  conflict: 'CONFLICT',
  'too-large': 'TOO_LARGE',
  'rate-limited': 'RATE_LIMITED',
  overloaded: 'OVERLOADED',
  unavailable: 'UNAVAILABLE',
  internal: 'INTERNAL_ERROR',
};

export interface Failure {
  readonly RC: number;
  readonly RM: string;
  readonly error: { readonly code: string; readonly message: string };
}

export function failureOf(error: ParlanceError, missing: Missing = 'ROOM_NOT_FOUND'): Failure {
  const message = wording(error);
  const code = error.code === 'not-found' ? missing : CODE[error.code];
  return { RC: STATUS[error.code], RM: message, error: { code, message } };
}

/** Our own faults are not explained; every other error says what to do about it. */
function wording(error: ParlanceError): string {
  if (error.code === 'internal') return 'Internal server error';
  return error.message === '' ? `The request failed: ${error.code}.` : error.message;
}

export interface Success<T> {
  readonly RC: 0;
  readonly RM: 'OK';
  readonly result: T;
}

export function success<T>(result: T): Success<T> {
  return { RC: 0, RM: 'OK', result };
}

/** The wire has no error event: who asked for no acknowledgement hears nothing. */
export function failure(error: ParlanceError, missing?: Missing): Reply {
  return { ack: [failureOf(error, missing)] };
}

/**
 * RC 401 makes a client give up for good, so only a final refusal says so; what may pass by itself keeps its own status.
 */
export function authFailure(error: ParlanceError): Reply {
  if (error.retryable || error.code === 'internal') return failure(error);
  const message = wording(error);
  return { ack: [{ RC: 401, RM: message, error: { code: 'INVALID_TOKEN', message } }] };
}

export function httpFailure(error: ParlanceError, missing?: Missing): HttpAnswer {
  const body = failureOf(error, missing);
  return { status: body.RC, body };
}

export function ok(result: unknown): HttpAnswer {
  return { status: 200, body: success(result) };
}

export function list(
  data: readonly unknown[],
  totalCount = data.length,
): { totalCount: number; data: readonly unknown[] } {
  return { totalCount, data };
}
