import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ConformanceServer } from './conformance-server.js';
import { migrate } from './migrate.js';
import { defaultMigrationsDir } from './migration-files.js';

/*
 * The tables come from hand-written SQL, the client from the Prisma schema. Prisma's own comparison needs its schema engine, which
 * cannot be had everywhere; this one reads what such schemas consist of.
 */

interface Column {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
}

interface Model {
  readonly table: string;
  readonly columns: readonly Column[];
  readonly key: readonly string[];
}

const TYPES: Readonly<Record<string, string>> = {
  String: 'text',
  Int: 'int4',
  BigInt: 'int8',
  Float: 'float8',
  Boolean: 'bool',
  DateTime: 'timestamp',
  Json: 'jsonb',
  Bytes: 'bytea',
  Timestamptz: 'timestamptz',
  Uuid: 'uuid',
  SmallInt: 'int2',
  Xid8: 'xid8',
  Date: 'date',
  VarChar: 'varchar',
};

function readModels(schemaDir: string): readonly Model[] {
  const text = readdirSync(schemaDir)
    .map((name) => readFileSync(join(schemaDir, name), 'utf8').replace(/\/\/.*$/gm, ''))
    .join('\n');
  return [...text.matchAll(/^model\s+\w+\s*\{\n(.*?)^\}/gms)].map(([, body = '']) => readModel(body));
}

function readModel(body: string): Model {
  const lines = body.split('\n').map((line) => line.trim());
  const attribute = (pattern: RegExp): string => lines.map((line) => pattern.exec(line)?.[1]).find(Boolean) ?? '';
  const fields = lines.flatMap((line) => readField(line));
  const named = attribute(/^@@id\(\[([^\]]+)\]/)
    .split(',')
    .map((name) => name.trim());
  const single = fields.filter((field) => field.isId).map((field) => field.column.name);
  const columnOf = new Map(fields.map((field) => [field.name, field.column.name]));
  return {
    table: `${attribute(/^@@schema\("(\w+)"\)/)}.${attribute(/^@@map\("(\w+)"\)/)}`,
    columns: fields.map((field) => field.column),
    key: single.length > 0 ? single : named.map((name) => columnOf.get(name) ?? name),
  };
}

/** A field with a column of its own; relations have none. */
function readField(line: string): readonly { name: string; isId: boolean; column: Column }[] {
  const [, name, prismaType, mark, rest = ''] = /^(\w+)\s+(\w+(?:\("[^"]+"\))?)(\?|\[\])?(.*)$/.exec(line) ?? [];
  const unsupported = /^Unsupported\("([^"]+)"\)$/.exec(prismaType ?? '')?.[1];
  const scalar = unsupported ?? TYPES[/@db\.(\w+)/.exec(rest)?.[1] ?? prismaType ?? ''];
  if (name === undefined || scalar === undefined) return [];
  const column = /@map\("(\w+)"\)/.exec(rest)?.[1] ?? name;
  const type = mark === '[]' ? `_${scalar}` : scalar;
  return [{ name, isId: /@id\b/.test(rest), column: { name: column, type, nullable: mark === '?' } }];
}

const models = readModels(join(dirname(defaultMigrationsDir()), 'schema'));

/** Of the installation, not of a tenant: who runs, who relays, who counts messages. */
const TENANTLESS = ['message.pod', 'message.relay_lease', 'call.pod', 'gamification.feed'];

/** What the migrations make, whichever Postgres it is, is what the models say. */
export function schemaConformance(name: string, start: () => Promise<ConformanceServer>): void {
  describe(`${name}: the tables`, () => {
    let server: ConformanceServer;
    let client: pg.Client;

    beforeAll(async () => {
      server = await start();
      await migrate({ connectionString: server.url, migrationsDir: defaultMigrationsDir() });
      client = new pg.Client({ connectionString: server.url });
      await client.connect();
    });

    afterAll(async () => {
      await client.end();
      await server.stop();
    });

    async function rows<T extends pg.QueryResultRow>(
      sql: string,
      values: readonly unknown[] = [],
    ): Promise<readonly T[]> {
      return (await client.query<T>(sql, [...values])).rows;
    }

    test('the schema has models', () => {
      expect(models.length).toBeGreaterThan(0);
    });

    describe.each(models.map((model) => [model.table, model] as const))('%s', (_table, model) => {
      const [schema = '', table = ''] = model.table.split('.');

      test('has the columns of its model, with the same types and the same NOT NULL', async () => {
        const columns = await rows<Column>(
          `SELECT column_name AS name, udt_name AS type, is_nullable = 'YES' AS nullable
       FROM information_schema.columns WHERE table_schema = $1 AND table_name = $2`,
          [schema, table],
        );
        const byName = (a: Column, b: Column): number => (a.name < b.name ? -1 : 1);
        const asked = new Set(model.columns.map((column) => column.name));
        const present = columns.filter((column) => asked.has(column.name) || !column.nullable);
        expect(present.toSorted(byName)).toEqual(model.columns.toSorted(byName));
      });

      test('has the primary key of its model', async () => {
        const key = await rows<{ name: string }>(
          `SELECT a.attname AS name FROM pg_index i, unnest(i.indkey) WITH ORDINALITY k(attnum, place)
       JOIN pg_attribute a ON a.attnum = k.attnum
       WHERE a.attrelid = i.indrelid AND i.indisprimary AND i.indrelid = to_regclass($1) ORDER BY k.place`,
          [model.table],
        );
        expect(key.map((column) => column.name)).toEqual(model.key);
      });
    });

    describe('tenants', () => {
      const inServices = `n.nspname IN (SELECT unnest($1::text[]))`;
      const schemas = [...new Set(models.map((model) => model.table.split('.')[0]))];

      test('tenant_id leads every primary and unique key', async () => {
        const others = await rows<{ key: string }>(
          `SELECT c.relname AS key FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
       LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
       WHERE i.indisunique AND a.attname IS DISTINCT FROM 'tenant_id' AND ${inServices}
         AND i.indrelid <> ALL ($2::regclass[])`,
          [schemas, TENANTLESS],
        );
        expect(others).toEqual([]);
      });

      test('tenant_id leads every foreign key', async () => {
        const others = await rows<{ key: string }>(
          `SELECT c.conname AS key FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace
       JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
       WHERE c.contype = 'f' AND a.attname <> 'tenant_id' AND ${inServices}`,
          [schemas],
        );
        expect(others).toEqual([]);
      });
    });
  });
}
