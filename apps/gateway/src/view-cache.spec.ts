import { Directory } from '@parlance/actions';
import type { Bus } from '@parlance/bus';
import { findUsers, getRoom } from '@parlance/contracts';
import { sampleStamp } from '@parlance/dialect-kit/conformance';
import { ParlanceError } from '@parlance/domain';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { busPair, group, quiet, TENANT } from './parts.fixture.js';
import { ViewCache } from './view-cache.js';

let edge: Bus;
let service: Bus;
let asked: number;
let version: number;
let failures: ParlanceError[];
let hold: Promise<void>;
let cache: ViewCache;

const stamp = (of: number) => ({ ...sampleStamp(group), version: of });

beforeEach(async () => {
  ({ edge, service } = busPair());
  [asked, version, failures, hold] = [0, 1, [], Promise.resolve()];
  await service.serve(findUsers, async ({ refs }) => ({ users: refs.map(() => null) }));
  await service.serve(getRoom, async () => {
    asked += 1;
    const room = { ...group.room, version };
    await hold;
    const failure = failures.shift();
    if (failure !== undefined) throw failure;
    return { room, members: [...group.members] };
  });
  cache = new ViewCache(edge, new Directory(edge), quiet);
});

afterEach(() => Promise.all([edge.drain(), service.drain()]));

describe('ViewCache', () => {
  it('reads a version once', async () => {
    const both = [cache.load(TENANT, stamp(1)), cache.load(TENANT, stamp(1))];
    for (const view of both) expect((await view)?.room.version).toBe(1);
    expect(cache.load(TENANT, stamp(1))).not.toBeInstanceOf(Promise);
    expect(asked).toBe(1);
  });

  it('does not pass an older reading, that was under way, for the newer version', async () => {
    let go = (): void => undefined;
    hold = new Promise((resolve) => (go = resolve));
    const older = cache.load(TENANT, stamp(1));
    while (asked === 0) await new Promise((resolve) => setImmediate(resolve));
    version = 2;
    const newer = cache.load(TENANT, stamp(2));
    go();
    expect((await older)?.room.version).toBe(1);
    expect((await newer)?.room.version).toBe(2);
  });

  it('asks again while the store is away, and does without for a room that is gone', async () => {
    failures = [new ParlanceError('unavailable', 'away'), new ParlanceError('overloaded', 'busy')];
    expect((await cache.load(TENANT, stamp(1)))?.room.version).toBe(1);
    failures = [new ParlanceError('not-found', 'gone')];
    expect(await cache.load(TENANT, stamp(2))).toBeNull();
  });
});
