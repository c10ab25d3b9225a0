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
let introductions: Introductions;

beforeEach(async () => {
  pair = busPair();
  [introduced, away, gone] = [[], false, new Set()];
  await pair.service.serve(introducePeers, async ({ userIds }) => {
    if (away) throw new ParlanceError('unavailable', 'away');
    introduced.push(userIds);
    return {};
  });
  introductions = new Introductions(pair.edge, (_, userId) => !gone.has(userId), quiet);
});
afterEach(() => Promise.all([pair.edge.drain(), pair.service.drain()]));

describe('introductions', () => {
  it('are made once for each user, in pages, for wires that know presence from nothing else', async () => {
    introductions.bound(aConnection(aDialect('blue'), 'poller').connection);
    introductions.bound(aConnection(pushed, null).connection);
    for (let n = 0; n < 300; n += 1) {
      for (const device of ['phone', 'laptop']) introductions.bound(aConnection(pushed, `u${n}`, device).connection);
    }
    for (const _ of [1, 2, 3]) await introductions.flush();
    expect(introduced.map((page) => page.length)).toEqual([250, 50]);
    expect(introduced[0]?.[0]).toBe('u0');
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
