import {
  addMembers,
  createRoom,
  deleteMessage,
  deleteRoom,
  editMessage,
  getMessage,
  getRoom,
  listMessages,
  listRooms,
  markReceipt,
  patchRoom,
  pullLog,
  removeMember,
  resolveRooms,
  roomAddress,
  userAddress,
} from '@parlance/contracts';
import { textDraft, type Role, type UserSnapshot } from '@parlance/domain';
import { describe, expect, it } from 'vitest';
import { sharedWorld } from '../testing/shared-world.js';
import { codeOf, Ear, makeRoom, say, TENANT, user } from '../testing/test-world.js';

const world = sharedWorld(['message-1', 'message-2']);

/** Silent: these specs count facts and messages. */
const by = (actor: UserSnapshot | null) => ({ tenantId: TENANT, actor, origin: null, announce: false });
const listFor = async (userId: string, more: { offset?: number; limit?: number; withMessagesOnly?: boolean } = {}) =>
  world.bus.request(listRooms, {
    tenantId: TENANT,
    userId,
    withMessagesOnly: false,
    offset: 0,
    limit: 50,
    memberLimit: 10,
    ...more,
  });
const messagesOf = async (roomId: string, viewerId: string | null, more: Record<string, unknown> = {}) =>
  world.bus.request(listMessages, {
    tenantId: TENANT,
    viewerId,
    roomId,
    skip: 0,
    limit: 50,
    visibleOnly: false,
    ...more,
  });

describe('making a room', () => {
  it('tells its members, who become owner and members', async () => {
    const ear = await Ear.at(world.bus, userAddress(TENANT, 'bob'));
    const ann = user('ann');
    const room = await makeRoom(world.bus, ['bob', 'cat'], { actor: ann });
    await ear.until(({ facts }) => facts.length > 0);
    expect(ear.facts[0]).toMatchObject({
      type: 'room.created',
      pos: 1,
      prevAt: null,
      memberIds: ['ann', 'bob', 'cat'],
      state: room,
    });
    const { members } = await world.bus.request(getRoom, { tenantId: TENANT, viewerId: 'cat', roomId: room.id });
    expect(members.map(({ userId, role }) => [userId, role])).toEqual([
      ['ann', 'owner'],
      ['bob', 'member'],
      ['cat', 'member'],
    ]);
  });

  it('is one per pair, whoever asks first', async () => {
    const made = await Promise.all(
      Array.from({ length: 12 }, async (_, index) =>
        world.bus.request(createRoom, {
          ...by(user(index % 2 === 0 ? 'yin' : 'yang')),
          kind: 'direct',
          name: null,
          photo: null,
          metadata: {},
          memberIds: ['yin', 'yang'],
        }),
      ),
    );
    expect(new Set(made.map(({ state }) => state.room.id)).size).toBe(1);
    expect(made.filter(({ created }) => created)).toHaveLength(1);
  });

  it('refuses a taken id, a third in a direct room, a room of others', async () => {
    await makeRoom(world.bus, ['ann'], { id: 'taken' });
    expect(await codeOf(makeRoom(world.bus, ['ann'], { id: 'taken' }))).toBe('conflict');
    expect(await codeOf(makeRoom(world.bus, ['a', 'b', 'c'], { kind: 'direct' }))).toBe('invalid');
    expect(await codeOf(makeRoom(world.bus, ['a'], { kind: 'direct' }))).toBe('invalid');
    expect(await codeOf(makeRoom(world.bus, ['a', 'b'], { kind: 'direct', actor: user('mallory') }))).toBe(
      'permission-denied',
    );
  });

  it('is found by id and uuid, in the order asked, in its tenant alone', async () => {
    const room = await makeRoom(world.bus, ['ann']);
    const keys = [room.uuid, 'nobody', room.id];
    const { rooms } = await world.bus.request(resolveRooms, { tenantId: TENANT, keys });
    expect(rooms.map((stamp) => stamp?.id ?? null)).toEqual([room.id, null, room.id]);
    expect((await world.bus.request(resolveRooms, { tenantId: 'other', keys })).rooms).toEqual([null, null, null]);
  });
});

