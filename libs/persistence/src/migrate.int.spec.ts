import { EventEmitter, once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { awaitMigrations } from './await-migrations.js';
import { createDatabase } from './create-database.js';
import { startEmbeddedPostgres } from './embedded-postgres.js';
import type { EmbeddedPostgres } from './embedded-postgres.js';
import { freePort } from './free-port.js';
import { migrate } from './migrate.js';
import { checksum } from './migration-files.js';

const folder = mkdtempSync(join(tmpdir(), 'parlance-migrate-'));
let server: EmbeddedPostgres;
let connectionString: string;
let migrationsDir: string;
let suite = 0;

beforeAll(async () => {
  server = await startEmbeddedPostgres({ dataDir: join(folder, 'pg'), durable: false });
}, 60_000);

beforeEach(async () => {
  suite += 1;
  connectionString = await createDatabase(server.url, `migrate_${suite}`);
  migrationsDir = join(folder, `migrations-${suite}`);
  write('0001_first', 'CREATE TABLE first (id int PRIMARY KEY);\nINSERT INTO first VALUES (1);\n');
  write('0002_second', 'ALTER TABLE first ADD COLUMN note text;\n');
});

afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

function write(name: string, sql: string): void {
  mkdirSync(join(migrationsDir, name), { recursive: true });
  writeFileSync(join(migrationsDir, name, 'migration.sql'), sql);
}

async function query(sql: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

const run = (): Promise<readonly string[]> => migrate({ connectionString, migrationsDir });
const ledger = (): Promise<readonly Record<string, unknown>[]> =>
  query('SELECT * FROM _prisma_migrations ORDER BY migration_name');

test('applies what is new in name order, and nothing twice', async () => {
  write('0010_later', 'ALTER TABLE first DROP COLUMN note;');
  expect(await run()).toEqual(['0001_first', '0002_second', '0010_later']);
  expect(await run()).toEqual([]);
  write('0011_new', 'CREATE TABLE another ();');
  expect(await run()).toEqual(['0011_new']);
});

test("keeps the ledger in Prisma's form", async () => {
  await run();
  const sql = 'ALTER TABLE first ADD COLUMN note text;\n';
  expect((await ledger())[1]).toEqual({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    checksum: checksum(sql),
    finished_at: expect.any(Date),
    migration_name: '0002_second',
    logs: null,
    rolled_back_at: null,
    started_at: expect.any(Date),
    applied_steps_count: 1,
  });
  const columns = await query(
    `SELECT column_name || ' ' || data_type || coalesce('(' || character_maximum_length || ')', '') || ' ' || is_nullable || ' ' ||
       coalesce(column_default, '-') AS definition
     FROM information_schema.columns WHERE table_schema = 'public' AND table_name = '_prisma_migrations' ORDER BY ordinal_position`,
  );
  expect(columns.map((column) => column['definition'])).toEqual([
    'id character varying(36) NO -',
    'checksum character varying(64) NO -',
    'finished_at timestamp with time zone YES -',
    'migration_name character varying(255) NO -',
    'logs text YES -',
    'rolled_back_at timestamp with time zone YES -',
    'started_at timestamp with time zone NO now()',
    'applied_steps_count integer NO 0',
  ]);
});

test('many at once apply each migration once, and all see a finished database', async () => {
  const results = await Promise.all(Array.from({ length: 6 }, run));
  expect(results.flat().sort()).toEqual(['0001_first', '0002_second']);
  expect(await ledger()).toHaveLength(2);
});

test('a runner that waits too long for another says so', async () => {
  const holder = new pg.Client({ connectionString });
  await holder.connect();
  await holder.query('SELECT pg_advisory_lock(72707369)');
  await expect(migrate({ connectionString, migrationsDir, lockTimeoutMs: 50 })).rejects.toMatchObject({
    code: 'migration-busy',
  });
  await holder.end();
  expect(await run()).toHaveLength(2);
});

test('an edited migration is refused by name and changes nothing', async () => {
  await run();
  write('0001_first', 'CREATE TABLE first (id bigint);');
  write('0003_third', 'CREATE TABLE third ();');
  await expect(run()).rejects.toMatchObject({
    code: 'migration-edited',
    message: expect.stringContaining('0001_first'),
  });
  expect(await ledger()).toHaveLength(2);
});

test('other line ends are no edit', async () => {
  await run();
  write('0001_first', 'CREATE TABLE first (id int PRIMARY KEY);\r\nINSERT INTO first VALUES (1);\r\n');
  expect(await run()).toEqual([]);
});

test('a failing migration leaves nothing of itself, keeps those before it, and can be repeated', async () => {
  write('0003_third', 'CREATE TABLE third (id int);\nINSERT INTO third VALUES (1 / (SELECT 0));\n');
  await expect(run()).rejects.toMatchObject({
    code: 'migration-failed',
    message: expect.stringMatching(/0003_third.*division by zero/),
  });
  expect(await query(`SELECT to_regclass('third') AS third, to_regclass('first') AS first`)).toEqual([
    { third: null, first: 'first' },
  ]);
  write('0003_third', 'CREATE TABLE third (id int);\n');
  expect(await run()).toEqual(['0003_third']);
});

test('a migration that ends its own transaction is refused before anything runs', async () => {
  write('0003_third', 'CREATE TABLE third (id int);\nCOMMIT;\nCREATE TABLE fourth (id int);\n');
  await expect(run()).rejects.toMatchObject({
    code: 'migration-failed',
    message: expect.stringContaining('0003_third'),
  });
  expect(await query(`SELECT to_regclass('_prisma_migrations') AS ledger`)).toEqual([{ ledger: null }]);
});

test('plpgsql blocks are no transactions', async () => {
  write('0003_third', `CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$\nBEGIN\n  RETURN 1;\nEND;\n$$;\n`);
  expect(await run()).toContain('0003_third');
});

test("a failure that Prisma's own command line recorded is reported until it is resolved", async () => {
  await run();
  await query(
    `INSERT INTO _prisma_migrations (id, checksum, migration_name, logs) VALUES ('x', 'y', '0003_third', E'ERROR: boom\\nat line 1')`,
  );
  write('0003_third', 'CREATE TABLE third ();');
  await expect(run()).rejects.toMatchObject({
    code: 'migration-failed',
    message: expect.stringContaining('ERROR: boom'),
  });
  await query(`UPDATE _prisma_migrations SET rolled_back_at = now() WHERE id = 'x'`);
  expect(await run()).toEqual(['0003_third']);
});

test('a database newer than the code is refused, naming the migration', async () => {
  write('0003_future', 'CREATE TABLE future ();');
  await run();
  rmSync(join(migrationsDir, '0003_future'), { recursive: true });
  await expect(run()).rejects.toMatchObject({
    code: 'migration-unknown',
    message: expect.stringContaining('0003_future'),
  });
});

test("a script's search_path does not leak into the next one or the ledger", async () => {
  write('0003_third', 'CREATE SCHEMA elsewhere;\nSET search_path = elsewhere;\nCREATE TABLE inside ();\n');
  write('0004_fourth', 'CREATE TABLE outside ();');
  await run();
  expect(
    await query(
      `SELECT to_regclass('elsewhere.inside') IS NOT NULL AND to_regclass('public.outside') IS NOT NULL AS ok`,
    ),
  ).toEqual([{ ok: true }]);
  expect(await ledger()).toHaveLength(4);
});

test('a server that is not there is one clear error without the password', async () => {
  const target = `postgresql://me:secret@127.0.0.1:${await freePort()}/x`;
  const error = await migrate({ connectionString: target, migrationsDir }).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'database-unreachable', message: expect.stringContaining('DATABASE_URL') });
  expect(String(error)).not.toContain('secret');
});

test('waiting ends when another run has applied everything; why it waits is told once', async () => {
  const told = new EventEmitter();
  const waiting = once(told, 'line');
  const lines: string[] = [];
  const log = (line: string): void => {
    lines.push(line);
    told.emit('line');
  };
  const ready = awaitMigrations({ connectionString, migrationsDir, timeoutMs: 30_000, pollMs: 5, log });
  await waiting;
  await run();
  await ready;
  // A look between the two migrations finds another reason.
  expect(lines.filter((line) => line.includes('2 migrations of this version are not applied yet'))).toHaveLength(1);
  expect(new Set(lines).size).toBe(lines.length);
});

test('an older version may start beside a newer database', async () => {
  await run();
  rmSync(join(migrationsDir, '0002_second'), { recursive: true });
  await awaitMigrations({ connectionString, migrationsDir, timeoutMs: 0 });
});

test('what is still missing when the time is over is an error that names the remedy', async () => {
  await expect(awaitMigrations({ connectionString, migrationsDir, timeoutMs: 0 })).rejects.toMatchObject({
    code: 'migration-pending',
    message: expect.stringContaining('node apps/migrate/dist/main.js'),
  });
});
