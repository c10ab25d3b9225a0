import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultMigrationsDir, migrate, startEmbeddedPostgres } from '@parlance/persistence';
import { command, ofDatabase, SHARED_POSTGRES, TEMPLATE } from './test-database.js';

/** Files that run at a time, times replicas, times their pools. */
const MAX_CONNECTIONS = 300;

/** vitest's global set-up of the specs that need a database: one Postgres with a migrated template, stopped when all have run. */
export default async function setup(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'parlance-postgres-'));
  const dataDir = join(folder, 'postgres');
  const postgres = await startEmbeddedPostgres({ dataDir, durable: false, maxConnections: MAX_CONNECTIONS });
  await command(postgres.url, `CREATE DATABASE ${TEMPLATE}`);
  await migrate({ connectionString: ofDatabase(postgres.url, TEMPLATE), migrationsDir: defaultMigrationsDir() });
  process.env[SHARED_POSTGRES] = postgres.url;
  return async () => {
    delete process.env[SHARED_POSTGRES];
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  };
}