describe('who may do what', () => {
  const cases: readonly (readonly [string, Role | 'stranger' | 'server', string])[] = [
    ['patch', 'owner', 'ok'],
    ['patch', 'admin', 'ok'],
    ['patch', 'member', 'permission-denied'],
    ['patch', 'stranger', 'not-found'],
    ['patch', 'server', 'ok'],
    ['add', 'owner', 'ok'],
    ['add', 'admin', 'ok'],
    ['add', 'member', 'permission-denied'],
    ['add', 'stranger', 'not-found'],
    ['add', 'server', 'ok'],
    ['remove', 'owner', 'ok'],
    ['remove', 'admin', 'ok'],
    ['remove', 'member', 'permission-denied'],
    ['remove', 'stranger', 'not-found'],
    ['remove', 'server', 'ok'],
    ['remove owner', 'admin', 'permission-denied'],
    ['make owner', 'admin', 'permission-denied'],
    ['leave', 'member', 'ok'],
    ['delete', 'owner', 'ok'],
    ['delete', 'admin', 'permission-denied'],
    ['delete', 'member', 'permission-denied'],
    ['delete', 'stranger', 'not-found'],
    ['delete', 'server', 'ok'],
    ['edit', 'owner', 'permission-denied'],
    ['edit', 'member', 'permission-denied'],
    ['edit', 'stranger', 'not-found'],
    ['edit', 'server', 'ok'],
    ['erase', 'owner', 'ok'],
    ['erase', 'admin', 'ok'],
    ['erase', 'member', 'permission-denied'],
    ['erase', 'stranger', 'not-found'],
    ['erase', 'server', 'ok'],
    ['send', 'member', 'ok'],
    ['send', 'stranger', 'not-found'],
  ];

  it.each(cases)('%s by %s: %s', async (deed, who, expected) => {
    const room = await makeRoom(world.bus, ['target'], { actor: user('owner') });
    await world.bus.request(addMembers, { ...by(null), roomId: room.id, userIds: ['admin'], role: 'admin' });
    await world.bus.request(addMembers, { ...by(null), roomId: room.id, userIds: ['member'], role: 'member' });
    const { message } = await say(world.bus, room.id, 'target', 'words');
    const request = { ...by(who === 'server' ? null : user(who)), roomId: room.id };
    const deeds: Readonly<Record<string, () => Promise<unknown>>> = {
      patch: async () => world.bus.request(patchRoom, { ...request, name: 'new' }),
      add: async () => world.bus.request(addMembers, { ...request, userIds: ['newcomer'], role: 'member' }),
      'make owner': async () => world.bus.request(addMembers, { ...request, userIds: ['newcomer'], role: 'owner' }),
      remove: async () => world.bus.request(removeMember, { ...request, userId: 'target' }),
      'remove owner': async () => world.bus.request(removeMember, { ...request, userId: 'owner' }),
      leave: async () => world.bus.request(removeMember, { ...request, userId: who }),
      delete: async () => world.bus.request(deleteRoom, request),
      edit: async () => world.bus.request(editMessage, { ...request, messageId: message.id, text: 'changed' }),
      erase: async () => world.bus.request(deleteMessage, { ...request, messageId: message.id }),
      send: async () => say(world.bus, room.id, who, 'hello'),
    };
    expect(await codeOf(deeds[deed]?.() ?? Promise.reject(new Error('no deed')))).toBe(expected);
    const { head } = await world.bus.request(pullLog, { tenantId: TENANT, roomId: room.id, afterPos: 0, limit: 10 });
    expect(head).toBe(expected === 'ok' ? 5 : 4);
  });

  it('answers a foreign tenant as if nothing were there', async () => {
    const room = await makeRoom(world.bus, ['ann'], { id: 'private-room' });
    const { message } = await say(world.bus, room.id, 'ann', 'secret');
    const foreign = { tenantId: 'other', actor: null, origin: null };
    const codes = await Promise.all([
      codeOf(world.bus.request(getRoom, { tenantId: 'other', viewerId: null, roomId: room.id })),
      codeOf(world.bus.request(getMessage, { tenantId: 'other', viewerId: null, messageId: message.id })),
      codeOf(world.bus.request(deleteMessage, { ...foreign, messageId: message.id })),
      codeOf(world.bus.request(editMessage, { ...foreign, messageId: message.id, text: 'x' })),
      codeOf(world.bus.request(deleteRoom, { ...foreign, roomId: room.id })),
      codeOf(world.bus.request(pullLog, { tenantId: 'other', roomId: room.id, afterPos: 0, limit: 10 })),
      codeOf(
        world.bus.request(markReceipt, {
          tenantId: 'other',
          user: user('ann'),
          origin: null,
          kind: 'read',
          upTo: { messageId: message.id },
        }),
      ),
    ]);
    expect(new Set(codes)).toEqual(new Set(['not-found']));
  });
});

