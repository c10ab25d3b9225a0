import {
  clearRoom,
  getRoomPreferences,
  hideMessages,
  listHidden,
  listMessages,
  listPreferences,
  listRooms,
  removeMember,
  roomAddress,
  setPreference,
  setRoomPreferences,
  userAddress,
} from '@parlance/contracts';
import { DEFAULT_ROOM_PREFERENCES, textDraft, type JsonValue, type RoomPreferences } from '@parlance/domain';
import { describe, expect, it } from 'vitest';
import { sharedWorld } from '../testing/shared-world.js';
import { codeOf, Ear, makeRoom, say, TENANT, user } from '../testing/test-world.js';

const world = sharedWorld(['message-1', 'message-2']);

const put = async (userId: string, key: string, value?: JsonValue, tenantId = TENANT) =>
  world.bus.request(setPreference, {
    ...{ tenantId, userId, origin: 'socket-1', key },
    ...(value === undefined ? {} : { value }),
  });
const all = async (userId: string, tenantId = TENANT) =>
  (await world.bus.request(listPreferences, { tenantId, userId })).preferences;

describe('preferences', () => {
  it('are kept as they came, and every change is told to the own devices alone', async () => {
    const [own, other] = await Promise.all([
      Ear.at(world.bus, userAddress(TENANT, 'ann')),
      Ear.at(world.bus, userAddress(TENANT, 'bob')),
    ]);
    const value = { theme: 'dark', sizes: [1, 2.5, null], 'ü ': { deep: true } };
    await put('ann', 'ui', value);
    await put('ann', 'nothing', null);
    await put('ann', 'ui');
    expect(await all('ann')).toEqual({ nothing: null });
    await own.until(({ events }) => events.length === 3);
    expect(own.events).toMatchObject([
      { type: 'preference.changed', key: 'ui', value, removed: false, origin: 'socket-1', userId: 'ann', room: null },
      { key: 'nothing', value: null, removed: false },
      { key: 'ui', value: null, removed: true },
    ]);
    expect(other.events).toEqual([]);
    expect(await all('bob')).toEqual({});
    expect(await all('ann', 'other')).toEqual({});
  });

  it('that are not there cannot be removed', async () => {
    await put('ann', 'mine', 1);
    expect(await codeOf(put('bob', 'mine'))).toBe('not-found');
    expect(await codeOf(put('ann', 'mine', undefined, 'other'))).toBe('not-found');
    expect(await all('ann')).toMatchObject({ mine: 1 });
  });

  it.each([
    ['a value over 64 KB', 'k', 'x'.repeat(65_536), 'too-large'],
    ['an object over 64 KB', 'k', { a: 'ü'.repeat(33_000) }, 'too-large'],
    ['a NUL in the value', 'k', { a: 'a\u0000b' }, 'invalid'],
    ['a NUL in the key', 'a\u0000', 1, 'invalid'],
    ['half a character', 'k', 'half \ud800', 'invalid'],
    ['a bottomless value', 'k', Array.from({ length: 40 }).reduce<JsonValue>((inner) => [inner], 1), 'invalid'],
    ['a key that is too long', 'k'.repeat(129), 1, 'invalid'],
  ])('refuse %s and keep what is there', async (_, key, value, code) => {
    await put('carol', 'k', 'before');
    expect(await codeOf(put('carol', key, value))).toBe(code);
    expect(await all('carol')).toEqual({ k: 'before' });
  });

  it('take a value of just 64 KB', async () => {
    const value = 'x'.repeat(65_534);
    await put('dave', 'k', value);
    expect(await all('dave')).toEqual({ k: value });
  });

  it('never are more than 100, however many write at once', async () => {
    await Promise.all(Array.from({ length: 96 }, async (_, index) => put('eve', `k${index}`, index)));
    const codes = await Promise.all(
      Array.from({ length: 8 }, async (_, index) => codeOf(put('eve', `n${index}`, index))),
    );
    expect(codes.toSorted()).toEqual([...Array(4).fill('ok'), ...Array(4).fill('too-large')]);
    expect(Object.keys(await all('eve'))).toHaveLength(100);
    await put('eve', 'k0', 'changed');
    expect(await codeOf(put('eve', 'one-more', 1))).toBe('too-large');
    await put('eve', 'k1');
    expect(await codeOf(put('eve', 'one-more', 1))).toBe('ok');
  });

  it('of eight writers of one key end as what one of them wrote, the last told', async () => {
    const ear = await Ear.at(world.bus, userAddress(TENANT, 'fay'));
    await Promise.all(Array.from({ length: 8 }, async (_, index) => put('fay', 'k', { writer: index })));
    await ear.until(({ events }) => events.length === 8);
    const told = ear.events.flatMap((event) => (event.type === 'preference.changed' ? [event] : []));
    const last = told.toSorted((a, b) => (a.at < b.at ? -1 : 1)).at(-1);
    const kept = (await all('fay'))['k'];
    expect(told.filter((event) => event.at === last?.at).map((event) => event.value)).toContainEqual(kept);
  });
});

