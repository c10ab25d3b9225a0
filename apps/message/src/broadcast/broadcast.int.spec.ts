import {
  addMembers,
  bindSession,
  changedRooms,
  createRoom,
  deleteMessage,
  getRoom,
  listMessages,
  listRooms,
  pullLog,
  removeMember,
  roomAddress,
  setBlock,
  userAddress,
} from '@parlance/contracts';
import { factSchema, type Message } from '@parlance/domain';
import { describe, expect, it } from 'vitest';
import { sharedWorld } from '../testing/shared-world.js';
import { by, codeOf, Ear, makeRoom, say, TENANT, user } from '../testing/test-world.js';

const world = sharedWorld(['message-1', 'message-2']);

const channelOf = async (owner: string, recipients: readonly string[]) =>
  makeRoom(world.bus, recipients, { kind: 'broadcast', actor: user(owner), announce: true });

async function copied(userId: string, parentIds: readonly string[]): Promise<Ear> {
  const ear = await Ear.at(world.bus, userAddress(TENANT, userId));
  for (const id of parentIds) await ear.until(({ facts }) => facts.some((fact) => copyOf(fact) === id));
  return ear;
}

function copyOf(fact: { type: string; message?: Message }): string | null {
  return fact.message?.broadcastOf ?? null;
}

async function directRoomOf(userId: string, otherId: string) {
  const { state } = await world.bus.request(createRoom, {
    ...by(user(userId)),
    kind: 'direct',
    name: null,
    photo: null,
    metadata: {},
    memberIds: [userId, otherId],
  });
  return state.room;
}

async function messagesIn(roomId: string): Promise<readonly Message[]> {
  const query = { tenantId: TENANT, viewerId: null, roomId, skip: 0, limit: 200, visibleOnly: false };
  return (await world.bus.request(listMessages, query)).messages;
}

/** Waits until the copying of every room is through. */
async function settled(): Promise<void> {
  await expect
    .poll(
      async () => {
        const rows = await world.query(
          `select count(*)::integer as n from message.broadcast b
             join message.room_head h on h.tenant_id = b.tenant_id and h.room_id = b.room_id and h.seq > b.done_seq`,
        );
        return rows[0]?.n;
      },
      { timeout: 40_000 },
    )
    .toBe(0);
}

describe('a broadcast message', () => {
  it('is acknowledged, and reaches each recipient in the direct room with its sender, made if missing', async () => {
    const known = await makeRoom(world.bus, ['olga', 'rick'], { kind: 'direct', actor: user('rick') });
    const channel = await channelOf('olga', ['rick', 'rosa']);
    const ear = await Ear.at(world.bus, userAddress(TENANT, 'rosa'));
    const { message } = await say(world.bus, channel.id, 'olga', 'to all of you');
    await ear.until(({ facts }) => facts.length === 2);
    expect(ear.facts).toMatchObject([
      { type: 'room.created', pos: 1, room: { kind: 'direct', pair: ['olga', 'rosa'] } },
      {
        type: 'message.created',
        pos: 2,
        actor: { id: 'olga' },
        message: { seq: 1, text: 'to all of you', senderId: 'olga', broadcastOf: message.id },
      },
    ]);
    await settled();
    expect(await messagesIn(known.id)).toMatchObject([{ text: 'to all of you', broadcastOf: message.id }]);
    expect((await directRoomOf('rick', 'olga')).id).toBe(known.id);
    expect((await messagesIn(channel.id)).map(({ type, broadcastOf }) => [type, broadcastOf])).toEqual([
      ['info', null],
      ['text', null],
    ]);
  });

  it('comes in the order of sending, once to each of many, whatever replica copies', async () => {
    const recipients = Array.from({ length: 230 }, (_, index) => `many-${String(index).padStart(3, '0')}`);
    const channel = await channelOf('oscar', recipients);
    const sent = await Promise.all(['a', 'b', 'c'].map(async (text) => say(world.bus, channel.id, 'oscar', text)));
    const order = [...sent].sort((x, y) => x.message.seq - y.message.seq).map(({ message }) => message.id);
    await settled();
    const rows = await world.query(
      `select r.user_a as a, array_agg(m.broadcast_of order by m.seq) as parents
         from message.room r join message.message m on m.tenant_id = r.tenant_id and m.room_id = r.id
        where r.kind = 'direct' and r.user_b = 'oscar' group by r.user_a`,
    );
    expect(rows.map(({ a }) => a).sort()).toEqual(recipients);
    expect(new Set(rows.map(({ parents }) => JSON.stringify(parents)))).toEqual(new Set([JSON.stringify(order)]));
  });

  it('is not copied twice when the note of how far the job was is lost', async () => {
    const channel = await channelOf('otto', ['rita', 'ruth']);
    await say(world.bus, channel.id, 'otto', 'once');
    await settled();
    await world.query(
      'update message.broadcast set done_seq = 0, copying_seq = null, after_user = null where room_id = $1',
      [channel.id],
    );
    await settled();
    expect(await messagesIn((await directRoomOf('otto', 'rita')).id)).toHaveLength(1);
  });

  it('goes to who was a recipient before it and still is, and to nobody whom a block stands between', async () => {
    const channel = await channelOf('opal', ['ray', 'red', 'roy']);
    const block = { tenantId: TENANT, user: user('red'), other: user('opal'), origin: null, blocked: true };
    await world.bus.request(setBlock, block);
    await world.bus.request(removeMember, { ...by(user('opal')), roomId: channel.id, userId: 'ray' });
    const { message } = await say(world.bus, channel.id, 'opal', 'hello');
    await settled();
    await world.bus.request(addMembers, { ...by(user('opal')), roomId: channel.id, userIds: ['rex'], role: 'member' });
    const later = await say(world.bus, channel.id, 'opal', 'hello again');
    const rex = await copied('rex', []);
    await settled();
    const rows = await world.query(
      `select r.user_b as who, array_agg(m.broadcast_of order by m.seq) as parents
         from message.room r join message.message m on m.tenant_id = r.tenant_id and m.room_id = r.id
        where r.kind = 'direct' and r.user_a = 'opal' group by r.user_b order by 1`,
    );
    expect(rows).toEqual([
      { who: 'rex', parents: [later.message.id] },
      { who: 'roy', parents: [message.id, later.message.id] },
    ]);
    expect(rex.facts.map(({ room }) => room.kind)).not.toContain('broadcast');
  });

  it('that is deleted later leaves its copies as they are', async () => {
    const channel = await channelOf('omar', ['rob']);
    const { message } = await say(world.bus, channel.id, 'omar', 'kept');
    await settled();
    await world.bus.request(deleteMessage, { ...by(user('omar')), messageId: message.id });
    expect(await messagesIn((await directRoomOf('omar', 'rob')).id)).toMatchObject([{ text: 'kept', deletedAt: null }]);
  });
});

