import { History, MinChatSdkClient, sdkFile, withForms } from '@parlance/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startApiWorld, type ApiWorld } from './api.fixture.js';

/** The published `@minchat/js` 3.4.0, unmodified, through its whole surface; every frame it gets is decoded strictly. */

let world: ApiWorld;
let url: string;
let history: History;
let clients: MinChatSdkClient[] = [];
let made = 0;

beforeAll(async () => {
  world = await startApiWorld();
  url = await world.startEdge();
});
afterEach(async () => {
  for (const client of clients) await client.disconnect();
  clients = [];
  expect(history.events.filter(({ type }) => type === 'malformed')).toEqual([]);
});
afterAll(async () => world.close());

type Sdk = MinChatSdkClient['sdk'];

/** The SDK as an app of one person has it: connected, and known. */
async function app(
  name: string,
): Promise<{ readonly client: MinChatSdkClient; readonly sdk: Sdk; readonly username: string }> {
  const username = `${name.toLowerCase()}-${(made += 1)}`;
  const user = { id: '', number: 0, username, name };
  const client = new MinChatSdkClient({ name: username, user, url, history, apiKey: 'demo-public-key' });
  clients.push(client);
  await client.connect();
  await withForms(() => client.sdk.connectUser({ username, name }));
  return { client, sdk: client.sdk, username };
}

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAADCAAAAACRt9HUAAAAEElEQVR4nGNgYGBggBAMAAATAAG3NkX1AAAAAElFTkSuQmCC',
  'base64',
);

type Chat = NonNullable<Awaited<ReturnType<Sdk['chat']>>>;
type Told = Parameters<Parameters<Chat['onMessage']>[0]>[0];

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('The SDK gave nothing.');
  return value;
}

const sent = (chat: Chat, message: Parameters<Chat['sendMessage']>[0]): Promise<Told> =>
  new Promise((resolve) => void chat.sendMessage(message, resolve));
const changed = (chat: Chat, id: string, message: Parameters<Chat['updateMessage']>[1]): Promise<Told> =>
  new Promise((resolve) => void chat.updateMessage(id, message, resolve));
const next = <T>(listen: (listener: (value: T) => void) => void): Promise<T> =>
  new Promise((resolve) => listen(resolve));

/** Two people with a chat that both have opened. */
async function pair() {
  const [ann, bob] = [await app('Ann'), await app('Bob')];
  const annChat = present(await ann.sdk.chat(bob.username));
  const bobChat = present(await bob.sdk.chat(ann.username));
  const room = { id: present(annChat.getId()), uuid: '' };
  await ann.client.openRoom({ ...room, peer: { id: '', number: 0, name: 'Bob', username: bob.username } });
  await bob.client.openRoom({ ...room, peer: { id: '', number: 0, name: 'Ann', username: ann.username } });
  return { ann, bob, annChat, bobChat };
}

beforeAll(() => {
  history = new History();
});

describe('people', () => {
  it('are made, found by name and id, changed, pictured and deleted', async () => {
    const { sdk } = await app('Ann');
    const username = `cleo-${(made += 1)}`;
    const cleo = await withForms(() => sdk.createUser({ username, name: 'Cleo', metadata: { level: 3 } }));
    expect(cleo).toMatchObject({ username, name: 'Cleo', metadata: { level: 3 }, createdAt: expect.any(Date) });
    expect(await sdk.fetchUser(username)).toMatchObject({ id: cleo.id });
    expect(await sdk.fetchUserById(cleo.id)).toMatchObject({ username });
    expect((await sdk.getUsers([username, 'nobody-at-all'])).map(({ id }) => id)).toEqual([cleo.id]);
    const avatar = sdkFile('me.png', 'image/png', PNG);
    const pictured = await withForms(() => sdk.updateUserById(cleo.id, { name: 'Cleopatra', avatar }));
    expect(pictured).toMatchObject({ name: 'Cleopatra', avatar: expect.stringMatching(/^\/f\/.*\/me\.png$/) });
    const picture = await fetch(new URL(present(pictured.avatar), url));
    expect(Buffer.from(await picture.arrayBuffer()).equals(PNG)).toBe(true);
    expect(await sdk.deleteUserById(cleo.id)).toBe(true);
    await expect(sdk.fetchUser('nobody-at-all')).rejects.toThrow(/404/);
  });

  it('who switch leave nothing of the one before', async () => {
    const { ann, bob, bobChat } = await pair();
    const before = present(ann.sdk.getConnectedUser()).id;
    const username = `dora-${(made += 1)}`;
    await withForms(() => ann.sdk.connectUser({ username, name: 'Dora' }));
    expect(ann.sdk.getConnectedUser()).toMatchObject({ username });
    const doraHears = next<Chat>((listener) => ann.sdk.onChat(listener));
    await sent(bobChat, { text: 'for Ann alone' });
    const withDora = present(await bob.sdk.chat(username));
    await sent(withDora, { text: 'for Dora' });
    expect((await doraHears).getLastMessage()?.text).toBe('for Dora');
    expect(ann.sdk.getConnectedUser()?.id).not.toBe(before);
  });
});

