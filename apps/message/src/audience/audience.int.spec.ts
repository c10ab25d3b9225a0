import {
  countMembers,
  deleteRoom,
  findAudience,
  findPeers,
  markDelivered,
  removeMember,
  userAddress,
} from '@parlance/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Ear, makeRoom, openWorld, say, TENANT, user, type World } from '../testing/test-world.js';

let world: World;
beforeAll(async () => {
  world = await openWorld();
  await world.start();
}, 60_000);
afterAll(() => world.stop());

const base = { tenantId: TENANT, actor: null, origin: null };

async function audience(userIds: string[], maxMembers = 100, limit = 100) {
  const found: string[] = [];
  for (let after: string | null = null; ;) {
    const question = { tenantId: TENANT, userIds, maxMembers, after, limit };
    const page: { rooms: { room: { id: string }; memberIds: string[] }[]; next: string | null } =
      await world.bus.request(findAudience, question);
    found.push(...page.rooms.map(({ room, memberIds }) => `${room.id}: ${memberIds.sort().join(' ')}`));
    if (page.next === null) return found.sort();
    after = page.next;
  }
}

const peers = async (userId: string, ...among: string[]) =>
  (await world.bus.request(findPeers, { tenantId: TENANT, userId, among })).peers.sort();

describe('who shares a room with whom', () => {
  it('is read room by room, without those that are left, deleted, large or broadcasts', async () => {
    const direct = await makeRoom(world.bus, ['ann', 'bob'], { kind: 'direct' });
    const group = await makeRoom(world.bus, ['ann', 'cleo', 'dan']);
    const left = await makeRoom(world.bus, ['ann', 'eve']);
    const deleted = await makeRoom(world.bus, ['ann', 'fay']);
    const large = await makeRoom(world.bus, ['ann', 'gus', 'hal', 'ida']);
    await makeRoom(world.bus, ['ann', 'jon'], { kind: 'broadcast' });
    await makeRoom(world.bus, ['ann', 'kim'], { tenantId: 'another' });
    await world.bus.request(removeMember, { ...base, roomId: left.id, userId: 'ann' });
    await world.bus.request(deleteRoom, { ...base, roomId: deleted.id });
    const small = [`${direct.id}: ann bob`, `${group.id}: ann cleo dan`];
    expect(await audience(['ann'], 3)).toEqual([...small].sort());
    expect(await audience(['ann', 'bob'], 4, 1)).toEqual([...small, `${large.id}: ann gus hal ida`].sort());
    expect(await audience(['nobody'])).toEqual([]);
    const exact = { tenantId: TENANT, userIds: ['gus'], maxMembers: 4, after: null, limit: 1 };
    expect(await world.bus.request(findAudience, exact)).toMatchObject({
      rooms: [{ room: { id: large.id } }],
      next: null,
    });
    const all = ['ann', 'bob', 'cleo', 'eve', 'fay', 'gus', 'jon', 'kim', 'nobody', '%'];
    expect(await peers('ann', ...all)).toEqual(['ann', 'bob', 'cleo', 'gus']);
    expect(await peers('eve', ...all)).toEqual(['eve']);
    expect(await peers('nobody', ...all)).toEqual([]);
    const counted = { tenantId: TENANT, roomIds: [large.id, 'unknown', direct.id], atMost: 3 };
    expect((await world.bus.request(countMembers, counted)).counts).toEqual([3, 0, 2]);
  });
});

describe('delivery of many', () => {
  it('moves watermarks forward only, tells each room once, and passes large rooms and strangers over', async () => {
    const direct = await makeRoom(world.bus, ['lea', 'max'], { kind: 'direct' });
    const crowd = await makeRoom(world.bus, ['lea', ...Array.from({ length: 32 }, (_, n) => `crowd-${n}`)]);
    for (const text of ['one', 'two', 'three']) await say(world.bus, direct.id, 'lea', text);
    await say(world.bus, crowd.id, 'lea', 'many');
    const ear = await Ear.at(world.bus, userAddress(TENANT, 'lea'));
    const mark = (roomId: string, id: string, seq: number) => ({ roomId, user: user(id), seq });
    const marks = [
      mark(direct.id, 'max', 1),
      mark(direct.id, 'max', 2),
      mark(crowd.id, 'crowd-1', 1),
      mark(direct.id, 'stranger', 2),
      mark('unknown', 'max', 1),
    ];
    await world.bus.request(markDelivered, { tenantId: TENANT, marks });
    await world.bus.request(markDelivered, { tenantId: TENANT, marks: [mark(direct.id, 'max', 1)] });
    await world.bus.request(markDelivered, { tenantId: TENANT, marks: [mark(direct.id, 'max', 99)] });
    await ear.until(({ receipts }) => receipts.length >= 2);
    await world.bus.flush();
    const told = ear.receipts.map(({ kind, user: { id }, deliveredSeq, readSeq }) => [kind, id, deliveredSeq, readSeq]);
    expect(told).toEqual([
      ['delivered', 'max', 2, 0],
      ['delivered', 'max', 3, 0],
    ]);
    const rows = await world.query(
      'select delivered_seq::int as seq from message.member where room_id = $1 and user_id = $2',
      [crowd.id, 'crowd-1'],
    );
    expect(rows[0]?.seq).toBe(0);
  });
});
