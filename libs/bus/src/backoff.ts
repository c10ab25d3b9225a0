const FIRST_MS = 100;
const LONGEST_MS = 2_000;

/**
 * Milliseconds to wait before the `attempt`-th reconnection (from 0): doubling up to 2 s, then half of it at random, so that a
 * fleet does not come back in one beat. `random` in [0, 1).
 */
export function reconnectDelay(attempt: number, random: number): number {
  const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 10));
  return Math.round(longest / 2 + (longest / 2) * random);
}
