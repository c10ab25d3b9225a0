import { expect, it } from 'vitest';
import { changed, next, present, sent, textsHeard, type Chat, type SdkWorld, type Told } from './sdk-world.js';

const PAGE = 25;
/** The SDK's own `Status.ONLINE`. */
const ONLINE = 0;

/** Waits until a listener heard this many. */
async function heardAll(chat: Chat, count: number): Promise<readonly (string | undefined)[]> {
  const texts: (string | undefined)[] = [];
  await next<true>((done) =>
    chat.onMessage(({ text }) => {
      if (texts.push(text) === count) done(true);
    }),
  );
  return texts;
}

export function talkCases(world: () => SdkWorld): void {
  it('carries messages, edits, deletions, what was seen and who types', async () => {
    const { ann, bob, annChat, bobChat } = await world().pair();
    const news = next<Chat>((listener) => bob.sdk.onChat(listener));
    const heard = next<Told>((listener) => bobChat.onMessage(listener));
    const first = await sent(annChat, { text: 'hello', metadata: { mood: 'calm' } });
    const whole = { text: 'hello', seen: false, metadata: { mood: 'calm' }, createdAt: expect.any(Date) };
    expect(first).toMatchObject(whole);
    expect(await heard).toMatchObject({ id: first.id, text: 'hello', user: { username: ann.username } });
    expect((await news).getTitle()).toBe('Ann');

    const seen = next<string>((listener) => annChat.onMessageSeen(listener));
    bobChat.setSeen();
    expect(await seen).toBe(first.id);

    const edited = next<Told>((listener) => bobChat.onMessageUpdated(listener));
    expect(await changed(annChat, present(first.id), { text: 'hello again' })).toMatchObject({ text: 'hello again' });
    expect(await edited).toMatchObject({ id: first.id, text: 'hello again', metadata: { mood: 'calm' } });

    const started = next<{ readonly id: string }>((listener) => bobChat.onTypingStarted(listener));
    const stopped = next<{ readonly id: string }>((listener) => bobChat.onTypingStopped(listener));
    await annChat.startTyping();
    expect((await started).id).toBe(ann.id);
    await annChat.stopTyping();
    expect((await stopped).id).toBe(ann.id);

    expect(await annChat.getMessages()).toMatchObject({ success: true, totalMessages: 1, messages: [{ seen: true }] });
    const gone = next<string>((listener) => bobChat.onMessageDeleted(listener));
    await annChat.deleteMessage(present(first.id));
    expect(await gone).toBe(first.id);
    expect((await annChat.getMessages()).messages).toEqual([]);
  });

  it('pages back from the newest, each page oldest first', async () => {
    const { annChat, bobChat } = await world().pair();
    const texts = Array.from({ length: PAGE + 3 }, (_, index) => `number ${index}`);
    for (const text of texts) await sent(annChat, { text });
    const pages = [await bobChat.getMessages(), await bobChat.getMessages(2), await bobChat.getMessages(3)];
    expect(pages.map(({ messages }) => messages.map(({ text }) => text))).toEqual([
      texts.slice(3),
      texts.slice(0, 3),
      [],
    ]);
    expect(pages.map(({ page, totalPages, totalMessages }) => [page, totalPages, totalMessages])).toEqual(
      [1, 2, 3].map((page) => [page, 2, texts.length]),
    );
  });

  it('tells who is there', async () => {
    const { bob, annChat } = await world().pair();
    const there = new Promise<readonly unknown[]>(
      (resolve) => void annChat.onMemberStatusChanged((...told) => resolve(told)),
    );
    expect(await there).toEqual([bob.id, ONLINE]);
  });

  it('tells what went wrong where the SDK asks for no answer', async () => {
    const { bobChat, annChat } = await world().pair();
    const hers = await sent(annChat, { text: 'not yours' });
    const error = next<unknown>((listener) => bobChat.onError(listener));
    await bobChat.deleteMessage(present(hers.id));
    expect(await error).toEqual(expect.stringMatching(/./));
    expect((await annChat.getMessages()).messages).toMatchObject([{ id: hers.id, text: 'not yours' }]);
  });

  it('is silent in a chat that was released, while the list of chats goes on', async () => {
    const { ann, annChat, bobChat } = await world().pair();
    annChat.release();
    // Answered after the connection's frames before it, of which the release is one.
    await sent(annChat, { text: 'released' });
    const texts: (string | undefined)[] = [];
    const told = next<true>((done) =>
      ann.sdk.onChat((chat) => {
        if (texts.push(chat.getLastMessage()?.text) === 2) done(true);
      }),
    );
    await sent(bobChat, { text: 'unheard' });
    await sent(bobChat, { text: 'unheard too' });
    await told;
    expect(texts).toEqual(['unheard', 'unheard too']);
    expect(textsHeard(ann.client)).toEqual([]);
  });

  it('goes on after its connection broke, without the SDK joining again', async () => {
    const { ann, annChat, bobChat } = await world().pair();
    const heard = heardAll(annChat, 3);
    await sent(bobChat, { text: 'before' });
    ann.client.dropTransport();
    await sent(bobChat, { text: 'while away' });
    await ann.client.whenConnected();
    await sent(bobChat, { text: 'and back' });
    expect([...new Set(await heard)]).toEqual(['before', 'while away', 'and back']);
    expect(await sent(annChat, { text: 'I am back' })).toMatchObject({ text: 'I am back' });
    const all = ['before', 'while away', 'and back', 'I am back'];
    expect((await bobChat.getMessages()).messages.map(({ text }) => text)).toEqual(all);
  });
}
