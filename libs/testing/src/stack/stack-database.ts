import { openTestDatabase, SHARED_POSTGRES, type TestDatabase } from '../database/test-database.js';
import type { StackOptions } from './stack.js';

/**
 * A database for a stack in the Postgres that the specs of a run share, which saves it making one. Null: it makes its own, in the data
 * folder it was given, or because nothing is shared.
 */
export async function openStackDatabase({ dataDir, env }: StackOptions): Promise<TestDatabase | null> {
  const isShared = process.env[SHARED_POSTGRES] !== undefined;
  return isShared && dataDir === undefined && env?.['DATABASE_URL'] === undefined ? openTestDatabase() : null;
}