describe('a conversation', () => {
  it('carries messages, edits, deletions, what was seen and who types', async () => {
    const { ann, bob, annChat, bobChat } = await pair();
    const news = next<Chat>((listener) => bob.sdk.onChat(listener));
    const heard = next<Told>((listener) => bobChat.onMessage(listener));
    const first = await sent(annChat, { text: 'hello', metadata: { mood: 'calm' } });
    expect(first).toMatchObject({
      text: 'hello',
      seen: false,
      metadata: { mood: 'calm' },
      createdAt: expect.any(Date),
    });
    expect(await heard).toMatchObject({ id: first.id, text: 'hello', user: { username: ann.username } });
    expect((await news).getTitle()).toBe('Ann');

    const seen = next<string>((listener) => annChat.onMessageSeen(listener));
    bobChat.setSeen(first.id);
    expect(await seen).toBe(first.id);

    const edited = next<Told>((listener) => bobChat.onMessageUpdated(listener));
    expect(await changed(annChat, present(first.id), { text: 'hello again' })).toMatchObject({ text: 'hello again' });
    expect(await edited).toMatchObject({ id: first.id, text: 'hello again', metadata: { mood: 'calm' } });

    const started = next<{ readonly id: string }>((listener) => bobChat.onTypingStarted(listener));
    const stopped = next<{ readonly id: string }>((listener) => bobChat.onTypingStopped(listener));
    await annChat.startTyping();
    expect((await started).id).toBe(ann.sdk.getConnectedUser()?.id);
    await annChat.stopTyping();
    expect((await stopped).id).toBe(ann.sdk.getConnectedUser()?.id);

    expect(await annChat.getMessages()).toMatchObject({ success: true, totalMessages: 1, messages: [{ seen: true }] });
    const gone = next<string>((listener) => bobChat.onMessageDeleted(listener));
    await annChat.deleteMessage(present(first.id));
    expect(await gone).toBe(first.id);
    expect((await annChat.getMessages()).messages).toEqual([]);
  });

  it('carries files, which only its people can find', async () => {
    const { annChat, bobChat } = await pair();
    const heard = next<Told>((listener) => bobChat.onMessage(listener));
    const file = sdkFile('cat.png', 'image/png', PNG);
    const picture = await sent(annChat, { text: 'look', file });
    expect(picture).toMatchObject({ text: 'look', file: { type: 'image', name: 'cat.png', size: '0.07 KB' } });
    expect(await heard).toMatchObject({ id: picture.id, file: picture.file });
    const bytes = await fetch(new URL(present(picture.file?.url), url));
    expect(Buffer.from(await bytes.arrayBuffer()).equals(PNG)).toBe(true);

    const edited = await changed(annChat, present(picture.id), {
      file: sdkFile('a.txt', 'text/plain', Buffer.from('words')),
    });
    expect(edited).toMatchObject({ text: 'look', file: { type: 'file', name: 'a.txt' } });
    const refused = await sent(annChat, { text: 'bad', file: sdkFile('a.png', 'image/png', Buffer.from('no image')) });
    expect(refused).toMatchObject({ success: false, message: expect.any(String) });
    expect((await bobChat.getMessages()).totalMessages).toBe(1);
  });

  it('keeps the order of what was sent behind a file', async () => {
    const { annChat, bobChat } = await pair();
    const wait = [
      sent(annChat, { text: 'one', file: sdkFile('cat.png', 'image/png', PNG) }),
      sent(annChat, { text: 'two' }),
      sent(annChat, { text: 'three' }),
    ];
    await Promise.all(wait);
    expect((await bobChat.getMessages()).messages.map(({ text }) => text)).toEqual(['one', 'two', 'three']);
  });

  it('tells who is there', async () => {
    const { bob, annChat } = await pair();
    const there = new Promise<string>((resolve) => void annChat.onMemberStatusChanged(resolve));
    expect(await there).toBe(bob.sdk.getConnectedUser()?.id);
  });

  it('goes on after its connection broke, without the SDK joining again', async () => {
    const { ann, annChat, bobChat } = await pair();
    ann.client.dropTransport();
    await sent(bobChat, { text: 'while away' });
    await ann.client.whenConnected();
    const heard = next<Told>((listener) => annChat.onMessage(listener));
    await sent(bobChat, { text: 'and back' });
    expect(['while away', 'and back']).toContain((await heard).text);
    expect((await annChat.getMessages()).messages.map(({ text }) => text)).toEqual(['while away', 'and back']);
  });
});