const setRoom = async (userId: string, roomId: string, patch: Partial<RoomPreferences>) =>
  (await world.bus.request(setRoomPreferences, { tenantId: TENANT, userId, origin: null, roomId, patch })).preferences;

async function list(userId: string, filter: object = {}) {
  const page = { withMessagesOnly: false, offset: 0, limit: 50, memberLimit: 10 };
  return world.bus.request(listRooms, { tenantId: TENANT, userId, ...page, ...filter });
}
const listed = async (userId: string, filter: object = {}) =>
  (await list(userId, filter)).rooms.map(({ state }) => state.room.id);

describe('preferences of a room', () => {
  it('begin with the defaults and change one by one, told to the own devices', async () => {
    const room = await makeRoom(world.bus, ['gus', 'hal']);
    const ear = await Ear.at(world.bus, userAddress(TENANT, 'gus'));
    const asked = { tenantId: TENANT, userId: 'gus', roomIds: [room.id, 'unknown'] };
    expect((await world.bus.request(getRoomPreferences, asked)).preferences).toEqual({
      [room.id]: DEFAULT_ROOM_PREFERENCES,
    });
    await setRoom('gus', room.id, { muted: true, tags: ['a', 'b'], extras: { vchat: { a: 1, b: 2 } } });
    const after = await setRoom('gus', room.id, { folder: 'work', extras: { vchat: { b: 3 }, imkit: { c: 4 } } });
    expect(after).toEqual({
      ...DEFAULT_ROOM_PREFERENCES,
      muted: true,
      folder: 'work',
      tags: ['a', 'b'],
      extras: { vchat: { a: 1, b: 3 }, imkit: { c: 4 } },
    });
    await ear.until(({ events }) => events.length === 2);
    expect(ear.events[1]).toMatchObject({
      type: 'room-preferences.changed',
      room: { id: room.id },
      preferences: after,
    });
    expect((await world.bus.request(getRoomPreferences, { ...asked, userId: 'hal' })).preferences).toEqual({
      [room.id]: DEFAULT_ROOM_PREFERENCES,
    });
    const [shown] = (await list('gus')).rooms;
    expect(shown?.preferences).toEqual(after);
  });

  it('are for members of living rooms alone', async () => {
    const room = await makeRoom(world.bus, ['gus', 'hal']);
    expect(await codeOf(setRoom('mallory', room.id, { muted: true }))).toBe('not-found');
    expect(await codeOf(setRoom('gus', 'unknown', { muted: true }))).toBe('not-found');
    const leave = { tenantId: TENANT, actor: user('hal'), origin: null, roomId: room.id, userId: 'hal' };
    await world.bus.request(removeMember, leave);
    expect(await codeOf(setRoom('hal', room.id, { muted: true }))).toBe('not-found');
    const rows = await world.query('select user_id from message.room_preferences where room_id = $1', [room.id]);
    expect(rows).toEqual([]);
  });

  it('refuse what cannot be stored, whole', async () => {
    const room = await makeRoom(world.bus, ['gus']);
    await setRoom('gus', room.id, { muted: true });
    expect(await codeOf(setRoom('gus', room.id, { muted: false, nickname: 'nul \u0000' }))).toBe('invalid');
    expect(await codeOf(setRoom('gus', room.id, { muted: false, extras: { a: { b: 'x'.repeat(66_000) } } }))).toBe(
      'too-large',
    );
    expect(await setRoom('gus', room.id, {})).toEqual({ ...DEFAULT_ROOM_PREFERENCES, muted: true });
  });

  it('of eight writers of different fields are all kept', async () => {
    const room = await makeRoom(world.bus, ['ian']);
    await Promise.all(
      Array.from({ length: 8 }, async (_, index) =>
        setRoom('ian', room.id, { extras: { kit: { [`f${index}`]: index } } }),
      ),
    );
    const { extras } = await setRoom('ian', room.id, {});
    expect(Object.keys(extras['kit'] ?? {}).toSorted()).toEqual(Array.from({ length: 8 }, (_, index) => `f${index}`));
  });
});

