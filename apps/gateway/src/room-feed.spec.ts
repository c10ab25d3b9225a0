import type { Bus } from '@parlance/bus';
import { changedRooms, pullLog, roomAddress, roomPublished, userAddress } from '@parlance/contracts';
import { sampleEvents } from '@parlance/dialect-kit/conformance';
import type { Fact } from '@parlance/domain';
import { ParlanceError } from '@parlance/domain';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  addedAt,
  busPair,
  direct,
  group,
  messageAt,
  quiet,
  removedAt,
  someMetrics,
  TENANT,
  timeOf,
} from './parts.fixture.js';
import { RoomFeed } from './room-feed.js';

let edge: Bus;
let service: Bus;
let feed: RoomFeed;
let log: unknown[];
let pulls: number;
let told: number[];
let events: string[];
let wake = (): void => undefined;

const roomId = group.room.id;

beforeEach(async () => {
  ({ edge, service } = busPair());
  [log, told, events, pulls] = [[], [], [], 0];
  await service.serve(pullLog, async ({ afterPos, afterTime }) => {
    pulls += 1;
    const facts = log.filter((fact) => {
      const { pos, at } = placeOf(fact);
      return afterTime === undefined ? pos > (afterPos ?? 0) : at > afterTime;
    });
    return { facts, head: log.length === 0 ? 0 : placeOf(log.at(-1)).pos, truncated: false };
  });
  const sink = {
    deliver: ({ pos }: { readonly pos: number }): void => {
      told.push(pos);
      wake();
    },
    receipt: () => undefined,
    event: ({ type }: { readonly type: string }, only: string | null): void => {
      events.push(`${type} ${only}`);
      wake();
    },
  };
  feed = new RoomFeed(edge, sink, someMetrics(), quiet, { now: Date.now, random: () => 0.5, unsequenced: false });
});

afterEach(async () => {
  await feed.close();
  await Promise.all([edge.drain(), service.drain()]);
});

/** What cannot be read stands where it was written: after everything. */
function placeOf(fact: unknown): { readonly pos: number; readonly at: string } {
  const { pos, at }: Partial<Fact> = { ...Object(fact) };
  return { pos: pos ?? Infinity, at: at ?? '9999' };
}

async function heard(count: number): Promise<number[]> {
  while (told.length < count) await new Promise<void>((resolve) => (wake = resolve));
  return told;
}

function publish(address: string, ...facts: readonly Fact[]): void {
  service.publish(roomPublished, address, { facts: [...facts] });
}

function head(address: string, pos: number, id = roomId): void {
  service.publish(roomPublished, address, { heads: [{ roomId: id, pos, at: new Date(timeOf(pos)).toISOString() }] });
}

const ann = userAddress(TENANT, 'ann');
const here = roomAddress(TENANT, roomId);

/** As a bind does it. */
async function bind(asOf = 10, recent: readonly { roomId: string; head: number }[] = []): Promise<void> {
  feed.hearUser(TENANT, 'ann');
  feed.userIsWhole(TENANT, 'ann', timeOf(asOf), recent);
}

/** Everything published before has been taken. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

describe('RoomFeed', () => {
  it('tells nothing of a room again when its head comes after it was left', async () => {
    log = [addedAt(20, 'ann'), messageAt(21), removedAt(22, 'ann')];
    await bind();
    publish(ann, addedAt(20, 'ann'));
    publish(here, messageAt(21), removedAt(22, 'ann'));
    expect(await heard(3)).toEqual([20, 21, 22]);
    feed.leaveRoom(TENANT, roomId);
    head(ann, 22);
    await settled();
    expect(told).toEqual([20, 21, 22]);
  });

  it('keeps what comes during a bind until it knows the heads, so that history is no news', async () => {
    log = Array.from({ length: 8 }, (_, index) => messageAt(index + 1, direct));
    feed.hearUser(TENANT, 'ann');
    publish(ann, messageAt(6, direct));
    await settled();
    expect([told, pulls]).toEqual([[], 0]);
    feed.userIsWhole(TENANT, 'ann', timeOf(7), [{ roomId: direct.room.id, head: 6 }]);
    publish(ann, messageAt(7, direct));
    expect(await heard(1)).toEqual([7]);
  });

  it('hears a room whose join it learned from a head alone', async () => {
    log = [addedAt(20, 'ann'), messageAt(21)];
    await bind();
    head(ann, 21);
    expect(await heard(2)).toEqual([20, 21]);
    await settled();
    publish(here, messageAt(22));
    expect(await heard(3)).toEqual([20, 21, 22]);
  });

  it('hears a room that was left and joined again, and nothing of what lies between', async () => {
    log = [addedAt(20, 'ann'), removedAt(21, 'ann')];
    await bind();
    publish(ann, addedAt(20, 'ann'));
    await heard(2);
    feed.leaveRoom(TENANT, roomId);
    log = [...log, messageAt(22), addedAt(23, 'ann'), messageAt(24)];
    publish(ann, addedAt(23, 'ann'));
    expect(await heard(4)).toEqual([20, 21, 23, 24]);
  });

  it('passes over what it cannot read instead of pulling it for ever', async () => {
    log = [messageAt(20), { nonsense: true }, messageAt(22)];
    await feed.hearRooms(TENANT, [{ roomId, head: 19 }]);
    publish(here, messageAt(22));
    expect(await heard(3)).toEqual([20, 21, 22]);
  });

  it('is not whole from the loss of the bus until it has asked what it missed', async () => {
    log = [messageAt(1, direct)];
    await bind();
    publish(ann, messageAt(1, direct));
    await heard(1);
    let answers = 0;
    await service.serve(changedRooms, async () => {
      if ((answers += 1) === 1) throw new ParlanceError('unavailable', 'not yet');
      const at = new Date(timeOf(12)).toISOString();
      return { heads: [{ roomId: direct.room.id, pos: 2, at }], complete: true, asOf: at };
    });
    expect(feed.isWhole()).toBe(true);
    log.push(messageAt(2, direct));
    feed.lost(timeOf(9));
    expect(feed.isWhole()).toBe(false);
    await expect(feed.recover()).rejects.toMatchObject({ code: 'unavailable' });
    expect(feed.isWhole()).toBe(false);
    await feed.recover();
    expect(await heard(2)).toEqual([1, 2]);
    await settled();
    expect(feed.isWhole()).toBe(true);
  });

  it("hands a user's own events and parts of streams on as they come, and passes over what it cannot read", async () => {
    feed.hearUser(TENANT, 'bob');
    const samples = sampleEvents(group);
    const unknown = { type: 'from-the-future' };
    const published = [unknown, samples['score.changed'][0], samples['stream.advanced'][0]];
    service.publish(roomPublished, userAddress(TENANT, 'bob'), { events: published });
    while (events.length < 2) await new Promise<void>((resolve) => (wake = resolve));
    expect(events).toEqual(['score.changed bob', 'stream.advanced bob']);
  });

  it('hands on typing that was told over REST: a direct room at its user, a group as a whole', async () => {
    feed.hearUser(TENANT, 'ann');
    await feed.hearRooms(TENANT, [{ roomId, head: 1 }]);
    const [typing] = sampleEvents(group)['typing.changed'];
    for (const address of [ann, here]) service.publish(roomPublished, address, { events: [typing] });
    while (events.length < 2) await new Promise<void>((resolve) => (wake = resolve));
    expect(events).toEqual(['typing.changed ann', 'typing.changed null']);
  });
});
