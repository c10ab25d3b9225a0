import { introducePeers } from '@parlance/contracts';
import { ParlanceError } from '@parlance/domain';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aConnection, aDialect, busPair, quiet } from '../parts.fixture.js';
import { Introductions } from './introductions.js';

const pushed = { ...aDialect('red'), presenceIsPushed: true } as const;
let pair: ReturnType<typeof busPair>;
let introduced: string[][];
let away: boolean;
let gone: Set<string>;
let nowMs: number;
let introductions: Introductions;

beforeEach(async () => {
  pair = busPair();
  [introduced, away, gone, nowMs] = [[], false, new Set(), 0];
  await pair.service.serve(introducePeers, async ({ userIds }) => {
    if (away) throw new ParlanceError('unavailable', 'away');
    introduced.push(userIds);
    return {};
  });
  introductions = new Introductions(
    pair.edge,
    (_, userId) => !gone.has(userId),
    quiet,
    () => nowMs,
  );
});
afterEach(() => Promise.all([pair.edge.drain(), pair.service.drain()]));

function come(count: number, name = 'u'): void {
  for (let n = 0; n < count; n += 1) {
    for (const device of ['phone', 'laptop'])
      introductions.bound(aConnection(pushed, `${name}${n}`, device).connection);
  }
}

describe('introductions', () => {
  it('are made once for each user, in pages, for wires that know presence from nothing else', async () => {
    introductions.bound(aConnection(aDialect('blue'), 'poller').connection);
    introductions.bound(aConnection(pushed, null).connection);
    come(10);
    for (const _ of [1, 2]) await introductions.flush();
    expect(introduced).toEqual([Array.from({ length: 10 }, (_, n) => `u${n}`)]);
  });

  it('wait until a storm of newcomers is over, in pages then, but no longer than five seconds', async () => {
    come(600);
    await introductions.flush();
    expect(introduced).toEqual([]);
    for (const _ of [1, 2, 3, 4]) await introductions.flush();
    expect(introduced.map((page) => page.length)).toEqual([250, 250, 100]);
    come(60, 'more');
    nowMs = 5_000;
    await introductions.flush();
    expect(introduced.at(-1)).toHaveLength(60);
  });

  it('are not made to who has gone meanwhile', async () => {
    come(2);
    gone.add('u0');
    await introductions.flush();
    expect([introduced, introductions.size]).toEqual([[['u1']], 0]);
  });

  it('are made later when nobody can make them now', async () => {
    away = true;
    introductions.bound(aConnection(pushed, 'ann').connection);
    await introductions.flush();
    away = false;
    await introductions.flush();
    await introductions.flush();
    expect([introduced, introductions.size]).toEqual([[['ann']], 0]);
  });
});
