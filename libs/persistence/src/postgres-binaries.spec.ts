import { mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hydrateSymlinks } from './postgres-binaries.js';

let native: string;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parlance-native-'));
  native = join(folder, 'native');
  mkdirSync(join(native, 'lib'), { recursive: true });
  writeFileSync(join(native, 'lib', 'libx.so.1.2'), 'library');
  const links = [{ source: 'native/lib/libx.so.1.2', target: 'native/lib/libx.so.1' }];
  writeFileSync(join(native, 'pg-symlinks.json'), JSON.stringify(links));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('makes the links that an install without scripts leaves out, relative, once', () => {
  hydrateSymlinks(native);
  hydrateSymlinks(native);
  expect(readFileSync(join(native, 'lib', 'libx.so.1'), 'utf8')).toBe('library');
  expect(readlinkSync(join(native, 'lib', 'libx.so.1'))).toBe('libx.so.1.2');
});

test('a list of another form is an error, not a guess', () => {
  writeFileSync(join(native, 'pg-symlinks.json'), '[{"from":"a"}]');
  expect(() => hydrateSymlinks(native)).toThrow();
});
