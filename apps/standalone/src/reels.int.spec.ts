import {
  ChatWorld,
  ClassicClient,
  History,
  keyed,
  NativeApi,
  ReelsClient,
  refFor,
  startStandalone,
  type ChatClient,
  type ChatUser,
  type StandaloneStack,
} from '@parlance/testing';
import { io } from 'socket.io-client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

/** The app with reels as its page describes it: strict decoders on every frame, and none of them malformed. */

let stack: StandaloneStack;
let api: NativeApi;
let world: ChatWorld;
let history: History;
const cast: ChatClient[] = [];

beforeAll(async () => {
  stack = await startStandalone();
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
const person = (name: string): Promise<ChatUser> => world.user(`${name}-${(made += 1)}`, { name });

async function enter(user: ChatUser): Promise<ReelsClient> {
  const token = await api.token(user.id);
  const client = new ReelsClient({ name: `${user.id}-reels`, user, url: stack.url, history, token });
  cast.push(client);
  await client.connect();
  return client;
}

/** Told beside what is said, whenever it is known. */
const COMING: ReadonlySet<string> = new Set(['user-online', 'user-offline']);

describe('a conversation', () => {
  it('is heard under both names, typed in and read, by the app alone', async () => {
    const [ann, bob] = [await person('ann'), await person('bob')];
    const room = await world.room([ann, bob]);
    const [one, other] = [await enter(ann), await enter(bob)];
    const heard = other.nextEvent(({ type }) => type === 'message');
    expect(await one.send(refFor(room, ann), keyed('r1', 'hello'))).toMatchObject({ status: 'acked' });
    expect(await heard).toMatchObject({ room: room.id, user: ann.id, raw: { name: 'message-received' } });

    const typing = other.nextEvent(({ type }) => type === 'typing');
    await one.typing(refFor(room, ann), true);
    expect(await typing).toMatchObject({ room: room.id, user: ann.id });

    const read = [one, other].map((client) => client.nextEvent(({ type }) => type === 'read'));
    await other.markRead(refFor(room, bob));
    const lastMessage = { user: ann.id, chat: room.id, content: keyed('r1', 'hello') };
    for (const { raw } of await Promise.all(read)) {
      expect(raw.args).toMatchObject([{ user: { _id: bob.id }, chat: room.id, lastMessage }]);
    }

    const names = (client: ChatClient) =>
      client.rawLog.filter(({ direction, name }) => direction === 'in' && !COMING.has(name)).map((one) => one.name);
    expect(names(one)).toEqual(['message-sent', 'messages-sent', 'messages-read']);
    expect(names(other)).toEqual(['message-received', 'messages-received', 'typing-started', 'messages-read']);
  });

  it('meets another wire in one room', async () => {
    const [ann, old] = [await person('ann'), await person('old')];
    const room = await world.room([ann, old]);
    const app = await enter(ann);
    const classic = new ClassicClient({ name: `${old.id}-classic`, user: old, url: stack.url, history });
    cast.push(classic);
    await classic.connect();
    await classic.identify();
    await classic.openRoom(refFor(room, old));
    const heard = app.nextEvent(({ type }) => type === 'message');
    await classic.send(refFor(room, old), keyed('r2', 'from afar'));
    expect(await heard).toMatchObject({ user: old.id, text: keyed('r2', 'from afar') });
  });

  it('tells of a new chat, who joins it and who is out', async () => {
    const [ann, bob, cleo] = [await person('ann'), await person('bob'), await person('cleo')];
    const [one, other, late] = [await enter(ann), await enter(bob), await enter(cleo)];
    const next = (client: ChatClient, what: string) =>
      client.nextEvent(({ type, text }) => type === 'chat' && text === what);
    const created = [next(one, 'created'), next(other, 'created')];
    const room = await world.room([ann, bob], 'group');
    for (const event of await Promise.all(created)) expect(event).toMatchObject({ room: room.id });
    const joined = next(late, 'joined');
    await world.addMember(room, cleo);
    expect(await joined).toMatchObject({ room: room.id });
    const removed = [next(one, 'removed'), next(late, 'removed')];
    await world.removeMember(room, cleo);
    for (const event of await Promise.all(removed)) expect(event).toMatchObject({ room: room.id, user: cleo.id });
  });
});

describe('a deleted chat', () => {
  it('is told with the event it belonged to and who deleted it', async () => {
    const [ann, bob] = [await person('ann'), await person('bob')];
    const [one, other] = [await enter(ann), await enter(bob)];
    const byOwner = api.as(await api.token(ann.id));
    for (const deleting of [byOwner, api]) {
      const { id } = await byOwner.createRoom({ kind: 'group', memberIds: [bob.id] });
      await byOwner.other('PATCH', ['rooms', id], { metadata: { event: 'event-1' } });
      const told = [one, other].map((client) => client.nextEvent(({ text }) => text === 'deleted'));
      await deleting.other('DELETE', ['rooms', id]);
      for (const { raw } of await Promise.all(told)) {
        expect(raw).toMatchObject({ name: 'chat-deleted', args: [{ chat: id, event: 'event-1', user: ann.id }] });
      }
    }
  });
});

describe('a connection that is refused', () => {
  async function told(auth: Record<string, unknown>, namespace = ''): Promise<readonly unknown[]> {
    const client = io(`${stack.url}${namespace}`, {
      transports: ['websocket'],
      auth,
      reconnection: false,
      forceNew: true,
    });
    const frames: unknown[] = [];
    client.onAny((event: string, ...args: unknown[]) => frames.push([event, ...args]));
    const reason = await new Promise<string>((resolve) => client.on('disconnect', resolve));
    client.disconnect();
    return [...frames, reason];
  }

  it.each([
    ['a token that is none', { token: 'nonsense' }, ''],
    ['no token', {}, '/reels'],
  ])('hears why, and that it shall stay away: %s', async (_, auth, namespace) => {
    expect(await told(auth, namespace)).toEqual([
      ['authorization-failed', { message: expect.any(String) as string }],
      'io server disconnect',
    ]);
  });

  it('hears that its address was never verified', async () => {
    const user = await world.user('never-verified', { verified: false });
    expect(await told({ token: await api.token(user.id) })).toEqual([
      ['verification-required', { message: 'Please verify your email first' }],
      'io server disconnect',
    ]);
  });
});
