import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DatabaseError, errorCode, errorMessage } from './database-error.js';
import type { PostgresAccount } from './postgres-account.js';
import type { PostgresBinaries } from './postgres-binaries.js';

/** The only role of the embedded server; it is reachable from 127.0.0.1 only, with the random password of the data folder. */
export const EMBEDDED_USER = 'parlance';

const PASSWORD_FILE = 'parlance.password';

/** Flushes the file system once instead of a thousand files one by one: half the time of a first start. Only Linux has the call. */
const SYNC_ALL_AT_ONCE = `--sync-method=${process.platform === 'linux' ? 'syncfs' : 'fsync'}`;

/** Makes the folder that will hold the data folder, its lock and drafts. Returns the data folder's path without symbolic links. */
export function makeParentFolder(dataDir: string): string {
  try {
    mkdirSync(dirname(dataDir), { recursive: true });
    return join(realpathSync(dirname(dataDir)), basename(dataDir));
  } catch (error) {
    throw notWritable(dirname(dataDir), error);
  }
}

/** The coded form of a file error met while writing beside the data folder; anything else is returned as it is. */
export function asFolderError(folder: string, error: unknown): unknown {
  const code = errorCode(error);
  return code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'ENOSPC' || code === 'ENOTDIR'
    ? notWritable(folder, error)
    : error;
}

function notWritable(folder: string, cause: unknown): DatabaseError {
  return new DatabaseError(
    'data-folder-not-writable',
    `Cannot write to ${folder} (${errorMessage(cause)}). Make it writable, choose another data folder, or set DATABASE_URL.`,
    { cause },
  );
}

/**
 * Makes the cluster if there is none and returns its password. The password lives inside the data folder, so neither can be lost
 * without the other, and the folder appears by one rename: a killed first start leaves no half-made one.
 * The caller holds the owner lock.
 */
export function prepareDataFolder(
  dataDir: string,
  account: PostgresAccount,
  binaries: PostgresBinaries,
  durable: boolean,
): string {
  removeDrafts(dataDir);
  if (isCluster(dataDir)) requireVersion(dataDir, binaries.major);
  else createCluster(dataDir, account, binaries, durable);
  return readPassword(dataDir);
}

function isCluster(dataDir: string): boolean {
  if (existsSync(join(dataDir, 'PG_VERSION'))) return true;
  if (!existsSync(dataDir)) return false;
  if (statSync(dataDir).isDirectory() && readdirSync(dataDir).length === 0) return false;
  throw new DatabaseError(
    'data-folder-foreign',
    `${dataDir} holds something that is not a Postgres data folder. Choose another folder, or empty it.`,
  );
}

function requireVersion(dataDir: string, major: number): void {
  const found = readFileSync(join(dataDir, 'PG_VERSION'), 'utf8').trim();
  if (found === String(major)) return;
  throw new DatabaseError(
    'data-folder-version',
    `The data folder ${dataDir} is of Postgres ${found}, this Parlance brings Postgres ${major}. ` +
      `Move the data with pg_dump of version ${found}, choose another folder, or set DATABASE_URL to a server of version ${found}.`,
  );
}

function readPassword(dataDir: string): string {
  try {
    return readFileSync(join(dataDir, PASSWORD_FILE), 'utf8');
  } catch (error) {
    throw new DatabaseError(
      'data-folder-foreign',
      `The data folder ${dataDir} was not made by Parlance: it has no readable ${PASSWORD_FILE}. Choose another folder.`,
      { cause: error },
    );
  }
}

function createCluster(dataDir: string, account: PostgresAccount, binaries: PostgresBinaries, durable: boolean): void {
  const draft = `${dataDir}.draft`;
  const passwordFile = `${dataDir}.draft-password`;
  writeFileSync(passwordFile, randomBytes(24).toString('hex'), { mode: 0o600 });
  mkdirSync(draft, { mode: 0o700 });
  if (process.getuid?.() === 0) for (const path of [passwordFile, draft]) chownSync(path, account.uid, account.gid);
  const args = [
    '-D',
    draft,
    `--username=${EMBEDDED_USER}`,
    `--pwfile=${passwordFile}`,
    durable ? SYNC_ALL_AT_ONCE : '--no-sync',
  ];
  runInitdb(draft, args, account, binaries);
  renameSync(passwordFile, join(draft, PASSWORD_FILE));
  renameSync(draft, dataDir);
}

/** Text sorts by code point everywhere (`builtin` C.UTF-8), whatever the machine's locales are. */
function runInitdb(
  draft: string,
  where: readonly string[],
  account: PostgresAccount,
  binaries: PostgresBinaries,
): void {
  const flags = [
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
  ];
  const { file, args: argv, uid, gid } = account.command(binaries.initdb, [...where, ...flags]);
  const identity = uid === undefined || gid === undefined ? {} : { uid, gid };
  const result = spawnSync(file, [...argv], { ...identity, cwd: '/', env: postgresEnvironment(), encoding: 'utf8' });
  if (result.status === 0) return;
  const reason = result.error?.message ?? lastLine(result.stderr);
  throw new DatabaseError('postgres-failed', `Postgres could not make its data folder ${draft}: ${reason}`);
}

/** Postgres reads many PG* variables; those of the caller's shell are about another server. */
export function postgresEnvironment(): NodeJS.ProcessEnv {
  return { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/', LC_ALL: 'C', TZ: 'UTC' };
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}

/** What a first start that was killed half-way left behind. */
function removeDrafts(dataDir: string): void {
  const prefix = `${basename(dataDir)}.draft`;
  for (const name of readdirSync(dirname(dataDir))) {
    if (name.startsWith(prefix)) rmSync(join(dirname(dataDir), name), { recursive: true, force: true });
  }
}
