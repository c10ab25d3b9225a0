import pg from 'pg';
import { DatabaseError, errorCode, errorMessage } from './database-error.js';

const CONNECT_TIMEOUT_MS = 10_000;
const DUPLICATE_DATABASE = '42P04';

/** Makes the database on the server of `url` unless it exists, and returns `url` with its name in place of the old one. */
export async function createDatabase(url: string, name: string): Promise<string> {
  await withClient(url, async (client) => {
    const found = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
    if (found.rowCount === 0) await createUnlessRaced(client, name);
  });
  const target = new URL(url);
  target.pathname = `/${encodeURIComponent(name)}`;
  return target.toString();
}

async function createUnlessRaced(client: pg.Client, name: string): Promise<void> {
  try {
    await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`);
  } catch (error) {
    if (errorCode(error) !== DUPLICATE_DATABASE) throw error;
  }
}

/** Runs `work` on one connection of its own. Not being able to connect is a `database-unreachable`. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  // Without a listener a lost connection would end the process; the query under way reports it.
  client.on('error', () => undefined);
  await client.connect().catch((error: unknown) => Promise.reject(unreachable(url, error)));
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function unreachable(url: string, cause: unknown): DatabaseError {
  const where = URL.canParse(url) ? new URL(url).host : 'the given address';
  const reason = errorMessage(cause) || errorCode(cause) || 'no reason given';
  return new DatabaseError(
    'database-unreachable',
    `Cannot connect to Postgres at ${where} (${reason}). Start it, or correct DATABASE_URL.`,
    { cause },
  );
}
