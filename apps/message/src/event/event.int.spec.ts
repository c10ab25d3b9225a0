import {
  deleteMessage,
  eventsAfter,
  listConnected,
  LOG_START,
  bindSession,
  saveSessions,
  type LogCursor,
} from '@parlance/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf, makeRoom, openWorld, say, TENANT, user, type World } from '../testing/test-world.js';

let world: World;

beforeAll(async () => {
  world = await openWorld();
  await world.start('message-0');
  await world.start('message-1');
}, 60_000);
afterAll(async () => {
  await world.stop();
});

async function after(cursor: LogCursor, limit = 1_000) {
  const filter = { types: ['message.created'], roomKinds: ['direct' as const] };
  return world.bus.request(eventsAfter, { cursor, ...filter, limit });
}

/** Reads on until this many messages of a room were seen; the test's own time limit bounds it. */
async function readUntil(roomId: string, count: number, from: LogCursor = LOG_START, limit = 1_000) {
  const ids: string[] = [];
  let cursor = from;
  while (ids.length < count) {
    const page = await after(cursor, limit);
    for (const { roomId: of, message } of page.events) if (of === roomId && message !== null) ids.push(message.id);
    cursor = page.cursor;
  }
  return { ids, cursor };
}

describe('the log by cursor', () => {
  it('gives the messages of direct rooms alone, each once, in pages of any size', async () => {
    const room = await makeRoom(world.bus, ['ann', 'bob'], { kind: 'direct' });
    const group = await makeRoom(world.bus, ['ann', 'bob']);
    const sent: string[] = [];
    for (let n = 0; n < 7; n += 1) {
      sent.push((await say(world.bus, room.id, n % 2 === 0 ? 'ann' : 'bob', `direct ${n}`)).message.id);
      await say(world.bus, group.id, 'ann', `group ${n}`);
    }
    for (const limit of [1, 3, 1_000]) expect((await readUntil(room.id, 7, LOG_START, limit)).ids).toEqual(sent);
    const { events } = await after(LOG_START);
    expect(events.every(({ roomKind, type }) => roomKind === 'direct' && type === 'message.created')).toBe(true);
    const [first] = events.filter(({ roomId }) => roomId === room.id);
    expect(first).toMatchObject({
      tenantId: TENANT,
      message: { id: sent[0], senderId: 'ann', type: 'text', isCopy: false },
    });
  });

  it('says of a message what it is now, also when it is deleted', async () => {
    const room = await makeRoom(world.bus, ['cy', 'bob'], { kind: 'direct' });
    const { message } = await say(world.bus, room.id, 'cy', 'gone');
    await world.bus.request(deleteMessage, {
      tenantId: TENANT,
      actor: user('cy'),
      origin: null,
      messageId: message.id,
    });
    expect((await readUntil(room.id, 1)).ids).toEqual([message.id]);
  });

  it('never passes a transaction that is still running, and gives what it commits late', async () => {
    const [early, late] = [
      await makeRoom(world.bus, ['dan', 'ann'], { kind: 'direct' }),
      await makeRoom(world.bus, ['dan', 'bob'], { kind: 'direct' }),
    ];
    const { cursor } = await readUntil(early.id, 0);
    const writer = await world.db.connect();
    await writer.query('begin');
    // A sender that has its place in the log already, and hangs before its commit.
    await writer.query(
      `insert into message.room_event (tenant_id, room_id, pos, at, seq, type) values ($1, $2, 1000, clock_timestamp(), 1000, 'message.created')`,
      [TENANT, late.id],
    );
    await writer.query(
      `insert into message.message (tenant_id, room_id, seq, pos, created_at, id, sender_id, client_message_id, body_hash, type)
       values ($1, $2, 1000, 1000, clock_timestamp(), 'late-one', 'dan', 'late', '', 'text')`,
      [TENANT, late.id],
    );
    const { message } = await say(world.bus, early.id, 'dan', 'committed meanwhile');
    const meanwhile = await after(cursor);
    expect(meanwhile.events.map(({ message: one }) => one?.id)).not.toContain(message.id);
    await writer.query('commit');
    writer.release();
    expect((await readUntil(late.id, 1, meanwhile.cursor)).ids).toEqual(['late-one']);
    expect((await readUntil(early.id, 1, meanwhile.cursor)).ids).toEqual([message.id]);
  });

  it('begins anew for a cursor that comes from another server', async () => {
    const room = await makeRoom(world.bus, ['eve', 'bob'], { kind: 'direct' });
    const { message } = await say(world.bus, room.id, 'eve', 'here');
    const far = { xid: '18000000000000000000', id: 5 };
    expect((await readUntil(room.id, 1, far)).ids).toEqual([message.id]);
  });

  it.each([
    { xid: 'x', id: 0 },
    { xid: '-1', id: 0 },
    { xid: '1', id: -1 },
  ])('refuses the cursor %j', async (cursor) => {
    expect(await codeOf(after(cursor))).toBe('invalid');
  });
});

describe('who is connected', () => {
  const bind = async (userId: string, sessionId: string) =>
    world.bus.request(bindSession, {
      ...{ tenantId: TENANT, userId, dialect: 'reels', sessionId, podId: 'pod-of-events', ticket: null, resume: null },
    });

  it('is told page by page, each user once, without those who left', async () => {
    for (const userId of ['u1', 'u2', 'u3']) for (const n of [1, 2]) await bind(userId, `session-${userId}-${n}`);
    await bind('u4', 'session-u4-1');
    const left = {
      tenantId: TENANT,
      sessionId: 'session-u4-1',
      userId: 'u4',
      dialect: 'reels',
      openRooms: [],
      cursors: [],
    };
    const asOf = new Date().toISOString();
    await world.bus.request(saveSessions, { podId: 'pod-of-events', sessions: [{ ...left, asOf, state: 'ended' }] });
    const first = await world.bus.request(listConnected, { tenantId: TENANT, after: null, limit: 2 });
    expect(first).toEqual({ userIds: ['u1', 'u2'], next: 'u2' });
    const second = await world.bus.request(listConnected, { tenantId: TENANT, after: first.next, limit: 2 });
    expect(second).toEqual({ userIds: ['u3'], next: null });
    expect(await world.bus.request(listConnected, { tenantId: 'another', after: null, limit: 2 })).toEqual({
      userIds: [],
      next: null,
    });
  });
});