describe('a member who is removed', () => {
  it('hears of it and sees nothing of the room any more, until added again', async () => {
    const room = await makeRoom(world.bus, ['rob'], { actor: user('ann') });
    const { message } = await say(world.bus, room.id, 'ann', 'before');
    const ear = await Ear.at(world.bus, userAddress(TENANT, 'rob'));
    const gone = { ...by(user('ann')), roomId: room.id, userId: 'rob' };
    expect(await world.bus.request(removeMember, gone)).toMatchObject({ removed: true });
    expect(await world.bus.request(removeMember, gone)).toMatchObject({ removed: false });
    await ear.until(({ facts }) => facts.some((fact) => fact.type === 'member.removed' && fact.reason === 'removed'));
    const codes = await Promise.all([
      codeOf(messagesOf(room.id, 'rob')),
      codeOf(world.bus.request(getMessage, { tenantId: TENANT, viewerId: 'rob', messageId: message.id })),
      codeOf(world.bus.request(getRoom, { tenantId: TENANT, viewerId: 'rob', roomId: room.id })),
      codeOf(say(world.bus, room.id, 'rob', 'still here?')),
    ]);
    expect(codes).toEqual(['not-found', 'not-found', 'not-found', 'not-found']);
    expect((await listFor('rob')).rooms.map(({ state }) => state.room.id)).not.toContain(room.id);
    await world.bus.request(addMembers, { ...by(null), roomId: room.id, userIds: ['rob', 'ann'], role: 'member' });
    expect((await messagesOf(room.id, 'rob')).messages).toHaveLength(1);
  });

  it('cannot be of a direct room', async () => {
    const room = await makeRoom(world.bus, ['d1', 'd2'], { kind: 'direct', actor: user('d1') });
    expect(await codeOf(world.bus.request(removeMember, { ...by(user('d1')), roomId: room.id, userId: 'd1' }))).toBe(
      'invalid',
    );
    expect(
      await codeOf(world.bus.request(addMembers, { ...by(null), roomId: room.id, userIds: ['d3'], role: 'member' })),
    ).toBe('invalid');
  });
});

describe('changing a room', () => {
  it('publishes what changed once, merges metadata if asked, and grows the version', async () => {
    const room = await makeRoom(world.bus, ['ann']);
    const ear = await Ear.at(world.bus, roomAddress(TENANT, room.id));
    const patch = { ...by(null), roomId: room.id };
    await world.bus.request(patchRoom, { ...patch, name: 'named', metadata: { a: 1, b: 2 } });
    await world.bus.request(patchRoom, { ...patch, name: 'named' });
    const { room: after } = await world.bus.request(patchRoom, { ...patch, metadata: { b: 3 }, mergeMetadata: true });
    expect(after).toMatchObject({ name: 'named', metadata: { a: 1, b: 3 }, version: room.version + 2 });
    await ear.until(({ facts }) => facts.length === 2);
    expect(ear.facts).toMatchObject([
      { type: 'room.changed', changed: ['name', 'metadata'], room: { version: room.version + 1 } },
      { type: 'room.changed', changed: ['metadata'], state: after },
    ]);
  });

  it('tells of its deletion with the room as it was last', async () => {
    const made = await makeRoom(world.bus, ['bob'], { actor: user('ann') });
    const ear = await Ear.at(world.bus, userAddress(TENANT, 'bob'));
    const request = { ...by(user('ann')), roomId: made.id };
    const { room } = await world.bus.request(patchRoom, { ...request, name: 'gone soon', metadata: { event: 'e1' } });
    await say(world.bus, room.id, 'ann', 'one');
    await world.bus.request(deleteRoom, request);
    await ear.until(({ facts }) => facts.some((fact) => fact.type === 'room.deleted'));
    const state = { ...room, lastSeq: 1, version: room.version + 1 };
    expect(ear.facts.at(-1)).toMatchObject({ type: 'room.deleted', memberIds: ['ann', 'bob'], state });
    // The log keeps it for who was away.
    const { facts } = await world.bus.request(pullLog, { tenantId: TENANT, roomId: room.id, afterPos: 3, limit: 10 });
    expect(facts).toMatchObject([{ type: 'room.deleted', state, room: { version: state.version } }]);
  });

  it('deletes it for everybody, and frees the pair', async () => {
    const room = await makeRoom(world.bus, ['g1', 'g2'], { kind: 'direct' });
    const ear = await Ear.at(world.bus, userAddress(TENANT, 'g2'));
    await world.bus.request(deleteRoom, { ...by(null), roomId: room.id });
    await ear.until(({ facts }) => facts.some((fact) => fact.type === 'room.deleted'));
    expect(await codeOf(world.bus.request(getRoom, { tenantId: TENANT, viewerId: null, roomId: room.id }))).toBe(
      'not-found',
    );
    expect((await makeRoom(world.bus, ['g1', 'g2'], { kind: 'direct' })).id).not.toBe(room.id);
  });
});

