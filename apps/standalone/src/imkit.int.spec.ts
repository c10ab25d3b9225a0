import {
  ChatWorld,
  History,
  ImkitClient,
  keyed,
  NativeApi,
  ReelsClient,
  startStandalone,
  type ChatEvent,
  type ChatUser,
  type ImkitEncoding,
  type StandaloneStack,
} from '@parlance/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

/** IMKit as its clients speak it, in both of their ways: strict decoders on every frame, and none of them malformed. */

let stack: StandaloneStack;
let world: ChatWorld;
let history: History;
const cast: (ImkitClient | ReelsClient)[] = [];

beforeAll(async () => {
  stack = await startStandalone({ env: { PARLANCE_LIMIT_OTHER_EVENTS_PER_SECOND: '1000' } });
  history = new History();
  world = new ChatWorld(new NativeApi(stack.url, 'demo-secret-key'), history);
});
afterEach(async () => {
  await Promise.all(cast.splice(0).map((client) => client.disconnect()));
  expect(history.events.filter(({ type }) => type === 'malformed')).toEqual([]);
});
afterAll(async () => stack.stop());

let made = 0;
const person = (name: string): Promise<ChatUser> => world.user(`${name}-${(made += 1)}`, { name });

async function enter(user: ChatUser, encoding: ImkitEncoding = 'base64', device = 'phone'): Promise<ImkitClient> {
  const name = `${user.id}-${device}-${(made += 1)}`;
  const client = new ImkitClient({ name, user, url: stack.url, history, clientKey: 'demo-public-key', encoding });
  cast.push(client);
  await client.connect();
  await client.identify();
  return client;
}

async function enterReels(user: ChatUser): Promise<ReelsClient> {
  const token = await new NativeApi(stack.url, 'demo-secret-key').token(user.id);
  const client = new ReelsClient({ name: `${user.id}-reels`, user, url: stack.url, history, token });
  cast.push(client);
  await client.connect();
  return client;
}

const withId = z.looseObject({ _id: z.string() });
async function groupOf(owner: ImkitClient, ...others: readonly ChatUser[]): Promise<{ id: string; uuid: string }> {
  const body = { roomType: 'group', name: 'Team', invitee: others.map(({ id }) => id) };
  const { _id: id } = withId.parse(await owner.must('POST', '/rooms/createAndJoin', body));
  return { id, uuid: id };
}

const is = (type: ChatEvent['type'], messageId: string) => (event: ChatEvent) =>
  event.type === type && event.messageId === messageId;

async function sent(client: ImkitClient, room: { id: string; uuid: string }, words: string): Promise<string> {
  const outcome = await client.send(room, keyed(`${client.name}-${(made += 1)}`, words));
  if (outcome.status !== 'acked' || outcome.messageId === null) throw new Error(`not sent: ${JSON.stringify(outcome)}`);
  return outcome.messageId;
}

