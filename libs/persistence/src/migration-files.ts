import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DatabaseError } from './database-error.js';

/** One folder of `prisma/migrations`. `name` is the folder's, and the order. */
export interface Migration {
  readonly name: string;
  readonly sql: string;
}

/** The repository's or image's `prisma/migrations`, found from this file upwards (source and dist alike), else from the working folder. */
export function defaultMigrationsDir(): string {
  const found = findAbove(dirname(fileURLToPath(import.meta.url))) ?? findAbove(process.cwd());
  if (found !== undefined) return found;
  throw new DatabaseError(
    'migrations-missing',
    'There is no prisma/migrations folder above the program or the working folder. Start from a whole checkout or image.',
  );
}

function findAbove(start: string): string | undefined {
  for (let folder = start; ; folder = dirname(folder)) {
    const candidate = join(folder, 'prisma', 'migrations');
    if (existsSync(candidate)) return candidate;
    if (dirname(folder) === folder) return undefined;
  }
}

/** The migrations of a folder by name. A folder without `migration.sql` is an incomplete checkout, never skipped. */
export function readMigrations(migrationsDir: string): readonly Migration[] {
  if (!existsSync(migrationsDir)) {
    throw new DatabaseError(
      'migrations-missing',
      `There is no migrations folder ${migrationsDir}. Restore the checkout.`,
    );
  }
  const folders = readdirSync(migrationsDir, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders
    .map((entry) => entry.name)
    .sort()
    .map((name) => ({ name, sql: readScript(migrationsDir, name) }));
}

function readScript(migrationsDir: string, name: string): string {
  const file = join(migrationsDir, name, 'migration.sql');
  if (!existsSync(file)) {
    throw new DatabaseError(
      'migrations-missing',
      `The migration ${name} has no migration.sql in ${migrationsDir}. Restore it.`,
    );
  }
  const sql = readFileSync(file, 'utf8');
  if (!endsTransaction(sql)) return sql;
  throw new DatabaseError(
    'migration-failed',
    `The migration ${name} begins or ends a transaction itself. Remove that: each migration runs whole in one transaction.`,
  );
}

/** `COMMIT;` and the like as statements; plpgsql's `BEGIN` has no semicolon. */
function endsTransaction(sql: string): boolean {
  const withoutComments = sql.replace(/--.*$/gm, '');
  return /(^|;)\s*(BEGIN|START\s+TRANSACTION|COMMIT|ROLLBACK)(\s+(WORK|TRANSACTION))?\s*;/i.test(withoutComments);
}

/** What Prisma keeps in its ledger: sha256 of the script, hexadecimal. */
export function checksum(sql: string): string {
  return createHash('sha256').update(sql).digest('hex');
}

/** Line ends do not count, as with Prisma: Git may have changed them on checkout. */
export function matchesChecksum(sql: string, expected: string): boolean {
  const unix = sql.replaceAll('\r\n', '\n');
  return [sql, unix, unix.replaceAll('\n', '\r\n')].some((text) => checksum(text) === expected);
}