describe('a hidden room', () => {
  it('is out of the own list until somebody writes', async () => {
    const room = await makeRoom(world.bus, ['jon', 'kim']);
    await say(world.bus, room.id, 'kim', 'before');
    expect((await setRoom('jon', room.id, { hidden: true })).hidden).toBe(true);
    expect(await listed('jon')).not.toContain(room.id);
    expect(await listed('jon', { hidden: true })).toEqual([room.id]);
    expect(await listed('kim')).toContain(room.id);
    expect(await listed('jon', { roomId: room.id })).toEqual([room.id]);
    await say(world.bus, room.id, 'kim', 'after');
    expect(await listed('jon')).toContain(room.id);
    expect((await setRoom('jon', room.id, { muted: true })).hidden).toBe(false);
    await setRoom('jon', room.id, { hidden: true });
    await setRoom('jon', room.id, { hidden: false });
    expect(await listed('jon')).toContain(room.id);
  });

  it('is not shown again by what the room tells of itself', async () => {
    const room = await makeRoom(world.bus, ['jon', 'kim']);
    await setRoom('jon', room.id, { hidden: true });
    await say(world.bus, room.id, 'kim', '', {
      draft: textDraft('renamed', { type: 'info' }),
    });
    expect(await listed('jon')).not.toContain(room.id);
  });

  it('raced with a message is shown, or hidden with it read before: never lost', async () => {
    for (let round = 0; round < 10; round += 1) {
      const room = await makeRoom(world.bus, ['lea', 'kim']);
      const [{ message }] = await Promise.all([
        say(world.bus, room.id, 'kim', 'now'),
        setRoom('lea', room.id, { hidden: true }),
      ]);
      const [row] = await world.query(
        'select hidden_seq::int as seq from message.room_preferences where room_id = $1',
        [room.id],
      );
      const hiddenBefore = Number(row?.['seq']) < message.seq;
      expect((await listed('lea')).includes(room.id)).toBe(hiddenBefore);
      await say(world.bus, room.id, 'kim', 'later');
      expect(await listed('lea')).toContain(room.id);
    }
  });
});

async function texts(userId: string | null, roomId: string, more: object = {}) {
  const page = { tenantId: TENANT, viewerId: userId, roomId, skip: 0, limit: 200, visibleOnly: true, ...more };
  const { messages, total, lastSeq } = await world.bus.request(listMessages, page);
  return { texts: messages.map((message) => message.text), total, lastSeq };
}
const hide = async (userId: string, messageIds: readonly string[], more: object = {}) =>
  world.bus.request(hideMessages, {
    ...{ tenantId: TENANT, userId, origin: 'socket-1', messageIds: [...messageIds], all: false },
    ...more,
  });