describe('changing a message', () => {
  it('edits, erases once, and keeps the place', async () => {
    const room = await makeRoom(world.bus, ['ann']);
    const { message } = await say(world.bus, room.id, 'ann', 'one', {
      draft: textDraft('one', { metadata: { m: 1 } }),
    });
    const ear = await Ear.at(world.bus, roomAddress(TENANT, room.id));
    const change = { ...by(user('ann')), messageId: message.id };
    const edited = await world.bus.request(editMessage, { ...change, text: 'two' });
    expect(edited.message).toMatchObject({ text: 'two', metadata: { m: 1 }, seq: 1 });
    expect(edited.message.editedAt).not.toBeNull();
    expect(await world.bus.request(editMessage, { ...change, text: 'two' })).toEqual(edited);
    const erased = await world.bus.request(deleteMessage, change);
    expect(erased.message).toMatchObject({ text: null, attachment: null, metadata: {} });
    expect(await world.bus.request(deleteMessage, change)).toEqual(erased);
    expect(await codeOf(world.bus.request(editMessage, { ...change, text: 'three' }))).toBe('not-found');
    await ear.until(({ facts }) => facts.length === 2);
    expect(ear.facts.map(({ type, pos }) => [type, pos])).toEqual([
      ['message.edited', 3],
      ['message.deleted', 4],
    ]);
    const { messages } = await messagesOf(room.id, 'ann');
    expect(messages).toEqual([erased.message]);
    // What is pulled later shows the message as it is now.
    const { facts } = await world.bus.request(pullLog, { tenantId: TENANT, roomId: room.id, afterPos: 1, limit: 10 });
    expect(facts).toMatchObject([
      { message: erased.message },
      { message: erased.message },
      { message: erased.message },
    ]);
  });
});

