import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseError } from './database-error.js';

/** A program call that runs as the right user. */
export interface PostgresCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly uid?: number;
  readonly gid?: number;
}

/** The operating-system user Postgres runs as and owns its folder with. */
export interface PostgresAccount {
  readonly uid: number;
  readonly gid: number;
  /** `dieWithParent`: where the system can do it, Postgres shuts down when this process ends in whatever way. */
  command(program: string, args: readonly string[], options?: { readonly dieWithParent?: boolean }): PostgresCommand;
}

interface Identity {
  readonly uid: number;
  readonly gid: number;
}

/**
 * An ordinary user runs Postgres itself. Postgres refuses root, so root runs it as the owner of the data folder if there is
 * one, else as `postgres`, else as `nobody`. Where that user may not enter a folder above (a project in /root, say), util-linux'
 * `setpriv` lets it, by one capability, pass the permission checks of files. `no_setuid_fixup` belongs to it: access(2), which
 * Postgres asks about its own program, ignores the capability otherwise.
 */
export function choosePostgresAccount(dataDir: string, program: string): PostgresAccount {
  const setpriv = hasSetpriv();
  const uid = process.getuid?.() ?? 0;
  if (uid !== 0) {
    refuseForeignOwner(dataDir, uid);
    return account({ uid, gid: process.getgid?.() ?? uid }, setpriv, []);
  }
  const identity = folderOwner(dataDir) ??
    passwdEntry('postgres') ??
    passwdEntry('nobody') ?? { uid: 65534, gid: 65534 };
  return setpriv ? accountForRoot(identity, dataDir, program) : accountWithoutSetpriv(identity, dataDir, program);
}

const PASS_PERMISSION_CHECKS = [
  '--inh-caps=+dac_override',
  '--ambient-caps=+dac_override',
  '--securebits=+no_setuid_fixup',
];

function accountForRoot(identity: Identity, dataDir: string, program: string): PostgresAccount {
  const become = [`--reuid=${identity.uid}`, `--regid=${identity.gid}`, '--clear-groups'];
  const plain = account(identity, true, become);
  if (canReach(plain, dataDir, program)) return plain;
  const capable = account(identity, true, [...become, ...PASS_PERMISSION_CHECKS]);
  if (canReach(capable, dataDir, program)) return capable;
  throw unreachable(identity, dataDir, program);
}

function accountWithoutSetpriv(identity: Identity, dataDir: string, program: string): PostgresAccount {
  const plain: PostgresAccount = { ...identity, command: (file, args) => ({ file, args, ...identity }) };
  if (canReach(plain, dataDir, program)) return plain;
  throw unreachable(identity, dataDir, program);
}

function account(identity: Identity, setpriv: boolean, privileges: readonly string[]): PostgresAccount {
  return {
    ...identity,
    command: (program, args, options) => {
      const death = setpriv && options?.dieWithParent === true ? ['--pdeathsig=INT'] : [];
      const flags = [...privileges, ...death];
      return flags.length === 0 ? { file: program, args } : { file: 'setpriv', args: [...flags, program, ...args] };
    },
  };
}

/** Tried, not computed: access lists, mounts and security modules have a say too. */
function canReach(candidate: PostgresAccount, dataDir: string, program: string): boolean {
  const script = 'test -x "$1" && test -r "$1" && test -x "$2"';
  const { file, args, uid, gid } = candidate.command('/bin/sh', ['-c', script, 'sh', program, dirname(dataDir)]);
  const identity = uid === undefined || gid === undefined ? {} : { uid, gid };
  return spawnSync(file, [...args], { ...identity, cwd: '/', stdio: 'ignore' }).status === 0;
}

function unreachable(identity: Identity, dataDir: string, program: string): DatabaseError {
  return new DatabaseError(
    'data-folder-unreachable',
    `Postgres refuses to run as root, and uid ${identity.uid}, which it would run as, cannot enter ${dirname(dataDir)} or ` +
      `${dirname(program)}. Start as an ordinary user, move the project (to /srv, say), or set DATABASE_URL.`,
  );
}

function refuseForeignOwner(dataDir: string, uid: number): void {
  const owner = statSync(dataDir, { throwIfNoEntry: false })?.uid;
  if (owner === undefined || owner === uid) return;
  throw new DatabaseError(
    'data-folder-foreign',
    `The data folder ${dataDir} belongs to uid ${owner}. Start as that user, choose another folder, or set DATABASE_URL.`,
  );
}

/** Root takes over the owner of an existing folder, so that `sudo npm start` after `npm start` does not split the data. */
function folderOwner(dataDir: string): Identity | undefined {
  const stat = statSync(dataDir, { throwIfNoEntry: false });
  return stat === undefined || stat.uid === 0 ? undefined : { uid: stat.uid, gid: stat.gid };
}

function passwdEntry(name: string): Identity | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  return uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}

/** Busybox has a smaller `setpriv` of the same name. */
function hasSetpriv(): boolean {
  const { error, stdout: help } = spawnSync('setpriv', ['--help'], { encoding: 'utf8' });
  if (error !== undefined) return false;
  return help.includes('--pdeathsig') && help.includes('--securebits');
}
