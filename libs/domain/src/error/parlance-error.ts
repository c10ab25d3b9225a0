/**
 * The coded errors every layer speaks. Services throw them, the bus carries them, a dialect maps the code to its own words.
 * `unavailable`, `overloaded` and `rate-limited` are retryable; nothing was stored when any of these codes is answered,
 * except that an `unavailable` send may have been committed: repeating it with the same clientMessageId settles it.
 */
export const ERROR_CODES = [
  'invalid',
  'unauthenticated',
  'permission-denied',
  'not-found',
  'conflict',
  'too-large',
  'rate-limited',
  'overloaded',
  'unavailable',
  'unsupported',
  'internal',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** `fields`: one message per invalid field path. `retryAfterMs`: when a retryable request may be repeated. */
export interface ErrorDetails {
  readonly fields?: Readonly<Record<string, string>> | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly [key: string]: unknown;
}

export class ParlanceError extends Error {
  override readonly name = 'ParlanceError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details?: ErrorDetails,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  get retryable(): boolean {
    return this.code === 'unavailable' || this.code === 'overloaded' || this.code === 'rate-limited';
  }
}

export function isErrorCode(value: unknown): value is ErrorCode {
  return ERROR_CODES.some((code) => code === value);
}

/** The coded form of anything thrown. An unknown error becomes `internal` and keeps its cause for the log, never for the client. */
export function toParlanceError(error: unknown): ParlanceError {
  if (error instanceof ParlanceError) return error;
  return new ParlanceError('internal', 'Something went wrong on the server.', undefined, { cause: error });
}
