import { randomUUID } from 'node:crypto';
import {
  ChatWorld,
  History,
  listedMessageSchema,
  messageForm,
  NativeApi,
  pageSchema,
  roomSchema,
  startStandalone,
  VChatClient,
  VChatRefused,
  type ChatClient,
  type ChatEvent,
  type ChatUser,
  type StandaloneStack,
} from '@parlance/testing';
import { io } from 'socket.io-client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

/** V Chat as its published client speaks it: strict decoders on every frame and answer, and none of them malformed. */

const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const HASH_KEY = 'V_CHAT_SDK_V2_VERY_STRONG_KEY';

let stack: StandaloneStack;
let api: NativeApi;
let world: ChatWorld;
let history: History;
const cast: ChatClient[] = [];

beforeAll(async () => {
  stack = await startStandalone({ env: { PARLANCE_LIMIT_OTHER_EVENTS_PER_SECOND: '1000' } });
  api = new NativeApi(stack.url, 'demo-secret-key');
  history = new History();
  world = new ChatWorld(api, history);
});
afterEach(async () => {
  await Promise.all(cast.splice(0).map((client) => client.disconnect()));
  expect(history.events.filter(({ type }) => type === 'malformed')).toEqual([]);
});
afterAll(async () => stack.stop());

let made = 0;
async function person(name: string): Promise<ChatUser> {
  return world.user(`${name}-${(made += 1)}`, { name });
}

async function enter(user: ChatUser, device = 'phone'): Promise<VChatClient> {
  const name = `${user.id}-${device}`;
  const client = new VChatClient({ name, user, url: stack.url, history, hashKey: HASH_KEY, deviceId: name });
  cast.push(client);
  await client.connect();
  await client.identify();
  return client;
}

async function peerRoom(client: VChatClient, peer: ChatUser) {
  return roomSchema.parse(await client.call('POST', `channel/peer-room/${peer.id}`));
}

const docsOf = (page: unknown) => z.strictObject({ docs: z.array(listedMessageSchema) }).parse(page).docs;
const is = (type: ChatEvent['type'], room: string, text?: string) => (event: ChatEvent) =>
  event.type === type && event.room === room && (text === undefined || event.text === text);

async function refusalOf(call: Promise<unknown>): Promise<VChatRefused> {
  const error = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof VChatRefused) return error;
  throw new Error(`not refused: ${String(error)}`);
}

describe('signing in', () => {
  it('takes the proof of the hash key alone, and makes who is new', async () => {
    const ann = await person('ann');
    const wrong = new VChatClient({ name: 'wrong', user: ann, url: stack.url, history, hashKey: 'another key' });
    expect(await refusalOf(wrong.connect())).toMatchObject({ status: 450 });
    const right = await enter(ann);
    expect(right.isConnected).toBe(true);
    expect(await right.call('GET', `profile/users/${ann.id}/last-seen`)).toEqual(expect.any(String));
    await right.call('POST', 'auth/logout', {});
    expect(await refusalOf(right.call('GET', 'channel'))).toMatchObject({ status: 450 });
  });
});

describe('a handshake', () => {
  it.each([
    ['a token nobody issued', { auth: 'Bearer made-up' }],
    ['none yet', { auth: 'Bearer null' }],
  ])('with %s is refused', async (_, query) => {
    const socket = io(stack.url, { transports: ['websocket'], forceNew: true, reconnection: false, query });
    const refused = new Promise<Error>((resolve) => socket.on('connect_error', resolve));
    expect((await refused).message).not.toBe('');
    expect(socket.connected).toBe(false);
    socket.disconnect();
  });

  it('needs the query alone, as in a browser, or the header alone', async () => {
    const ann = await person('ann');
    const { token } = z
      .object({ token: z.string() })
      .parse(await api.other('POST', ['users', ann.id, 'tokens'], { ttlSeconds: 60 }));
    const bearer = `Bearer ${token}`;
    for (const options of [{ query: { auth: bearer } }, { extraHeaders: { authorization: bearer } }]) {
      const socket = io(stack.url, { transports: ['websocket'], forceNew: true, ...options });
      const answer = new Promise<unknown>((resolve) => socket.on('v1OnMyOnline', resolve));
      socket.emit('v1MyOnline', JSON.stringify([{ peerId: ann.id, extra: 'x' }]));
      expect(JSON.parse(String(await answer))).toEqual([{ peerId: ann.id, isOnline: true, extra: 'x' }]);
      socket.disconnect();
    }
  });
});

