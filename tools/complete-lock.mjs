#!/usr/bin/env node
// Adds to package-lock.json the optional packages of other platforms that npm left out; run it after a dependency change.
// With --check nothing is written, and the exit code is 1 when something would be.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { missingEntries } from './src/ci/lock-completeness.mjs';

const file = join(import.meta.dirname, '../package-lock.json');
const lock = JSON.parse(readFileSync(file, 'utf8'));
const missing = missingEntries(lock.packages);
const names = Object.keys(missing);

if (process.argv.includes('--check')) {
  for (const name of names) console.error(`package-lock.json lacks ${name}`);
  if (names.length > 0) console.error('run `node tools/complete-lock.mjs` and commit the lock file');
  process.exitCode = names.length > 0 ? 1 : 0;
} else if (names.length > 0) {
  const all = Object.entries({ ...lock.packages, ...missing }).sort(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(all) }, null, 2)}\n`);
}
console.log(`${names.length} entries ${process.argv.includes('--check') ? 'missing' : 'added'}`);
