import { randomUUID } from 'node:crypto';
import { createDatabase, freePort } from '@parlance/persistence';
import { openTestDatabase, type TestDatabase } from '@parlance/testing/database';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runMigrate } from './run-migrate.js';

describe('the migrate app', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await openTestDatabase();
  });
  afterAll(() => database.close());

  async function run(env: Readonly<Record<string, string>>, wait = false): Promise<{ code: number; told: string }> {
    let told = '';
    const write = (text: string): void => {
      told += text;
    };
    const code = await runMigrate({ stderr: { write }, wait, env, destination: { write } });
    return { code, told };
  }

  it('brings an empty database up to this version, once', async () => {
    const url = await createDatabase(database.url, `migrate_${randomUUID()}`);
    const first = await run({ DATABASE_URL: url });
    expect(first).toMatchObject({ code: 0, told: expect.stringContaining('applied migration') });
    expect(await run({ DATABASE_URL: url })).toMatchObject({ code: 0, told: expect.stringContaining('"applied":0') });
  });

  it('does not wait for a database that is up to date', async () => {
    expect(await run({ DATABASE_URL: database.url }, true)).toMatchObject({ code: 0 });
  });

  it('gives up after the time it was given, in a line that names the remedy', async () => {
    const url = `postgresql://127.0.0.1:${await freePort()}/x`;
    const { code, told } = await run({ DATABASE_URL: url, PARLANCE_MIGRATE_WAIT: '1s', LOG_LEVEL: 'silent' }, true);
    expect(code).toBe(1);
    expect(told).toMatch(/^parlance migrate: Cannot connect to Postgres at .* correct DATABASE_URL\.\n$/);
  });

  it('refuses wrong settings, all at once', async () => {
    const { code, told } = await run({ PARLANCE_MIGRATE_WAIT: 'x', LOG_LEVEL: 'loud' });
    expect(code).toBe(78);
    expect(told.split('\n')).toHaveLength(4);
  });
});