describe('lists', () => {
  it('pages through messages from either end', async () => {
    const room = await makeRoom(world.bus, ['ann']);
    for (let index = 1; index <= 7; index += 1) {
      const type = index === 4 ? ('info' as const) : ('text' as const);
      await say(world.bus, room.id, 'ann', '', { draft: textDraft(`m${index}`, { type }) });
    }
    const { messages: all } = await messagesOf(room.id, 'ann');
    await world.bus.request(deleteMessage, { ...by(null), messageId: all[5]?.id ?? '' });
    const seqs = async (more: Record<string, unknown>) => {
      const { messages, total, lastSeq } = await messagesOf(room.id, 'ann', more);
      return [messages.map(({ seq }) => seq), total, lastSeq];
    };
    expect(await seqs({ limit: 3 })).toEqual([[5, 6, 7], 7, 7]);
    expect(await seqs({ limit: 3, beforeSeq: 5 })).toEqual([[2, 3, 4], 7, 7]);
    expect(await seqs({ limit: 3, afterSeq: 2 })).toEqual([[3, 4, 5], 7, 7]);
    expect(await seqs({ limit: 3, visibleOnly: true })).toEqual([[3, 5, 7], 5, 7]);
    expect(await seqs({ limit: 3, visibleOnly: true, skip: 3 })).toEqual([[1, 2], 5, 7]);
  });

  it("pages through a user's rooms, the newest first, with unread and the last message", async () => {
    const me = 'reader';
    const rooms = [];
    for (let index = 0; index < 3; index += 1) rooms.push(await makeRoom(world.bus, [me, 'ann']));
    const [first, second, third] = rooms.map((room) => room.id);
    if (first === undefined || second === undefined || third === undefined) throw new Error('no rooms');
    for (const text of ['a', 'b', 'c']) await say(world.bus, first, 'ann', text);
    await say(world.bus, second, me, 'own');
    const { message } = await say(world.bus, second, 'ann', 'gone');
    await say(world.bus, second, 'ann', '', { draft: textDraft('info', { type: 'info' }) });
    await world.bus.request(deleteMessage, { ...by(null), messageId: message.id });
    const { rooms: listed, total } = await listFor(me);
    expect(listed.map(({ state, unread, lastMessage }) => [state.room.id, unread, lastMessage?.text ?? null])).toEqual([
      [second, 0, 'own'],
      [first, 3, 'c'],
      [third, 0, null],
    ]);
    expect(total).toBe(3);
    const page = await listFor(me, { offset: 1, limit: 1, withMessagesOnly: true });
    expect([page.rooms.map(({ state }) => state.room.id), page.total]).toEqual([[first], 2]);
    expect(await listFor(me, { offset: 9 })).toEqual({ rooms: [], total: 3 });
  });
});

describe('receipts', () => {
  it('never move back, end at the newest message, and tell the room only of a change', async () => {
    const room = await makeRoom(world.bus, ['ann', 'bob']);
    for (const text of ['1', '2', '3', '4']) await say(world.bus, room.id, 'ann', text);
    const ear = await Ear.at(world.bus, roomAddress(TENANT, room.id));
    const mark = async (kind: 'read' | 'delivered', seq: number) =>
      world.bus.request(markReceipt, {
        tenantId: TENANT,
        user: user('bob'),
        origin: 'o',
        roomId: room.id,
        kind,
        upTo: { seq },
      });
    expect(await mark('delivered', 2)).toMatchObject({ readSeq: 0, deliveredSeq: 2 });
    await Promise.all([3, 1, 2, 3, 1].map(async (seq) => mark('read', seq)));
    expect(await mark('read', 1)).toMatchObject({ readSeq: 3, deliveredSeq: 3 });
    expect(await mark('delivered', 99)).toMatchObject({ readSeq: 3, deliveredSeq: 4 });
    await ear.until(({ receipts }) => receipts.some(({ deliveredSeq }) => deliveredSeq === 4));
    const reads = ear.receipts.filter(({ kind }) => kind === 'read').map(({ readSeq }) => readSeq);
    expect(reads).toEqual([...reads].sort((a, b) => a - b));
    expect(new Set(reads).size).toBe(reads.length);
    expect((await listFor('bob')).rooms[0]).toMatchObject({ unread: 1, self: { readSeq: 3, deliveredSeq: 4 } });
  });

  it('name a message or the latest, of a room one is in', async () => {
    const room = await makeRoom(world.bus, ['ann', 'bob']);
    const { message } = await say(world.bus, room.id, 'ann', '1');
    await say(world.bus, room.id, 'ann', '2');
    const mark = { tenantId: TENANT, origin: null, kind: 'read' as const };
    expect(
      await world.bus.request(markReceipt, { ...mark, user: user('bob'), upTo: { messageId: message.id } }),
    ).toEqual({
      roomId: room.id,
      readSeq: 1,
      deliveredSeq: 1,
    });
    const latest = { ...mark, roomId: room.id, upTo: { latest: true as const } };
    expect(await world.bus.request(markReceipt, { ...latest, user: user('bob') })).toMatchObject({ readSeq: 2 });
    expect(await codeOf(world.bus.request(markReceipt, { ...latest, user: user('mallory') }))).toBe('not-found');
    expect(
      await codeOf(world.bus.request(markReceipt, { ...mark, user: user('mallory'), upTo: { messageId: message.id } })),
    ).toBe('not-found');
  });
});