describe('a recipient', () => {
  it('sees and hears nothing of the room, by any way', async () => {
    const ear = await Ear.at(world.bus, userAddress(TENANT, 'ralf'));
    const channel = await channelOf('olaf', ['ralf']);
    const query = { tenantId: TENANT, roomId: channel.id };
    await world.bus.request(removeMember, { ...by(user('olaf')), roomId: channel.id, userId: 'ralf' });
    await world.bus.request(addMembers, { ...by(user('olaf')), roomId: channel.id, userIds: ['ralf'], role: 'member' });
    const codes = await Promise.all([
      codeOf(world.bus.request(getRoom, { ...query, viewerId: 'ralf' })),
      codeOf(world.bus.request(listMessages, { ...query, viewerId: 'ralf', skip: 0, limit: 5, visibleOnly: false })),
      codeOf(say(world.bus, channel.id, 'ralf', 'I answer')),
      codeOf(world.bus.request(removeMember, { ...by(user('ralf')), roomId: channel.id, userId: 'ralf' })),
    ]);
    expect(codes).toEqual(['not-found', 'not-found', 'not-found', 'not-found']);
    const page = { offset: 0, limit: 50, memberLimit: 10, withMessagesOnly: false };
    expect((await world.bus.request(listRooms, { tenantId: TENANT, userId: 'ralf', ...page })).rooms).toEqual([]);
    const bound = await world.bus.request(bindSession, {
      tenantId: TENANT,
      userId: 'ralf',
      dialect: 'test',
      sessionId: 'session-of-ralf',
      podId: 'pod',
      ticket: null,
      resume: null,
    });
    expect([...bound.groups, ...bound.recent]).toEqual([]);
    const changed = { tenantId: TENANT, userIds: ['ralf'], since: '2026-01-01T00:00:00.000Z' };
    expect((await world.bus.request(changedRooms, changed)).heads).toEqual([]);
    // The relay has repeated what was to be repeated by the time a later message is there.
    await say(world.bus, channel.id, 'olaf', 'copied');
    await ear.until(({ facts }) => facts.some((fact) => fact.type === 'message.created'));
    expect(ear.facts.map(({ room }) => room.kind)).toEqual(['direct', 'direct']);
    expect(ear.heads.map(({ roomId }) => roomId)).not.toContain(channel.id);
  });

  it('is listed as a member to the owner, who is told of each change', async () => {
    const channel = await channelOf('odin', ['runa']);
    const ear = await Ear.at(world.bus, roomAddress(TENANT, channel.id));
    const request = { ...by(user('odin')), roomId: channel.id };
    await world.bus.request(addMembers, { ...request, userIds: ['rolf', 'runa'], role: 'member' });
    await world.bus.request(addMembers, { ...request, userIds: ['alma'], role: 'admin' });
    const { state } = await world.bus.request(removeMember, { ...request, userId: 'runa' });
    expect(state.members.map(({ userId, role }) => [userId, role])).toEqual([
      ['odin', 'owner'],
      ['alma', 'admin'],
      ['rolf', 'member'],
    ]);
    await ear.until(({ facts }) => facts.length === 6);
    const { facts } = await world.bus.request(pullLog, { ...request, afterPos: 0, limit: 100 });
    expect(facts.map((fact) => factSchema.parse(fact).type)).toEqual([
      'room.created',
      'message.created',
      'member.added',
      'message.created',
      'member.added',
      'message.created',
      'member.removed',
      'message.created',
    ]);
    expect(await codeOf(say(world.bus, channel.id, 'alma', 'from an admin'))).toBe('ok');
    await settled();
    expect(await messagesIn((await directRoomOf('alma', 'rolf')).id)).toMatchObject([{ text: 'from an admin' }]);
  });
});
