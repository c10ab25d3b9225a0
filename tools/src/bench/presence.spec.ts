import { describe, expect, it } from 'vitest';
import { watcherOf, watcherName, userName } from './presence-names.js';
import { presenceReport, type PresenceRound } from './presence.js';

function round(system: string, connect: number, dropTold: number): PresenceRound {
  return { system, connect, connectTold: connect, leaveTold: 1, dropTold, loadBefore: '' };
}

describe('the presence bench', () => {
  it('compares medians, and knows whether the bars hold', () => {
    const bare = [round('bare', 1, 1), round('bare', 2, 9), round('bare', 3, 2)];
    const good = presenceReport([...bare, ...[1, 3, 9].map((n) => round('parlance', n, 4.9))], 10);
    expect(good.holds).toBe(true);
    expect(good.text).toContain('connect rate 0.67x of bare');
    expect(good.text).toContain('drop of all 2.45x of bare');
    expect(presenceReport([...bare, round('parlance', 4, 1)], 10).holds).toBe(false);
    expect(presenceReport([...bare, round('parlance', 1, 5.1)], 10).holds).toBe(false);
  });

  it('gives each user a watcher', () => {
    expect(watcherOf(userName(37))).toBe(watcherName(7));
    expect(watcherOf(watcherName(7))).toBeNull();
  });
});