describe('messages deleted for oneself', () => {
  it('are gone for that user alone, in pages, totals, unread and the last message', async () => {
    const room = await makeRoom(world.bus, ['mia', 'ned']);
    const ids: string[] = [];
    for (const text of ['one', 'two', 'three']) ids.push((await say(world.bus, room.id, 'ned', text)).message.id);
    const [own, others] = await Promise.all([
      Ear.at(world.bus, userAddress(TENANT, 'mia')),
      Ear.at(world.bus, roomAddress(TENANT, room.id)),
    ]);
    const hidden = ids.slice(2);
    expect(await hide('mia', hidden)).toMatchObject({ hidden, allUpToSeq: null, room: { id: room.id } });
    await hide('mia', hidden);
    await own.until(({ events }) => events.length > 0);
    expect(own.events[0]).toMatchObject({ type: 'messages.hidden', messageIds: hidden, allUpToSeq: null });
    expect(others.facts).toEqual([]);
    expect(await texts('mia', room.id)).toEqual({ texts: ['one', 'two'], total: 2, lastSeq: 3 });
    expect(await texts('mia', room.id, { visibleOnly: false })).toMatchObject({ texts: ['one', 'two'], total: 2 });
    expect(await texts('mia', room.id, { withHidden: true })).toMatchObject({
      texts: ['one', 'two', 'three'],
      total: 3,
    });
    expect(await texts('ned', room.id)).toMatchObject({ texts: ['one', 'two', 'three'], total: 3 });
    expect(await texts(null, room.id)).toMatchObject({ texts: ['one', 'two', 'three'], total: 3 });
    const [mine] = (await list('mia')).rooms;
    expect(mine).toMatchObject({ unread: 2, lastMessage: { text: 'two' } });
    const asked = { tenantId: TENANT, userId: 'mia', roomId: room.id };
    expect(await world.bus.request(listHidden, asked)).toEqual({ messageIds: hidden, allUpToSeq: null });
  });

  it('are all of the room, but not what comes after', async () => {
    const room = await makeRoom(world.bus, ['mia', 'ned']);
    const { message } = await say(world.bus, room.id, 'ned', 'one');
    await say(world.bus, room.id, 'ned', 'two');
    await hide('mia', [message.id]);
    const answer = await hide('mia', [], { roomId: room.id, all: true });
    expect(answer).toMatchObject({ hidden: [], allUpToSeq: 2 });
    expect(await texts('mia', room.id)).toMatchObject({ texts: [], total: 0 });
    expect(await listed('mia', { withMessagesOnly: true, roomId: room.id })).toEqual([]);
    await say(world.bus, room.id, 'ned', 'three');
    expect(await texts('mia', room.id)).toMatchObject({ texts: ['three'], total: 1 });
    const asked = { tenantId: TENANT, userId: 'mia', roomId: room.id };
    expect(await world.bus.request(listHidden, asked)).toEqual({ messageIds: [], allUpToSeq: 2 });
    expect((await list('mia', { roomId: room.id })).rooms[0]).toMatchObject({
      unread: 1,
      lastMessage: { text: 'three' },
    });
  });

  it('of somebody else, elsewhere or unknown hide nothing at all', async () => {
    const [room, other] = await Promise.all([makeRoom(world.bus, ['ola', 'pat']), makeRoom(world.bus, ['ola'])]);
    const { message } = await say(world.bus, room.id, 'pat', 'one');
    const elsewhere = (await say(world.bus, other.id, 'ola', 'two')).message;
    for (const ids of [[message.id, 'unknown'], [message.id, elsewhere.id], ['unknown']]) {
      expect(await codeOf(hide('ola', ids))).toBe('not-found');
    }
    expect(await codeOf(hide('ola', [message.id], { roomId: other.id }))).toBe('not-found');
    expect(await codeOf(hide('mallory', [message.id]))).toBe('not-found');
    expect(await codeOf(hide('mallory', [], { roomId: room.id, all: true }))).toBe('not-found');
    expect(await codeOf(hide('ola', []))).toBe('invalid');
    expect(await texts('ola', room.id)).toMatchObject({ texts: ['one'] });
    const rows = await world.query("select 1 from message.hidden_message where user_id in ('ola', 'mallory')");
    expect(rows).toEqual([]);
  });

  it('do not matter to a message that comes at the same time: it is there, or was hidden by its seq', async () => {
    for (let round = 0; round < 10; round += 1) {
      const room = await makeRoom(world.bus, ['quin', 'rob']);
      await say(world.bus, room.id, 'rob', 'before');
      const [answer, { message }] = await Promise.all([
        hide('quin', [], { roomId: room.id, all: true }),
        say(world.bus, room.id, 'rob', 'now'),
      ]);
      const { texts: left } = await texts('quin', room.id);
      expect(left).toEqual((answer.allUpToSeq ?? 0) < message.seq ? ['now'] : []);
    }
  });

  it('and a cleared room need not be read one by one', async () => {
    const room = await makeRoom(world.bus, ['sam', 'tia']);
    for (const text of ['one', 'two']) await say(world.bus, room.id, 'tia', text);
    await world.bus.request(clearRoom, { tenantId: TENANT, actor: null, origin: null, roomId: room.id });
    expect((await list('sam', { roomId: room.id })).rooms[0]).toMatchObject({ unread: 0, lastMessage: null });
  });
});
