import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultMigrationsDir, migrate, startEmbeddedPostgres } from '@parlance/persistence';
import pg from 'pg';

/** Names the Postgres that the specs of one run share: its URL, of a user who may create databases. Set by the test runner. */
export const SHARED_POSTGRES = 'PARLANCE_TEST_POSTGRES';
/** Database of that server which is migrated, and to which nobody is connected. */
const TEMPLATE = 'parlance_template';
/** Replicas that a spec starts, times their pools. */
const MAX_CONNECTIONS = 300;

export interface SharedPostgres {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts the Postgres that the specs of one run share. */
export async function startSharedPostgres(): Promise<SharedPostgres> {
  const server = await startServer(MAX_CONNECTIONS);
  await command(server.url, `CREATE DATABASE ${TEMPLATE}`);
  await migrate({ connectionString: ofDatabase(server.url, TEMPLATE), migrationsDir: defaultMigrationsDir() });
  return server;
}

/** A migrated database that nobody else uses. */
export interface TestDatabase {
  readonly url: string;
  /** Ends what is still connected to it, and drops it. */
  close(): Promise<void>;
}

/** A copy of the template of the server that the run shares; where there is none, a server of its own. */
export async function openTestDatabase(): Promise<TestDatabase> {
  const server = process.env[SHARED_POSTGRES];
  return server === undefined ? openAlone() : openCopy(server);
}

async function openCopy(server: string): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await command(server, `CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`);
  return { url: ofDatabase(server, name), close: () => command(server, `DROP DATABASE ${name} WITH (FORCE)`) };
}

async function openAlone(): Promise<TestDatabase> {
  const { url, stop } = await startServer();
  await migrate({ connectionString: url, migrationsDir: defaultMigrationsDir() });
  return { url, close: stop };
}

async function startServer(maxConnections?: number): Promise<SharedPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'parlance-postgres-'));
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'data'), durable: false, maxConnections });
  return {
    url: postgres.url,
    stop: async () => {
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function ofDatabase(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.toString();
}

/** Runs one statement that needs a connection of its own. */
async function command(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
