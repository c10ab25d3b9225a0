import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseError, errorCode } from './database-error.js';
import { isAlive, startMark } from './process-probe.js';

const MAX_TRIES = 10;

/** Held by the process whose Postgres runs on a data folder. It survives a SIGKILL of that process, which is how an orphan is told. */
export interface OwnerLock {
  release(): void;
}

/** Takes the lock file or throws `data-folder-taken` when its owner lives. */
export function acquireOwnerLock(file: string): OwnerLock {
  const mine = `${process.pid} ${startMark(process.pid)}`;
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    if (tryCreate(file, mine)) return { release: () => removeIf(file, mine) };
    const theirs = readIfPresent(file);
    if (theirs === undefined) continue;
    const owner = livingOwner(theirs);
    if (owner !== undefined) throw taken(file, owner);
    removeIf(file, theirs);
  }
  throw new DatabaseError('data-folder-taken', `Several processes compete for ${file}. Start only one of them.`);
}

function taken(file: string, pid: number): DatabaseError {
  return new DatabaseError(
    'data-folder-taken',
    `Already running, pid ${pid}: it owns the data folder ${file.replace(/\.lock$/, '')}. Stop it, or choose another folder.`,
  );
}

function livingOwner(content: string): number | undefined {
  const [pidText = '', mark = ''] = content.split(' ');
  const pid = Number(pidText);
  if (!Number.isInteger(pid) || pid <= 0 || !isAlive(pid)) return undefined;
  return startMark(pid) === mark ? pid : undefined;
}

/** Written aside and linked: whoever sees the file sees it whole. */
function tryCreate(file: string, content: string): boolean {
  const draft = `${file}.${randomUUID()}`;
  writeFileSync(draft, content, { mode: 0o644 });
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Moves the file away before it looks: of two processes that clear the same dead owner's lock, one would else remove the other's new one. */
function removeIf(file: string, content: string): void {
  const aside = `${file}.${randomUUID()}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw error;
  }
  const moved = readFileSync(aside, 'utf8');
  if (moved !== content) tryCreate(file, moved);
  rmSync(aside, { force: true });
}

function readIfPresent(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
