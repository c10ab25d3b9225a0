import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode } from './database-error.js';

const POLL_MS = 20;

/** Does a running process have this pid? A zombie counts as dead: in containers nobody may ever reap it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
  return procStat(pid)?.[0] !== 'Z';
}

/** When the process started (clock ticks since boot), so that a reused pid is not mistaken for it; '' where unknown. */
export function startMark(pid: number): string {
  return procStat(pid)?.[19] ?? '';
}

/** The command line of a process, '' when it cannot be read. */
export function commandLine(pid: number): string {
  try {
    if (existsSync('/proc/self/cmdline')) return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
  } catch {
    // The process is gone, or belongs to somebody whose processes are hidden: either way nothing is known about it.
    return '';
  }
}

/** Resolves to whether the process ended within `timeoutMs`. */
export async function waitForExit(pid: number, timeoutMs: number): Promise<boolean> {
  for (let waited = 0; waited < timeoutMs; waited += POLL_MS) {
    if (!isAlive(pid)) return true;
    await delay(POLL_MS);
  }
  return !isAlive(pid);
}

/** Fields of /proc/<pid>/stat from the state on; the name before it may hold spaces and brackets. */
function procStat(pid: number): readonly string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    // Not Linux, or the process has just ended: the caller falls back to what kill(2) says.
    return undefined;
  }
}