describe.each(['base64', 'plain'] as const)('in %s', (encoding) => {
  it('messages are sent, changed, read, typed at and recalled before everybody', async () => {
    const [ann, bob] = [await person('ann'), await person('bob')];
    const [one, other, second] = [
      await enter(ann, encoding),
      await enter(bob, encoding),
      await enter(ann, encoding, 'tablet'),
    ];
    const heardOfRoom = other.nextPayload('room');
    const room = await groupOf(one, bob);
    expect(await heardOfRoom).toMatchObject({ _id: room.id, name: 'Team', roomType: 'group' });

    const heard = [other, second].map((client) => client.nextEvent(({ type }) => type === 'message'));
    const messageId = await sent(one, room, 'hello');
    for (const event of await Promise.all(heard))
      expect(event).toMatchObject({ room: room.id, messageId, user: ann.id });

    const changed = other.nextEvent(is('edited', messageId));
    await one.edit(room, messageId, keyed('changed', 'hello!'));
    expect(await changed).toMatchObject({ text: expect.stringContaining('hello!') });

    const read = one.nextEvent(is('read', messageId));
    await other.markRead(room, messageId);
    expect(await read).toMatchObject({ room: room.id, user: bob.id });

    const typing = other.nextPayload('typing');
    await one.typing(room, true);
    expect(await typing).toMatchObject({ room: room.id, sender: ann.id, senderInfo: { _id: ann.id, nickname: 'ann' } });

    const recalled = other.nextPayload('chat message');
    await one.remove(room, messageId);
    expect(await recalled).toMatchObject({ _id: messageId, messageType: 'recall', message: '' });
  });

  it('preferences are told to the other devices, a deleted one by its bare key', async () => {
    const ann = await person('ann');
    const one = await enter(ann, encoding);
    const room = await groupOf(one, await person('bob'));
    const changed = one.nextPayload('myPrefChange');
    await one.must('POST', '/me/pref/demokey', { foo: ['bar'] });
    expect(await changed).toEqual({ key: 'demokey', data: { foo: ['bar'] } });
    expect(await one.must('GET', '/me/pref?key=demokey')).toEqual({ key: 'demokey', data: { foo: ['bar'] } });

    const deleted = one.nextPayload('myPrefDelete');
    await one.must('DELETE', '/me/pref/demokey');
    expect(await deleted).toBe('demokey');

    const pref = one.nextPayload('roomPref');
    await one.must('POST', `/roomPrefs/${room.id}`, { sticky: true, folder: 'work', tagColors: { a: '#fff' } });
    expect(await pref).toMatchObject({ room: room.id, sticky: true, folder: 'work', tagColors: { a: '#fff' } });
  });

  it('an invitation is told, taken back, given again and accepted by joining', async () => {
    const [ann, bob] = [await person('ann'), await person('bob')];
    const [one, other] = [await enter(ann, encoding), await enter(bob, encoding)];
    const room = await groupOf(one);
    const invited = other.nextPayload('invitation');
    await one.must('POST', `/rooms/${room.id}/members`, { invitees: [bob.id], invitationRequired: true });
    expect(await invited).toMatchObject({ room: { _id: room.id }, inviter: { _id: ann.id } });

    const canceled = other.nextPayload('cancelInvitation');
    await one.must('POST', `/rooms/${room.id}/delete/members`, { members: [bob.id] });
    expect(await canceled).toEqual({ room: room.id });
    expect(await other.call('POST', `/rooms/${room.id}/join`, {})).toMatchObject({
      status: 404,
      code: 'ROOM_NOT_FOUND',
    });

    const again = other.nextPayload('invitation');
    await one.must('POST', `/rooms/${room.id}/members`, { invitees: [bob.id], invitationRequired: true });
    await again;
    const joined = one.nextPayload('room');
    await other.must('POST', `/rooms/${room.id}/join`, {});
    expect(JSON.stringify(await joined)).toContain(bob.id);
    await other.openRoom(room);
  });

  it('what one deletes for oneself is told to the own devices alone, what the owner deletes to all', async () => {
    const [ann, bob] = [await person('ann'), await person('bob')];
    const [one, other] = [await enter(ann, encoding), await enter(bob, encoding)];
    const room = await groupOf(one, bob);
    const messageId = await sent(one, room, 'to be gone');

    const hidden = other.nextPayload('userDeleteMessages');
    await other.must('POST', '/messages/user-delete', { room: room.id, messages: [messageId] });
    expect(await hidden).toEqual({ room: room.id, messages: [messageId], isUserDeleteAllMessagesInRoom: false });
    const listing = z.object({ data: z.array(withId), userDeletedIDs: z.array(z.string()) });
    const mine = listing.parse(await other.must('GET', `/rooms/${room.id}/messages/v3`));
    expect([mine.data.map(({ _id }) => _id).includes(messageId), mine.userDeletedIDs]).toEqual([false, [messageId]]);

    const deleted = other.nextPayload('messageDeleted');
    await one.must('DELETE', `/rooms/${room.id}/messages/${messageId}`);
    expect(await deleted).toEqual({ room: room.id, messageID: messageId });
    const cleared = other.nextPayload('messageDeleted');
    await one.must('DELETE', `/rooms/${room.id}/messages/_all`);
    expect(await cleared).toEqual({ room: room.id, messageID: '_all' });
  });
});

