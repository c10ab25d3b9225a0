import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { z } from 'zod';
import { withClient } from './create-database.js';
import { DatabaseError, errorCode, errorMessage } from './database-error.js';
import { checksum, matchesChecksum, readMigrations } from './migration-files.js';
import type { Migration } from './migration-files.js';

/*
 * A stand-in for `prisma migrate deploy`, small enough for images. It keeps Prisma's own ledger table under Prisma's own lock, so
 * the command line and this runner can be used in turn. Unlike Prisma, script and ledger row are one transaction: a failed or
 * killed migration leaves nothing behind and can be repeated once its cause is gone.
 */

export interface MigrateOptions {
  readonly connectionString: string;
  /** Holds `<name>/migration.sql`; see `defaultMigrationsDir()`. */
  readonly migrationsDir: string;
  readonly log?: ((line: string) => void) | undefined;
  /** How long to wait for another runner; default 120000. */
  readonly lockTimeoutMs?: number | undefined;
}

/** The number Prisma takes its advisory lock with. */
const PRISMA_LOCK = 72707369;
const DEFAULT_LOCK_TIMEOUT_MS = 120_000;
/** A migration that cannot get a table lock gives up: those who wait behind it would be the running services. */
const TABLE_LOCK_TIMEOUT_MS = 30_000;
const LOCK_NOT_AVAILABLE = '55P03';
const OLDEST_MAJOR = 15;
const NEWEST_MAJOR = 18;

/** Same columns, types and defaults as Prisma's. */
const CREATE_LEDGER = `
CREATE TABLE IF NOT EXISTS public._prisma_migrations (
  id                  VARCHAR(36) PRIMARY KEY NOT NULL,
  checksum            VARCHAR(64) NOT NULL,
  finished_at         TIMESTAMPTZ,
  migration_name      VARCHAR(255) NOT NULL,
  logs                TEXT,
  rolled_back_at      TIMESTAMPTZ,
  started_at          TIMESTAMPTZ NOT NULL DEFAULT now(),
  applied_steps_count INTEGER NOT NULL DEFAULT 0
)`;

const ledgerRows = z.array(
  z.object({ migration_name: z.string(), checksum: z.string(), finished: z.boolean(), logs: z.string().nullable() }),
);

type LedgerRow = z.infer<typeof ledgerRows>[number];

/**
 * Brings the database up to the migrations of the folder and returns the names it applied, in order. Any number of processes may
 * call it at once. Throws a `DatabaseError`: `database-unreachable`, `postgres-version`, `migration-busy`, `migration-edited`,
 * `migration-failed`, `migration-unknown` (the database is newer than this code), `migrations-missing`.
 */
export async function migrate(options: MigrateOptions): Promise<readonly string[]> {
  const migrations = readMigrations(options.migrationsDir);
  const log = options.log ?? (() => undefined);
  return withClient(options.connectionString, async (client) => {
    await requireSupportedVersion(client);
    await lock(client, options.lockTimeoutMs ?? DEFAULT_LOCK_TIMEOUT_MS);
    await ensureLedger(client);
    const pending = pendingMigrations(migrations, await readLedger(client));
    for (const migration of pending) await apply(client, migration, log);
    return pending.map((migration) => migration.name);
  });
}

async function requireSupportedVersion(client: pg.Client): Promise<void> {
  const result = await client.query('SHOW server_version_num');
  const [row] = z.array(z.object({ server_version_num: z.coerce.number() })).parse(result.rows);
  checkMajorVersion(Math.floor((row?.server_version_num ?? 0) / 10_000));
}

/** Throws `postgres-version` unless Parlance supports it. */
export function checkMajorVersion(major: number): void {
  if (major >= OLDEST_MAJOR && major <= NEWEST_MAJOR) return;
  throw new DatabaseError(
    'postgres-version',
    `The server is Postgres ${major}. Parlance needs Postgres ${OLDEST_MAJOR} to ${NEWEST_MAJOR}: point DATABASE_URL to one.`,
  );
}

