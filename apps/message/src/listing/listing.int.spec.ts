import { clearRoom, listRooms, markReceipt, patchRoom, setRoomPreferences } from '@parlance/contracts';
import { textDraft, type RoomPreferences } from '@parlance/domain';
import { describe, expect, it } from 'vitest';
import { sharedWorld } from '../testing/shared-world.js';
import { codeOf, makeRoom, say, TENANT, user } from '../testing/test-world.js';

const world = sharedWorld();

async function list(userId: string, filter: object = {}, tenantId = TENANT) {
  const page = { withMessagesOnly: false, offset: 0, limit: 50, memberLimit: 10 };
  return world.bus.request(listRooms, { tenantId, userId, ...page, ...filter });
}
const ids = async (userId: string, filter: object = {}) =>
  (await list(userId, filter)).rooms.map(({ state }) => state.room.id);
const prefer = async (userId: string, roomId: string, patch: Partial<RoomPreferences>) =>
  world.bus.request(setRoomPreferences, { tenantId: TENANT, userId, origin: null, roomId, patch });
const rename = async (roomId: string, name: string) =>
  world.bus.request(patchRoom, { tenantId: TENANT, actor: null, origin: null, roomId, name, announce: false });

describe('the list of rooms', () => {
  it('is filtered by name or own nickname, kind and preferences', async () => {
    const [work, home, direct] = await Promise.all([
      makeRoom(world.bus, ['ann', 'bob']),
      makeRoom(world.bus, ['ann', 'bob']),
      makeRoom(world.bus, ['ann', 'bob'], { kind: 'direct' }),
    ]);
    await rename(work.id, 'Work 100%');
    await rename(home.id, 'Home_');
    await prefer('ann', direct.id, { nickname: 'the WORKER' });
    await prefer('ann', home.id, { muted: true, archived: true });
    expect((await ids('ann', { title: 'work' })).toSorted()).toEqual([work.id, direct.id].toSorted());
    expect(await ids('bob', { title: 'work' })).toEqual([work.id]);
    expect(await ids('ann', { title: '%' })).toEqual([work.id]);
    expect(await ids('ann', { title: '_' })).toEqual([home.id]);
    expect(await ids('ann', { title: "' or 1=1 --" })).toEqual([]);
    expect(await codeOf(ids('ann', { title: 'a\u0000' }))).toBe('invalid');
    expect(await ids('ann', { kinds: ['direct'] })).toEqual([direct.id]);
    expect(await ids('ann', { kinds: [] })).toEqual([]);
    expect(await ids('ann', { muted: true })).toEqual([home.id]);
    expect(await ids('ann', { archived: true })).toEqual([home.id]);
    expect((await ids('ann', { muted: false })).toSorted()).toEqual([work.id, direct.id].toSorted());
    expect(await ids('bob', { muted: true })).toEqual([]);
  });

  it('says how many the filter leaves, on every page', async () => {
    for (let n = 0; n < 3; n += 1) await makeRoom(world.bus, ['cid']);
    expect(await list('cid', { limit: 2 })).toMatchObject({ total: 3, rooms: [{}, {}] });
    expect(await list('cid', { offset: 2, limit: 2 })).toMatchObject({ total: 3, rooms: [{}] });
    expect(await list('cid', { offset: 9 })).toMatchObject({ total: 3, rooms: [] });
    expect(await list('cid', {}, 'other')).toMatchObject({ total: 0, rooms: [] });
  });

  it('begins with the most recently written, or with what is unread', async () => {
    const [old, young] = [await makeRoom(world.bus, ['dan', 'eve']), await makeRoom(world.bus, ['dan', 'eve'])];
    await say(world.bus, old.id, 'eve', 'read me');
    const { message } = await say(world.bus, young.id, 'dan', 'mine');
    expect(await ids('dan')).toEqual([young.id, old.id]);
    expect(await ids('dan', { unreadFirst: true })).toEqual([old.id, young.id]);
    expect(await ids('dan', { updatedAfter: message.createdAt })).toEqual([]);
    expect(await ids('dan', { withMessagesOnly: true })).toEqual([young.id, old.id]);
    await world.bus.request(clearRoom, { tenantId: TENANT, actor: null, origin: null, roomId: young.id });
    expect(await ids('dan', { withMessagesOnly: true })).toEqual([old.id]);
    expect(await ids('dan', { updatedAfter: message.createdAt })).toEqual([young.id]);
  });

  it('shows one room if asked, and none that is not the own', async () => {
    const room = await makeRoom(world.bus, ['fay', 'gus']);
    await makeRoom(world.bus, ['fay']);
    expect(await list('fay', { roomId: room.id })).toMatchObject({
      total: 1,
      rooms: [{ state: { room: { id: room.id } } }],
    });
    expect(await ids('mallory', { roomId: room.id })).toEqual([]);
  });

  it('has broadcast rooms only for who sends there', async () => {
    const room = await makeRoom(world.bus, ['hal', 'ian'], { kind: 'broadcast', actor: user('hal') });
    expect(await ids('hal')).toEqual([room.id]);
    expect(await ids('ian')).toEqual([]);
    expect(await ids('ian', { roomId: room.id })).toEqual([]);
  });
});

describe('unread', () => {
  it('counts neither own, deleted nor told ones, nor what was read', async () => {
    const room = await makeRoom(world.bus, ['jon', 'kim']);
    const unread = async (userId: string) => (await list(userId, { roomId: room.id })).rooms[0]?.unread;
    await say(world.bus, room.id, 'jon', 'own');
    await say(world.bus, room.id, 'kim', '', { draft: textDraft('told', { type: 'info' }) });
    expect([await unread('jon'), await unread('kim')]).toEqual([0, 1]);
    const { message } = await say(world.bus, room.id, 'kim', 'one');
    await say(world.bus, room.id, 'kim', 'two');
    expect(await unread('jon')).toBe(2);
    const receipt = { tenantId: TENANT, user: user('jon'), origin: null, kind: 'read' as const };
    await world.bus.request(markReceipt, { ...receipt, upTo: { messageId: message.id } });
    expect(await unread('jon')).toBe(1);
    await world.bus.request(clearRoom, { tenantId: TENANT, actor: null, origin: null, roomId: room.id });
    expect(await unread('jon')).toBe(0);
  });

  it('is counted up to 1,000, and a room full of own messages costs no more', async () => {
    const room = await makeRoom(world.bus, ['lea', 'mia']);
    await world.query(
      `with many as (
         insert into message.message (tenant_id, room_id, seq, pos, created_at, id, sender_id, client_message_id, body_hash, type, text)
         select $1, $2, i, i + 1, now(), $2 || '-' || i, 'mia', i::text, '', 'text', 'x' from generate_series(1, 1500) i)
       update message.room_head set seq = 1500, pos = 1501 where tenant_id = $1 and room_id = $2`,
      [TENANT, room.id],
    );
    expect((await list('lea', { roomId: room.id })).rooms[0]?.unread).toBe(1_000);
    expect((await list('mia', { roomId: room.id })).rooms[0]?.unread).toBe(0);
  });
});