describe('two people', () => {
  it('send, hear, read, type, poll, star, delete and ban', async () => {
    const [ann, bob] = [await person('ann'), await person('bob')];
    const [a, b] = [await enter(ann), await enter(bob)];
    const room = await peerRoom(a, bob);
    expect(room).toMatchObject({ rT: 's', t: 'bob', pId: bob.id, pIdentifier: bob.id, lastMessage: null, uC: 0 });
    expect((await peerRoom(b, ann)).rId).toBe(room.rId);
    const ref = { id: room.rId, uuid: '' };

    const localId = randomUUID();
    const heard = b.nextEvent(is('message', room.rId, 'hello'));
    const own = a.nextEvent(is('message', room.rId, 'hello'));
    const path = `channel/${room.rId}/message`;
    const sent = listedMessageSchema.parse(await a.call('POST', path, messageForm(localId, 'hello')));
    expect(sent).toMatchObject({ lId: localId, c: 'hello', sId: ann.id, sName: 'ann', dltAt: null });
    expect([(await heard).messageId, (await own).messageId]).toEqual([sent._id, sent._id]);
    const again = listedMessageSchema.parse(await a.call('POST', path, messageForm(localId, 'other words')));
    expect(again).toMatchObject({ _id: sent._id, c: 'hello' });

    const answer = messageForm(randomUUID(), 'hi Ann', { replyToLocalId: localId });
    expect(listedMessageSchema.parse(await b.call('POST', path, answer)).rTo).toMatchObject({ _id: sent._id });

    const read = a.nextEvent(is('read', room.rId));
    await b.markRead(ref);
    expect((await read).user).toBe(ann.id);
    const [newest, oldest] = docsOf(await a.call('GET', `${path}?limit=30`));
    expect(newest).toMatchObject({ c: 'hi Ann', rTo: { c: 'hello', lId: localId } });
    expect(oldest).toMatchObject({ c: 'hello', sAt: expect.any(String), dAt: expect.any(String) });
    expect(docsOf(await a.call('GET', `${path}?lastId=${newest?._id}`)).map(({ _id }) => _id)).toEqual([sent._id]);

    const typing = b.nextEvent(is('typing', room.rId, 'typing'));
    await a.typing(ref, true);
    expect((await typing).user).toBe(ann.id);

    const online = a.nextEvent(({ type }) => type === 'presence');
    a.emit('v1MyOnline', [{ peerId: bob.id, extra: room.rId }]);
    expect((await online).text).toBe(`${bob.id}:true`);

    await b.call('POST', `${path}/${sent._id}/star`);
    expect(docsOf(await b.call('GET', path)).map(({ isStared }) => isStared)).toEqual([false, true]);

    const deleted = b.nextEvent(is('deleted', room.rId));
    expect(await refusalOf(b.call('DELETE', `${path}/${sent._id}/delete/all`))).toMatchObject({ status: 403 });
    await a.call('DELETE', `${path}/${sent._id}/delete/all`);
    expect((await deleted).messageId).toBe(sent._id);

    const banned = [a, b].map(async (client) => (await client.nextEvent(is('blocked', room.rId))).text);
    await a.call('POST', `user-ban/${bob.id}/ban`);
    expect(await Promise.all(banned)).toEqual(['me:true peer:false', 'me:false peer:true']);
    expect(await b.call('GET', `user-ban/${ann.id}/ban`)).toMatchObject({ isMeBanner: false, isPeerBanner: true });
    const refused = await refusalOf(b.call('POST', path, messageForm(randomUUID(), 'still there?')));
    expect(refused.status).toBe(403);
    await a.call('POST', `user-ban/${bob.id}/un-ban`);
    expect((await b.send(ref, 'welcome back')).status).toBe('acked');
  });

  it('list, mute, archive, name and delete rooms, each for oneself', async () => {
    const [ann, bob] = [await person('ann'), await person('bob')];
    const [a, b] = [await enter(ann), await enter(bob)];
    const { rId } = await peerRoom(a, bob);
    await b.send({ id: rId, uuid: '' }, 'look here');
    const rooms = async (client: VChatClient, query = '') =>
      pageSchema(roomSchema).parse(await client.call('GET', `channel${query}`)).docs;
    expect(await rooms(a)).toMatchObject([{ rId, uC: 1, lastMessage: { c: 'look here' } }]);
    expect(await a.call('GET', `channel/${rId}/un-read-count`)).toBe(1);

    await a.call('PATCH', `channel/${rId}/notification/mute`, {});
    await a.call('PATCH', `channel/${rId}/nick-name`, { name: 'Bobby' });
    await a.call('PATCH', `channel/${rId}/translate`, { transTo: 'de' });
    expect(await rooms(a, '?mutedOnly=true')).toMatchObject([{ rId, isM: true, t: 'Bobby', tTo: 'de' }]);
    expect(await rooms(b)).toMatchObject([{ rId, isM: false, t: 'ann' }]);

    await a.call('PATCH', `channel/${rId}/archive`, {});
    expect(await rooms(a)).toEqual([]);
    expect(await rooms(a, '?archiveOnly=true')).toMatchObject([{ rId, isA: true }]);
    await a.call('PATCH', `channel/${rId}/un-archive`, {});

    await a.call('DELETE', `channel/${rId}`);
    expect(await rooms(a)).toEqual([]);
    expect(docsOf(await a.call('GET', `channel/${rId}/message`))).toEqual([]);
    const back = a.nextEvent(is('message', rId, 'and again'));
    await b.send({ id: rId, uuid: '' }, 'and again');
    await back;
    expect(await rooms(a)).toMatchObject([{ rId, lastMessage: { c: 'and again' } }]);
    expect(docsOf(await b.call('GET', `channel/${rId}/message`))).toHaveLength(2);
  });

  it('lose nothing when the connection breaks or too much is sent at once', async () => {
    const [ann, bob] = [await person('ann'), await person('bob')];
    const [a, b] = [await enter(ann), await enter(bob)];
    const ref = { id: (await peerRoom(a, bob)).rId, uuid: '' };
    b.dropTransport();
    const heard = b.nextEvent(is('message', ref.id, 'while you were out'));
    expect((await a.send(ref, 'while you were out')).status).toBe('acked');
    await heard;

    // more than the 20 that may come at once: an HTTP error would make the client delete the rest
    const texts = Array.from({ length: 26 }, (_, index) => `flood ${index}`);
    const outcomes = await Promise.all(texts.map(async (text) => a.send(ref, text)));
    expect(outcomes.filter(({ status }) => status !== 'acked')).toEqual([]);
    const stored = docsOf(await a.call('GET', `channel/${ref.id}/message?limit=100`)).map(({ c }) => c);
    expect(stored.filter((text) => text.startsWith('flood')).sort()).toEqual([...texts].sort());
  });

  it('exchange pictures, forward them, and answer what another app wrote', async () => {
    const [ann, bob] = [await person('ann'), await person('bob')];
    const [a, b] = [await enter(ann), await enter(bob)];
    const { rId } = await peerRoom(a, bob);
    const path = `channel/${rId}/message`;
    const localId = randomUUID();
    const picture = () => {
      const form = messageForm(localId, '📷', { messageType: 'image' });
      form.append('file', new Blob([PIXEL], { type: 'image/png' }), 'dot.png');
      return form;
    };
    const heard = b.nextEvent(is('message', rId, '📷'));
    const sent = listedMessageSchema.parse(await a.call('POST', path, picture()));
    expect(sent).toMatchObject({ mT: 'image', msgAtt: { name: 'dot.png', width: 1, height: 1 } });
    expect((await heard).messageId).toBe(sent._id);
    expect(listedMessageSchema.parse(await a.call('POST', path, picture()))._id).toBe(sent._id);
    const { url } = z.object({ url: z.string() }).parse(sent.msgAtt);
    const file = await fetch(new URL(url, stack.url));
    expect([file.status, Buffer.from(await file.arrayBuffer()).equals(PIXEL)]).toEqual([200, true]);

    const forwarded = messageForm(randomUUID(), '📷', { messageType: 'image', forwardLocalId: localId });
    expect(listedMessageSchema.parse(await b.call('POST', path, forwarded))).toMatchObject({
      forId: sent._id,
      msgAtt: { url },
    });

    const foreign = b.nextEvent(is('message', rId, 'from elsewhere'));
    await api.send(rId, { senderId: ann.id, clientMessageId: 'no-uuid', text: 'from elsewhere' });
    const { lId, _id } = z
      .object({ lId: z.string(), _id: z.string() })
      .parse(JSON.parse(String((await foreign).raw.args[0])));
    const answer = messageForm(randomUUID(), 'yes', { replyToLocalId: lId });
    expect(listedMessageSchema.parse(await b.call('POST', path, answer)).rTo).toMatchObject({ _id });
  });

  it('hear v1OnException of whatever cannot be read, and go on', async () => {
    const client = await enter(await person('ann'));
    for (const hostile of ['{"roomId":', '[]', '{"__proto__":{"x":1}}', JSON.stringify({ roomId: 7 })]) {
      const told = client.nextEvent(({ type }) => type === 'error');
      client.raw('v1EnterChatRoom', hostile);
      expect((await told).text).not.toBe('');
    }
    expect(client.isConnected).toBe(true);
  });
});

