import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checksum, readMigrations } from '@parlance/persistence';
import { z } from 'zod';
import { documentOf, type Exports } from './contract-document.js';
import { CONTRACTS_FILE, jsonFile, PREVIOUS_FILE, readPrevious } from './upgrade-files.js';

const ROOT = join(import.meta.dirname, '../../..');
const BUILDER = join(ROOT, 'tools/src/upgrade/build-previous.mjs');
const USAGE = 'npm run upgrade:freeze -- <version> <tag or commit>';
const EXIT_USAGE = 64;

const exports = z.record(z.string(), z.unknown());

/** Makes a version the one that this one must run beside: writes tools/upgrade. */
async function freeze(version: string, ref: string): Promise<void> {
  const commit = run('git', '-C', ROOT, 'rev-parse', `${ref}^{commit}`);
  const tree = run(process.execPath, BUILDER, commit);
  const document = documentOf(await load(tree, 'contracts'), await load(tree, 'domain'));
  const { comment } = readPrevious();
  const migrations = Object.fromEntries(
    readMigrations(join(tree, 'prisma/migrations')).map(({ name, sql }) => [name, checksum(sql)]),
  );
  writeFileSync(PREVIOUS_FILE, await jsonFile(PREVIOUS_FILE, { comment, version, commit, migrations }));
  writeFileSync(CONTRACTS_FILE, await jsonFile(CONTRACTS_FILE, document));
  process.stdout.write(`the version before this one is ${version}, ${commit}\n`);
}

async function load(tree: string, library: string): Promise<Exports> {
  const loaded: unknown = await import(pathToFileURL(join(tree, 'libs', library, 'dist/index.js')).href);
  return exports.parse({ ...exports.parse(loaded) });
}

function run(program: string, ...args: readonly string[]): string {
  const { error, status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (error !== undefined) throw new Error(`${program} could not be run: ${error.message}`, { cause: error });
  if (status !== 0) throw new Error(stderr.trim());
  return stdout.trim();
}

const [version, ref] = process.argv.slice(2);
if (version === undefined || ref === undefined || !/^\d+\.\d+\.\d+$/.test(version)) {
  process.stderr.write(`${USAGE}\n`);
  process.exitCode = EXIT_USAGE;
} else {
  await freeze(version, ref);
}