describe('chats', () => {
  it('of a group have a title, a picture, metadata and people, who come and go', async () => {
    const [ann, bob, cleo] = [await app('Ann'), await app('Bob'), await app('Cleo')];
    const avatar = sdkFile('team.png', 'image/png', PNG);
    const members = { memberUsernames: [bob.username], title: 'Team', metadata: { topic: 'tea' }, avatar };
    const group = present(await withForms(() => ann.sdk.groupChat(members)));
    expect([group.getTitle(), group.getMetadata()]).toEqual(['Team', { topic: 'tea' }]);
    expect(group.getChatAvatar()).toMatch(/^\/f\/.*\/team\.png$/);
    expect(await group.setMetaData({ more: true })).toEqual({ topic: 'tea', more: true });
    await group.addMember(cleo.username);
    expect(group.getMemberIds()).toContain(cleo.sdk.getConnectedUser()?.id);
    const heard = next<Chat>((listener) => cleo.sdk.onChat(listener));
    await sent(group, { text: 'welcome' });
    expect((await heard).getLastMessage()?.text).toBe('welcome');
    await group.removeMember(cleo.username);
    expect(group.getMemberIds()).not.toContain(cleo.sdk.getConnectedUser()?.id);
  });

  it('are listed once they have a message, and are gone when deleted', async () => {
    const { ann, bob, annChat } = await pair();
    expect((await ann.sdk.getChats()).chats).toEqual([]);
    await sent(annChat, { text: 'hello' });
    const listed = await bob.sdk.getChats();
    expect([listed.success, listed.totalChats, listed.totalPages]).toEqual([true, 1, 1]);
    expect(listed.chats.map((chat) => [chat.getTitle(), chat.getLastMessage()?.text])).toEqual([['Ann', 'hello']]);
    const id = present(annChat.getId());
    expect([await ann.sdk.deleteChat(id), await ann.sdk.deleteChat(id)]).toEqual([true, false]);
    expect(await annChat.getMessages()).toMatchObject({ success: false, messages: [], totalMessages: 0 });
  });
});

describe('the vendor’s test helper', () => {
  it('is there in the demo', async () => {
    const begun: unknown = await (await fetch(`${url}/sdk-test`)).json();
    expect(begun).toEqual({ userId: expect.any(String), apiKey: 'demo-public-key' });
    const ended = await fetch(`${url}/sdk-test`, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    });
    expect(await ended.json()).toEqual({ success: true });
  });
});
