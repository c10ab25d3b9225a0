import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { checkMajorVersion } from './migrate.js';
import { defaultMigrationsDir, readMigrations } from './migration-files.js';

const folder = mkdtempSync(join(tmpdir(), 'parlance-files-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("finds the repository's migrations", () => {
  expect(basename(defaultMigrationsDir())).toBe('migrations');
  expect(existsSync(defaultMigrationsDir())).toBe(true);
});

test("the repository's own migrations are readable and whole", () => {
  expect(() => readMigrations(defaultMigrationsDir())).not.toThrow();
});

test('a migration folder without its script is an error, not skipped', () => {
  mkdirSync(join(folder, '0001_empty'));
  expect(() => readMigrations(folder)).toThrowError(expect.objectContaining({ code: 'migrations-missing' }));
  expect(() => readMigrations(join(folder, 'absent'))).toThrowError(
    expect.objectContaining({ code: 'migrations-missing' }),
  );
});

test.each([15, 16, 17, 18])('Postgres %i is supported', (major) => {
  expect(() => checkMajorVersion(major)).not.toThrow();
});

test.each([14, 19])('Postgres %i is refused by name', (major) => {
  expect(() => checkMajorVersion(major)).toThrowError(
    expect.objectContaining({ code: 'postgres-version', message: expect.stringContaining(`Postgres ${major}`) }),
  );
});
