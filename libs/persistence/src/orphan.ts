import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseError, errorCode } from './database-error.js';
import { commandLine, isAlive, waitForExit } from './process-probe.js';

const FAST_SHUTDOWN_MS = 10_000;
const IMMEDIATE_SHUTDOWN_MS = 5_000;

/**
 * Stops the Postgres that a killed owner left running on the folder. Called with the owner lock held: so whoever started it is dead,
 * unless somebody runs the folder by other means, which the flag file of an embedded start tells apart.
 */
export async function stopOrphan(dataDir: string, log: (line: string) => void): Promise<void> {
  const pid = postmasterPid(dataDir);
  if (pid === undefined) return;
  if (!isAlive(pid)) return;
  const command = commandLine(pid);
  if (!command.includes(`-D ${dataDir} `)) return forgetReusedPid(dataDir);
  if (!command.includes(EMBEDDED_MARK)) throw runsElsewhere(dataDir, pid);
  log(`stopping the Postgres (pid ${pid}) that a killed process left on ${dataDir}`);
  if (!(await stopPostmaster(pid))) throw runsElsewhere(dataDir, pid);
}

/** On the command line of every Postgres started here (`cluster_name`), so that one started by hand is never stopped. */
export const EMBEDDED_MARK = 'parlance-embedded';

/** Fast shutdown (SIGINT: clients are cut, data is flushed), then immediate (SIGQUIT: recovery at the next start). Whether it ended. */
export async function stopPostmaster(pid: number): Promise<boolean> {
  if (!signal(pid, 'SIGINT') || (await waitForExit(pid, FAST_SHUTDOWN_MS))) return true;
  if (!signal(pid, 'SIGQUIT') || (await waitForExit(pid, IMMEDIATE_SHUTDOWN_MS))) return true;
  return !signal(pid, 'SIGKILL') || waitForExit(pid, IMMEDIATE_SHUTDOWN_MS);
}

function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if (errorCode(error) === 'ESRCH') return false;
    throw error;
  }
}

/** A reused pid would make Postgres believe that the folder is in use, after a reboot or in a new container. */
function forgetReusedPid(dataDir: string): void {
  rmSync(join(dataDir, 'postmaster.pid'), { force: true });
}

function postmasterPid(dataDir: string): number | undefined {
  const file = join(dataDir, 'postmaster.pid');
  if (!existsSync(file)) return undefined;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  return Number.isInteger(pid) && pid > 0 ? pid : undefined;
}

function runsElsewhere(dataDir: string, pid: number): DatabaseError {
  return new DatabaseError(
    'data-folder-taken',
    `Already running, pid ${pid}: a Postgres uses the data folder ${dataDir}. Stop it, or choose another folder.`,
  );
}
