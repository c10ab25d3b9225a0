import { randomBytes } from 'node:crypto';
import { sdkFile } from '@parlance/testing';
import { expect, it } from 'vitest';
import { bytesAt, changed, next, PNG, present, sent, type SdkWorld, type Told } from './sdk-world.js';

const THREE_MB = 3 * 1024 * 1024;

export function filesCases(world: () => SdkWorld): void {
  it('carries files, which only its people can find', async () => {
    const { annChat, bobChat } = await world().pair();
    const heard = next<Told>((listener) => bobChat.onMessage(listener));
    const picture = await sent(annChat, { text: 'look', file: sdkFile('cat.png', 'image/png', PNG) });
    expect(picture).toMatchObject({ text: 'look', file: { type: 'image', name: 'cat.png', size: '0.07 KB' } });
    expect(await heard).toMatchObject({ id: picture.id, file: picture.file });
    expect((await bytesAt(picture.file?.url, world().url)).equals(PNG)).toBe(true);

    const words = sdkFile('a.txt', 'text/plain', Buffer.from('words'));
    const edited = await changed(annChat, present(picture.id), { file: words });
    expect(edited).toMatchObject({ text: 'look', file: { type: 'file', name: 'a.txt' } });
    const refused = await sent(annChat, { text: 'bad', file: sdkFile('a.png', 'image/png', Buffer.from('no image')) });
    expect(refused).toMatchObject({ success: false, message: expect.any(String) });
    expect((await bobChat.getMessages()).totalMessages).toBe(1);
  });

  it('carries a file of 3 MB in one frame, whole', async () => {
    const { annChat, bobChat } = await world().pair();
    const text = Buffer.from(randomBytes(THREE_MB / 2).toString('hex'));
    const heard = next<Told>((listener) => bobChat.onMessage(listener));
    const big = await sent(annChat, { text: 'all of it', file: sdkFile('all.txt', 'text/plain', text) });
    expect(big).toMatchObject({ text: 'all of it', file: { type: 'file', name: 'all.txt' } });
    const { file } = await heard;
    expect((await bytesAt(file?.url, world().url)).equals(text)).toBe(true);
  });

  it('keeps the order of what was sent behind a file', async () => {
    const { annChat, bobChat } = await world().pair();
    await Promise.all([
      sent(annChat, { text: 'one', file: sdkFile('cat.png', 'image/png', PNG) }),
      sent(annChat, { text: 'two' }),
      sent(annChat, { text: 'three' }),
    ]);
    expect((await bobChat.getMessages()).messages.map(({ text }) => text)).toEqual(['one', 'two', 'three']);
  });
}
