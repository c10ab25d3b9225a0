/** Why a database could not be started, migrated or reached. The message always carries the remedy and fits on one line. */
export type DatabaseErrorCode =
  | 'platform-unsupported'
  | 'data-folder-not-writable'
  | 'data-folder-foreign'
  | 'data-folder-unreachable'
  | 'data-folder-taken'
  | 'data-folder-version'
  | 'port-taken'
  | 'postgres-failed'
  | 'postgres-version'
  | 'database-unreachable'
  | 'migrations-missing'
  | 'migration-edited'
  | 'migration-failed'
  | 'migration-unknown'
  | 'migration-busy'
  | 'migration-pending';

/** An error for the person who runs Parlance. It never travels to a client: requests fail with a `ParlanceError`. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  /** Read where start-up failures are told: nothing needs to be added to the message. */
  readonly namesRemedy = true;

  constructor(
    readonly code: DatabaseErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The `code` that Node's system errors and Postgres' errors carry, `undefined` for anything else. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