/** Held until the connection closes. */
async function lock(client: pg.Client, timeoutMs: number): Promise<void> {
  await client.query(`SET lock_timeout = ${Math.trunc(timeoutMs)}`);
  try {
    await client.query(`SELECT pg_advisory_lock(${PRISMA_LOCK})`);
  } catch (error) {
    if (errorCode(error) !== LOCK_NOT_AVAILABLE) throw error;
    throw new DatabaseError(
      'migration-busy',
      `Another process has been migrating the database for over ${timeoutMs / 1000} s. Wait for it, or end it, and start again.`,
      { cause: error },
    );
  }
}

/** Asked for first: CREATE TABLE would need a right that a finished database's user may not have. */
async function ensureLedger(client: pg.Client): Promise<void> {
  const found = await client.query(`SELECT WHERE to_regclass('public._prisma_migrations') IS NOT NULL`);
  if (found.rowCount === 0) await client.query(CREATE_LEDGER);
}

async function readLedger(client: pg.Client): Promise<readonly LedgerRow[]> {
  const result = await client.query(
    `SELECT migration_name, checksum, finished_at IS NOT NULL AS finished, logs
     FROM public._prisma_migrations WHERE rolled_back_at IS NULL ORDER BY started_at`,
  );
  return ledgerRows.parse(result.rows);
}

/** What remains to be applied, or the reason why nothing may be. Pure. */
export function pendingMigrations(
  migrations: readonly Migration[],
  ledger: readonly LedgerRow[],
): readonly Migration[] {
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  for (const row of ledger) requireAgreement(row, known.get(row.migration_name));
  const applied = new Set(ledger.map((row) => row.migration_name));
  return migrations.filter((migration) => !applied.has(migration.name));
}

function requireAgreement(row: LedgerRow, migration: Migration | undefined): void {
  const name = row.migration_name;
  if (!row.finished) {
    throw new DatabaseError(
      'migration-failed',
      `The migration ${name} failed earlier${row.logs ? ` (${firstLine(row.logs)})` : ''}. Repair the database, then mark it: prisma migrate resolve.`,
    );
  }
  if (migration === undefined) {
    throw new DatabaseError(
      'migration-unknown',
      `The database is newer than this Parlance: it has the migration ${name}. Start the newer version.`,
    );
  }
  if (matchesChecksum(migration.sql, row.checksum)) return;
  throw new DatabaseError(
    'migration-edited',
    `The migration ${name} was edited after it had been applied. Restore its migration.sql and put the change into a new migration.`,
  );
}

async function apply(client: pg.Client, migration: Migration, log: (line: string) => void): Promise<void> {
  // Settings a script makes for itself (search_path, say) end with it.
  await client.query('RESET ALL');
  await client.query(`SET lock_timeout = ${TABLE_LOCK_TIMEOUT_MS}`);
  await client.query('BEGIN');
  try {
    const { rows } = await client.query('SELECT clock_timestamp() AS now');
    await client.query(migration.sql);
    await record(client, migration, z.tuple([z.object({ now: z.date() })]).parse(rows)[0].now);
    await client.query('COMMIT');
  } catch (error) {
    await rollBack(client, log);
    throw failed(migration, error);
  }
  log(`applied migration ${migration.name}`);
}

async function record(client: pg.Client, migration: Migration, startedAt: Date): Promise<void> {
  await client.query(
    `INSERT INTO public._prisma_migrations (id, checksum, finished_at, migration_name, started_at, applied_steps_count)
     VALUES ($1, $2, clock_timestamp(), $3, $4, 1)`,
    [randomUUID(), checksum(migration.sql), migration.name, startedAt],
  );
}

/** The error that led here is the one to report; a lost connection has rolled back already. */
async function rollBack(client: pg.Client, log: (line: string) => void): Promise<void> {
  await client.query('ROLLBACK').catch((error: unknown) => log(`rollback: ${errorMessage(error)}`));
}

function failed(migration: Migration, cause: unknown): DatabaseError {
  return new DatabaseError(
    'migration-failed',
    `The migration ${migration.name} failed and was rolled back whole: ${firstLine(errorMessage(cause))}. Remove the cause and start again.`,
    { cause },
  );
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}