describe('a broadcast', () => {
  it('is its owner’s alone; the others get copies in their rooms with the owner', async () => {
    const [ann, bob, cleo] = [await person('ann'), await person('bob'), await person('cleo')];
    const [a, b] = [await enter(ann), await enter(bob)];
    const form = new FormData();
    form.set('broadcastName', 'News');
    form.set('identifiers', JSON.stringify([bob.id, cleo.id]));
    const { rId, rT } = roomSchema.parse(await a.call('POST', 'channel/broadcast', form));
    expect(rT).toBe('b');
    expect(await a.call('GET', `channel/${rId}/broadcast/my-info`)).toEqual({ totalUsers: 2 });
    const copy = b.nextEvent(({ type, text }) => type === 'message' && text === 'to you all');
    const parent = listedMessageSchema.parse(
      await a.call('POST', `channel/${rId}/message`, messageForm(randomUUID(), 'to you all')),
    );
    const heard: unknown = JSON.parse(String((await copy).raw.args[0]));
    expect(heard).toMatchObject({ pBId: parent._id, sId: ann.id, rId: (await peerRoom(b, ann)).rId });
    expect(await refusalOf(b.call('GET', `channel/${rId}/message`))).toMatchObject({ status: 404 });
  });
});

describe('a group', () => {
  it('tells of its making, its members and who is kicked', async () => {
    const [ann, bob, cleo] = [await person('ann'), await person('bob'), await person('cleo')];
    const [a, b] = [await enter(ann), await enter(bob)];
    const made = b.nextEvent(({ type, text }) => type === 'info' && text === '[createGroup]');
    const form = new FormData();
    form.set('groupName', 'Crew');
    form.set('identifiers', JSON.stringify([bob.id, cleo.id]));
    const { rId, t, rT } = roomSchema.parse(await a.call('POST', 'channel/group', form));
    expect([t, rT]).toEqual(['Crew', 'g']);
    expect((await made).room).toBe(rId);

    expect(await a.call('GET', `channel/${rId}/group/my-info`)).toMatchObject({
      isMeOut: false,
      membersCount: 3,
      myRole: 'superAdmin',
      groupSettings: { cId: ann.id, desc: null, pinMsg: null, extraData: null },
    });
    const renamed = b.nextEvent(is('info', rId, '[updateTitle]'));
    await a.call('PATCH', `channel/${rId}/group/title`, { title: 'The crew' });
    await renamed;
    await a.call('PATCH', `channel/${rId}/group/extra-data`, { colour: 'red' });
    await a.call('PATCH', `channel/${rId}/group/members/${bob.id}/admin`);
    expect(await b.call('GET', `channel/${rId}/group/my-info`)).toMatchObject({
      myRole: 'admin',
      groupSettings: { extraData: { colour: 'red' } },
    });

    const kick = b.nextEvent(is('kicked', rId));
    await a.call('DELETE', `channel/${rId}/group/members/${bob.id}`);
    expect((await kick).user).toBe(bob.id);
    expect(await b.call('GET', `channel/${rId}/group/my-status`)).toEqual({ isMeOut: true });
    expect(await refusalOf(b.call('POST', `channel/${rId}/message`, messageForm(randomUUID(), 'x')))).toMatchObject({
      status: 404,
    });
    expect((await peerRoom(a, cleo)).rId).not.toBe(rId);
  });

  it('of somebody else is not there at all', async () => {
    const [ann, bob, eve] = [await person('ann'), await person('bob'), await person('eve')];
    const { id } = await world.room([ann, bob], 'group');
    const e = await enter(eve);
    for (const path of [`channel/${id}`, `channel/${id}/message`, 'channel/nowhere', 'channel/nowhere/message']) {
      expect(await refusalOf(e.call('GET', path))).toMatchObject({ status: 404 });
    }
    const refused = e.nextEvent(({ type }) => type === 'error');
    e.emit('v1EnterChatRoom', { roomId: id });
    expect((await refused).text).not.toBe('');
  });
});
