import type { HttpAnswer } from '@parlance/dialect-kit';
import type { ErrorCode, ErrorDetails, ParlanceError } from '@parlance/domain';

export const STATUS: Readonly<Record<ErrorCode, number>> = {
  invalid: 400,
  unauthenticated: 401,
  'permission-denied': 403,
  'not-found': 404,
  conflict: 409,
  'too-large': 413,
  'rate-limited': 429,
  internal: 500,
  unsupported: 501,
  overloaded: 503,
  unavailable: 503,
};

/** A field is named as the documentation names it, wherever in the request it stands. */
const PLACE = /(^|; )(?:body|query|params)\./g;

export function nativeRefusal(error: ParlanceError): HttpAnswer {
  const { code } = error;
  const status = STATUS[code];
  if (code === 'internal') return { status, body: { error: { code, message: 'Something went wrong on the server.' } } };
  const message = error.message.replaceAll(PLACE, '$1');
  const details = shownDetails(error.details);
  return { status, body: { error: { code, message, ...(details === undefined ? {} : { details }) } } };
}

function shownDetails(details: ErrorDetails | undefined): ErrorDetails | undefined {
  if (details?.fields === undefined) return details;
  const fields = Object.entries(details.fields).map(([name, problem]): [string, string] => [
    name.replaceAll(PLACE, '$1'),
    problem,
  ]);
  return { ...details, fields: Object.fromEntries(fields) };
}
