import { sdkFile, withForms } from '@parlance/testing';
import { expect, it } from 'vitest';
import { next, PNG, present, sent, textsHeard, type Chat, type SdkWorld } from './sdk-world.js';

const PAGE = 25;

export function chatsCases(world: () => SdkWorld): void {
  it('gives a group a title, a picture, metadata and people, who come and go', async () => {
    const [ann, bob, cleo] = [await world().app('Ann'), await world().app('Bob'), await world().app('Cleo')];
    const avatar = sdkFile('team.png', 'image/png', PNG);
    const members = { memberUsernames: [bob.username], title: 'Team', metadata: { topic: 'tea' }, avatar };
    const group = present(await withForms(() => ann.sdk.groupChat(members)));
    expect([group.getTitle(), group.getMetadata()]).toEqual(['Team', { topic: 'tea' }]);
    expect(group.getMembers().map(({ username }) => username)).toEqual([bob.username]);
    expect(group.getChatAvatar()).toMatch(/\/f\/.*\/team\.png$/);
    expect(await group.setMetaData({ more: true })).toEqual({ topic: 'tea', more: true });
    await group.addMember(cleo.username);
    expect(group.getMemberIds()).toContain(cleo.id);
    const heard = next<Chat>((listener) => cleo.sdk.onChat(listener));
    await sent(group, { text: 'welcome' });
    expect((await heard).getLastMessage()?.text).toBe('welcome');
    await group.removeMember(cleo.username);
    expect(group.getMemberIds()).not.toContain(cleo.id);
  });

  it('adds and removes people by id, and who is out hears no more', async () => {
    const [ann, bob, cleo] = [await world().app('Ann'), await world().app('Bob'), await world().app('Cleo')];
    const group = present(await withForms(() => ann.sdk.groupChat({ memberUsernames: [bob.username], title: 'Team' })));
    const room = { id: present(group.getId()), uuid: '' };
    await group.addMemberById(cleo.id);
    expect([...group.getMemberIds()].sort()).toEqual([bob.id, cleo.id].sort());
    for (const { client } of [bob, cleo]) await client.openRoom(room);
    const heard = next<Chat>((listener) => cleo.sdk.onChat(listener));
    await sent(group, { text: 'welcome' });
    expect((await heard).getLastMessage()?.text).toBe('welcome');

    await group.removeMemberById(cleo.id);
    expect(group.getMembers().map(({ id }) => id)).toEqual([bob.id]);
    const bobHears = next<Chat>((listener) => bob.sdk.onChat(listener));
    await sent(group, { text: 'without Cleo' });
    expect((await bobHears).getLastMessage()?.text).toBe('without Cleo');
    const direct = present(await ann.sdk.chat(cleo.username));
    const cleoHears = next<Chat>((listener) => cleo.sdk.onChat(listener));
    await sent(direct, { text: 'sorry' });
    expect((await cleoHears).getLastMessage()?.text).toBe('sorry');
    expect(textsHeard(bob.client)).toEqual(['welcome', 'without Cleo']);
    expect(textsHeard(cleo.client)).toEqual(['welcome']);
    expect((await cleo.sdk.getChats()).chats.map((chat) => chat.getId())).toEqual([direct.getId()]);
  });

  it('gives a chat of two the other one, and the metadata it was made with', async () => {
    const [ann, bob] = [await world().app('Ann'), await world().app('Bob')];
    const made = present(await ann.sdk.chat(bob.username, { metadata: { order: 7 } }));
    const found = present(await bob.sdk.chat(ann.username));
    expect(found.getId()).toBe(made.getId());
    expect([made.getTitle(), found.getTitle()]).toEqual(['Bob', 'Ann']);
    expect([made.getMemberIds(), found.getMemberIds()]).toEqual([[bob.id], [ann.id]]);
    expect(found.getMembers().map(({ username, name }) => [username, name])).toEqual([[ann.username, 'Ann']]);
    expect([made.getMetadata(), found.getMetadata()]).toEqual([{ order: 7 }, { order: 7 }]);
    made.setTitle('Only here');
    expect([made.getTitle(), found.getTitle()]).toEqual(['Only here', 'Ann']);
  });

  it('lists chats once they have a message, and no more when deleted', async () => {
    const { ann, bob, annChat } = await world().pair();
    expect((await ann.sdk.getChats()).chats).toEqual([]);
    await sent(annChat, { text: 'hello' });
    const listed = await bob.sdk.getChats();
    expect([listed.success, listed.totalChats, listed.totalPages]).toEqual([true, 1, 1]);
    expect(listed.chats.map((chat) => [chat.getTitle(), chat.getLastMessage()?.text])).toEqual([['Ann', 'hello']]);
    const id = present(annChat.getId());
    expect([await ann.sdk.deleteChat(id), await ann.sdk.deleteChat(id)]).toEqual([true, false]);
    expect(await annChat.getMessages()).toMatchObject({ success: false, messages: [], totalMessages: 0 });
  });

  it('pages the list of chats, the newest first', async () => {
    const { ann, bob } = await world().pair();
    const { api } = world();
    const texts = Array.from({ length: PAGE + 2 }, (_, index) => `chat ${index}`);
    for (const text of texts) {
      const { id } = await api.createRoom({ kind: 'group', memberIds: [ann.id, bob.id], createdBy: ann.id });
      await api.send(id, { senderId: ann.id, text });
    }
    const pages = [await bob.sdk.getChats(), await bob.sdk.getChats(2)];
    const shown = pages.map(({ chats }) => chats.map((chat) => chat.getLastMessage()?.text));
    const newest = [...texts].reverse();
    expect(shown).toEqual([newest.slice(0, PAGE), newest.slice(PAGE)]);
    expect(pages.map(({ page, totalPages, totalChats }) => [page, totalPages, totalChats])).toEqual([
      [1, 2, texts.length],
      [2, 2, texts.length],
    ]);
  });

  it('answers the vendor’s test helper in the demo', async () => {
    const address = `${world().url}/sdk-test`;
    const begun: unknown = await (await fetch(address)).json();
    expect(begun).toEqual({ userId: expect.any(String), apiKey: 'demo-public-key' });
    const headers = { 'content-type': 'application/json' };
    const ended = await fetch(address, { method: 'POST', body: '{}', headers });
    expect(await ended.json()).toEqual({ success: true });
  });
}