describe('access', () => {
  it('without a valid token is RC 401, before and after', async () => {
    const ann = await person('ann');
    const name = `${ann.id}-stranger`;
    const setup = {
      name,
      user: ann,
      url: stack.url,
      history,
      clientKey: 'demo-public-key',
      encoding: 'plain',
    } as const;
    const stranger = new ImkitClient({ ...setup });
    cast.push(stranger);
    await stranger.connect();
    const answer = await stranger.send({ id: 'r', uuid: 'r' }, 'x');
    expect(answer).toMatchObject({ status: 'failed', code: '401' });
  });

  it('of others’ rooms is as of unknown ones; blocks stop direct messages', async () => {
    const [ann, bob, cat] = [await person('ann'), await person('bob'), await person('cat')];
    const [one, other, third] = [await enter(ann), await enter(bob), await enter(cat, 'plain')];
    const direct = { roomType: 'direct', invitee: bob.id };
    const { _id: id } = withId.parse(await one.must('POST', '/rooms/createAndJoin', direct));
    const room = { id, uuid: id };
    const foreign = await third.call('GET', `/rooms/${id}`);
    const unknown = await third.call('GET', '/rooms/no-such-room');
    expect(foreign).toMatchObject({ ok: false, status: 404, code: 'ROOM_NOT_FOUND' });
    expect(foreign).toEqual(unknown);
    expect(await third.send(room, 'let me in')).toMatchObject({ status: 'failed', code: '404' });

    await other.must('POST', `/blockStatus/my/${ann.id}`, {});
    expect(await one.send(room, keyed('blocked', 'hello?'))).toMatchObject({ status: 'failed', code: '403' });
    const blocked = z.object({ data: z.array(z.looseObject({ blockee: withId })) });
    expect(blocked.parse(await other.must('GET', '/blockStatus/my')).data.map(({ blockee }) => blockee._id)).toEqual([
      ann.id,
    ]);
    await other.must('DELETE', `/blockStatus/my/${ann.id}`);
    expect(await one.send(room, keyed('unblocked', 'hello!'))).toMatchObject({ status: 'acked' });
  });

  it('of the app’s own server: clients, messages in their name, configuration', async () => {
    const ann = await person('ann');
    const one = await enter(ann);
    const room = await groupOf(one, await person('bob'));
    const admin = async (method: string, path: string, body?: object): Promise<unknown> => {
      const headers = { 'IM-API-KEY': 'demo-secret-key', 'content-type': 'application/json' };
      const init = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) };
      return (await fetch(new URL(path, stack.url), init)).json();
    };
    const fresh = `dora-${(made += 1)}`;
    const created = await admin('POST', '/admin/clients/', { _id: fresh, nickname: 'Dora', issueAccessToken: true });
    expect(created).toMatchObject({ RC: 0, result: { _id: fresh, nickname: 'Dora', token: expect.any(String) } });
    const heard = one.nextPayload('chat message');
    await admin('POST', '/messages', { room: room.id, sender: ann.id, messageType: 'text', message: 'from the app' });
    expect(await heard).toMatchObject({ message: 'from the app', sender: { _id: ann.id } });
    expect(await admin('POST', '/config', { announcement: { text: 'x' } })).toMatchObject({ RC: 0 });
    expect(await one.must('GET', '/config')).toMatchObject({ announcement: { text: 'x' } });
    expect(await admin('POST', '/push/push2clients', { clients: [ann.id], payload: { a: 1 } })).toMatchObject({
      RC: 0,
    });
    expect(await one.call('POST', '/push/push2clients', { clients: [ann.id], payload: {} })).toMatchObject({
      status: 403,
    });
  });
});

describe('typing over REST', () => {
  /** The names of what a client heard of it, once it has heard of the message that is sent after it. */
  async function heardBefore(client: ReelsClient, by: ImkitClient, roomId: string): Promise<readonly string[]> {
    const last = client.nextEvent(({ type, room }) => type === 'message' && room === roomId);
    await sent(by, { id: roomId, uuid: roomId }, 'after it');
    await last;
    return client.rawLog.filter(({ direction }) => direction === 'in').map(({ name }) => name);
  }

  it.each(['direct', 'group'])('is heard in a %s room, on another wire, once, and by no stranger', async (roomType) => {
    const [ann, bob, eve] = [await person('ann'), await person('bob'), await person('eve')];
    const [one, own] = [await enter(ann), await enter(ann, 'plain', 'tablet')];
    const [app, stranger] = [await enterReels(bob), await enter(eve)];
    const invitee = roomType === 'direct' ? bob.id : [bob.id];
    const { _id: id } = withId.parse(await one.must('POST', '/rooms/createAndJoin', { roomType, invitee }));
    const typing = app.nextEvent(({ type }) => type === 'typing');
    expect(await one.must('POST', `/rooms/${id}/typing`, { message: 'he' })).toEqual({
      message: 'he',
      room: id,
      sender: ann.id,
    });
    expect(await typing).toMatchObject({ room: id, user: ann.id, raw: { name: 'typing-started' } });
    expect((await heardBefore(app, one, id)).filter((name) => name === 'typing-started')).toHaveLength(1);
    // Nobody is told of the own typing, on no device.
    expect(own.rawLog.filter(({ name }) => name === 'typing')).toEqual([]);

    const refused = await stranger.call('POST', `/rooms/${id}/typing`, { message: 'boo' });
    expect(refused).toMatchObject({ ok: false, status: 404, code: 'ROOM_NOT_FOUND' });
    expect((await heardBefore(app, one, id)).filter((name) => name === 'typing-started')).toHaveLength(1);
  });
});

describe('a cut connection', () => {
  it('comes back by itself, says again how and who, and gets what it missed', async () => {
    const [ann, bob] = [await person('ann'), await person('bob')];
    const [one, other] = [await enter(ann), await enter(bob)];
    const room = await groupOf(one, bob);
    await sent(one, room, 'before');
    other.dropTransport();
    await history.until(() => !other.isConnected, 10_000);
    const missed = other.nextEvent(({ type, text }) => type === 'message' && text?.includes('meanwhile') === true);
    await sent(one, room, 'meanwhile');
    expect(await missed).toMatchObject({ room: room.id, user: ann.id });
  });
});
