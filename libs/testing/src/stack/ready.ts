import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 50;
const ANSWER_MS = 2_000;
const READY_MS = 90_000;

/** Polls until `check` holds. @throws Error after 90 s, or as soon as `abandoned` gives a reason. */
export async function until(
  what: string,
  check: () => boolean | Promise<boolean>,
  abandoned: () => string | undefined,
): Promise<void> {
  const limit = Date.now() + READY_MS;
  while (!(await check())) {
    const reason = abandoned();
    if (reason !== undefined) throw new Error(`${what}: ${reason}`);
    if (Date.now() > limit) throw new Error(`${what}: not within ${READY_MS / 1_000} s`);
    await delay(POLL_MS);
  }
}

/** Whether an app says that it is ready. */
export async function isReady(url: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(ANSWER_MS) });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    return false; // Not listening (yet): that is the answer to the question.
  }
}

/** Whether a process with this id runs; one that nobody has reaped counts until it is. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false; // ESRCH; these processes are our own, so it cannot be a lack of permission.
  }
}
