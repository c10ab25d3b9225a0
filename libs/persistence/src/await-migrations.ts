import type pg from 'pg';
import { z } from 'zod';
import { withClient } from './create-database.js';
import { DatabaseError, errorMessage } from './database-error.js';
import { readMigrations } from './migration-files.js';

export interface AwaitMigrationsOptions {
  readonly connectionString: string;
  /** Holds `<name>/migration.sql`; see `defaultMigrationsDir()`. */
  readonly migrationsDir: string;
  readonly timeoutMs: number;
  /** Time between two looks; default 1000. */
  readonly pollMs?: number | undefined;
  /** Told why it waits, once for each reason. */
  readonly log?: ((line: string) => void) | undefined;
}

const DEFAULT_POLL_MS = 1_000;

/**
 * Resolves when every migration of the folder is applied. Changes nothing, needs no right but to read the ledger, and does not mind
 * migrations it does not know: an older version may run beside a newer database. Throws a `DatabaseError` when the time is over:
 * `migration-pending`, or why the database could not be asked.
 */
export async function awaitMigrations(options: AwaitMigrationsOptions): Promise<void> {
  const names = readMigrations(options.migrationsDir).map(({ name }) => name);
  const endsAt = performance.now() + options.timeoutMs;
  let told = '';
  for (;;) {
    const obstacle = await obstacleTo(options.connectionString, names);
    if (obstacle === null) return;
    if (performance.now() >= endsAt) throw obstacle;
    if (obstacle.message !== told) options.log?.(`waiting: ${obstacle.message}`);
    told = obstacle.message;
    await new Promise((resolve) => setTimeout(resolve, options.pollMs ?? DEFAULT_POLL_MS));
  }
}

/** Why one cannot start yet; null when one can. */
async function obstacleTo(connectionString: string, names: readonly string[]): Promise<DatabaseError | null> {
  try {
    const applied = new Set(await withClient(connectionString, appliedMigrations));
    const missing = names.filter((name) => !applied.has(name));
    return missing.length === 0 ? null : pendingError(missing);
  } catch (error) {
    if (error instanceof DatabaseError) return error;
    return new DatabaseError(
      'database-unreachable',
      `The database could not say which migrations it has (${errorMessage(error)}). Let its user read public._prisma_migrations.`,
      { cause: error },
    );
  }
}

async function appliedMigrations(client: pg.Client): Promise<readonly string[]> {
  const ledger = await client.query(`SELECT WHERE to_regclass('public._prisma_migrations') IS NOT NULL`);
  if (ledger.rowCount === 0) return [];
  const { rows } = await client.query(
    'SELECT migration_name FROM public._prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL',
  );
  return z
    .array(z.object({ migration_name: z.string() }))
    .parse(rows)
    .map((row) => row.migration_name);
}

function pendingError(missing: readonly string[]): DatabaseError {
  return new DatabaseError(
    'migration-pending',
    `${missing.length} migrations of this version are not applied yet, the first one is ${missing[0]}. Run the migrations: node apps/migrate/dist/main.js.`,
  );
}
