import { ParlanceError } from '@parlance/domain';
import { errorCode, errorMessage } from './database-error.js';

/*
 * How Postgres' errors look once they have come through Prisma 7 and @prisma/adapter-pg 7 (seen by trying, held by the spec):
 * - a model query fails with its own P code, a raw one always with P2010; both carry `meta.driverAdapterError`, a
 *   DriverAdapterError whose `cause` has `kind` and, if the server said it, the SQLSTATE as `originalCode`;
 * - a lost connection is the driver's plain Error, without any code.
 */

/** A key that exists already. `constraint`: the name of the constraint or unique index in the database. */
export interface UniqueViolation {
  readonly constraint: string | undefined;
  readonly table: string | undefined;
  /** Columns; known only where the driver names them instead of the constraint. */
  readonly fields: readonly string[];
}

const SQLSTATE = /^[0-9A-Z]{5}$/;
const UNIQUE_VIOLATION = '23505';
const DEADLOCK = '40P01';
const SERIALIZATION_FAILURE = '40001';

/** The SQLSTATE inside an error of Prisma, of its adapter or of `pg`; `undefined` if the server did not send one. */
export function sqlState(error: unknown): string | undefined {
  const adapterCause = driverCause(error);
  const code = adapterCause === undefined ? errorCode(error) : stringField(adapterCause, 'originalCode');
  return code !== undefined && SQLSTATE.test(code) && !isPrismaCode(code) ? code : undefined;
}

/** Deadlock or serialization failure: nothing was committed, the same work may succeed when repeated. */
export function isRetryableConflict(error: unknown): boolean {
  const state = sqlState(error);
  return state === DEADLOCK || state === SERIALIZATION_FAILURE || errorCode(error) === 'P2034';
}

/** What was violated if the error is a unique violation, of a model query or a raw one. */
export function uniqueViolation(error: unknown): UniqueViolation | undefined {
  if (sqlState(error) !== UNIQUE_VIOLATION) return undefined;
  const cause = driverCause(error);
  if (cause === undefined) {
    return { constraint: stringField(error, 'constraint'), table: stringField(error, 'table'), fields: [] };
  }
  const constraint = field(cause, 'constraint');
  const fields = field(constraint, 'fields');
  return {
    constraint: stringField(constraint, 'index'),
    table: stringField(cause, 'table'),
    fields: Array.isArray(fields) ? fields.filter((name) => typeof name === 'string') : [],
  };
}

/** Classes of SQLSTATE that mean "not now": connection (08), resources (53), operator's intervention but a cancelled query (57P). */
const UNAVAILABLE_STATES = /^(08|53|57P)/;
const READ_ONLY_AFTER_FAILOVER = '25006';
const UNAVAILABLE_KINDS = new Set(['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TooManyConnections']);
const UNAVAILABLE_SYSTEM_ERRORS = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);
/** The words of `pg` and `pg-pool`, which give these no code. */
const UNAVAILABLE_MESSAGES =
  /^(Connection terminated|Client has encountered a connection error|Client was closed|timeout exceeded when trying to connect|timeout expired|Cannot use a pool after calling end)/;

/** Is the database gone, going, not yet there or out of room, so that the same request may work later? */
export function isDatabaseUnavailable(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined) return UNAVAILABLE_STATES.test(state) || state === READ_ONLY_AFTER_FAILOVER;
  const kind = stringField(driverCause(error), 'kind');
  if (kind !== undefined) return UNAVAILABLE_KINDS.has(kind);
  return UNAVAILABLE_SYSTEM_ERRORS.has(errorCode(error) ?? '') || UNAVAILABLE_MESSAGES.test(errorMessage(error));
}

/** The retryable `unavailable` if the database is what failed, else the error as it is. */
export function mapDatabaseError(error: unknown): unknown {
  if (error instanceof ParlanceError || !isDatabaseUnavailable(error)) return error;
  return new ParlanceError('unavailable', 'The database is not available right now.', undefined, { cause: error });
}

/** The `cause` of the DriverAdapterError, whether it comes alone or inside Prisma's error. */
function driverCause(error: unknown): unknown {
  const inner = field(field(error, 'meta'), 'driverAdapterError') ?? error;
  const cause = field(inner, 'cause');
  return stringField(cause, 'kind') === undefined ? undefined : cause;
}

/** P2002 looks like a SQLSTATE too; the class P0 is plpgsql's. */
function isPrismaCode(code: string): boolean {
  return /^P[1-6]\d{3}$/.test(code);
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function stringField(value: unknown, name: string): string | undefined {
  const found = field(value, name);
  return typeof found === 'string' ? found : undefined;
}
