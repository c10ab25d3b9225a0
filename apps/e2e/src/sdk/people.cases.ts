import { sdkFile, withForms } from '@parlance/testing';
import { expect, it } from 'vitest';
import { bytesAt, next, PNG, present, sent, type Chat, type SdkWorld } from './sdk-world.js';

/** A deleted account's connections are closed within this. */
const CLOSED_MS = 10_000;

export function peopleCases(world: () => SdkWorld): void {
  it('lets people be made, found by name and id, changed, pictured and deleted', async () => {
    const { sdk } = await world().app('Ann');
    const username = world().unique('Cleo');
    const cleo = await withForms(() => sdk.createUser({ username, name: 'Cleo', metadata: { level: 3 } }));
    expect(cleo).toMatchObject({ username, name: 'Cleo', metadata: { level: 3 }, createdAt: expect.any(Date) });
    expect(await sdk.fetchUser(username)).toMatchObject({ id: cleo.id });
    expect(await sdk.fetchUserById(cleo.id)).toMatchObject({ username });
    expect((await sdk.getUsers([username, 'nobody-at-all'])).map(({ id }) => id)).toEqual([cleo.id]);
    const avatar = sdkFile('me.png', 'image/png', PNG);
    const pictured = await withForms(() => sdk.updateUserById(cleo.id, { name: 'Cleopatra', avatar }));
    expect(pictured).toMatchObject({ name: 'Cleopatra', avatar: expect.stringMatching(/\/f\/.*\/me\.png$/) });
    expect((await bytesAt(pictured.avatar, world().url)).equals(PNG)).toBe(true);
    expect(await sdk.deleteUserById(cleo.id)).toBe(true);
    await expect(sdk.fetchUser('nobody-at-all')).rejects.toThrow(/404/);
  });

  it('closes the connections of who is deleted by name', async () => {
    const [ann, bob] = [await world().app('Ann'), await world().app('Bob')];
    expect(await ann.sdk.deleteUser(bob.username)).toBe(true);
    await world().gone(bob, CLOSED_MS);
    expect(ann.client.isConnected).toBe(true);
    await expect(ann.sdk.deleteUser('nobody-at-all')).rejects.toThrow(/404/);
  });

  it('leaves nothing of the one before to who comes after on one connection', async () => {
    const { ann, bob, bobChat } = await world().pair();
    const username = world().unique('Dora');
    await withForms(() => ann.sdk.connectUser({ username, name: 'Dora' }));
    expect(ann.sdk.getConnectedUser()).toMatchObject({ username });
    expect(ann.sdk.getConnectedUser()?.id).not.toBe(ann.id);
    const doraHears = next<Chat>((listener) => ann.sdk.onChat(listener));
    await sent(bobChat, { text: 'for Ann alone' });
    const withDora = present(await bob.sdk.chat(username));
    await sent(withDora, { text: 'for Dora' });
    expect((await doraHears).getLastMessage()?.text).toBe('for Dora');
    expect(JSON.stringify(ann.client.rawLog)).not.toContain('for Ann alone');
  });
}
