import {
  deleteMessage,
  editMessage,
  getMessage,
  listMessages,
  patchRoom,
  pullLog,
  sendMessage,
  setBlock,
} from '@parlance/contracts';
import { factSchema, textDraft, type UserSnapshot } from '@parlance/domain';
import { describe, expect, it } from 'vitest';
import { sharedWorld } from '../testing/shared-world.js';
import { codeOf, makeRoom, say, TENANT, user } from '../testing/test-world.js';

const world = sharedWorld();

const freeze = async (roomId: string, frozen: boolean) =>
  world.bus.request(patchRoom, { tenantId: TENANT, actor: null, origin: null, roomId, frozen, announce: false });
const block = async (by: UserSnapshot, other: UserSnapshot, blocked: boolean) =>
  world.bus.request(setBlock, { tenantId: TENANT, user: by, other, origin: null, blocked });
async function said(roomId: string) {
  const page = { tenantId: TENANT, viewerId: null, roomId, skip: 0, limit: 200, visibleOnly: false };
  return (await world.bus.request(listMessages, page)).messages;
}

describe('a frozen room', () => {
  it('takes no message, but still answers those it has, until it is thawed', async () => {
    const room = await makeRoom(world.bus, ['ann', 'bob']);
    const first = await say(world.bus, room.id, 'ann', 'before', { clientMessageId: 'k' });
    await freeze(room.id, true);
    expect(await codeOf(say(world.bus, room.id, 'bob', 'cold'))).toBe('permission-denied');
    expect(await codeOf(say(world.bus, room.id, 'mallory', 'who?'))).toBe('not-found');
    expect(await codeOf(say(world.bus, room.id, 'ann', 'other', { clientMessageId: 'k' }))).toBe('conflict');
    expect(await say(world.bus, room.id, 'ann', 'before', { clientMessageId: 'k' })).toMatchObject({
      repeated: true,
      message: first.message,
    });
    await freeze(room.id, false);
    expect((await say(world.bus, room.id, 'bob', 'warm')).message.seq).toBe(2);
    expect((await said(room.id)).map((message) => message.text)).toEqual(['before', 'warm']);
  });

  it('does not fail the sends that travel with one to it', async () => {
    const [frozen, open] = await Promise.all([makeRoom(world.bus, ['ann']), makeRoom(world.bus, ['ann'])]);
    await freeze(frozen.id, true);
    const codes = await Promise.all(
      [open, frozen, open, frozen].map(async (room) => codeOf(say(world.bus, room.id, 'ann', 'x'))),
    );
    expect(codes).toEqual(['ok', 'permission-denied', 'ok', 'permission-denied']);
    expect((await said(open.id)).map((message) => message.seq)).toEqual([1, 2]);
  });
});

describe('a block', () => {
  it('keeps both sides from their direct room, whoever blocks, and from nothing else', async () => {
    const [ann, bob] = [user('ann'), user('bob')];
    const [direct, group] = await Promise.all([
      makeRoom(world.bus, ['ann', 'bob'], { kind: 'direct' }),
      makeRoom(world.bus, ['ann', 'bob']),
    ]);
    const write = async () => Promise.all(['ann', 'bob'].map(async (id) => codeOf(say(world.bus, direct.id, id, 'x'))));
    for (const [by, other] of [
      [ann, bob],
      [bob, ann],
    ] as const) {
      await block(by, other, true);
      expect(await write()).toEqual(['permission-denied', 'permission-denied']);
      expect(await codeOf(say(world.bus, group.id, 'ann', 'still here'))).toBe('ok');
      await block(by, other, false);
      expect(await write()).toEqual(['ok', 'ok']);
    }
    await block(ann, bob, true);
    await block(bob, ann, true);
    await block(ann, bob, false);
    expect(await write()).toEqual(['permission-denied', 'permission-denied']);
    expect((await said(direct.id)).map((message) => message.seq)).toEqual([1, 2, 3, 4]);
  });

  it("is one tenant's own", async () => {
    await block(user('eve'), user('fay'), true);
    const room = await makeRoom(world.bus, ['eve', 'fay'], { kind: 'direct', tenantId: 'other' });
    expect(await codeOf(say(world.bus, room.id, 'fay', 'hi', { tenantId: 'other' }))).toBe('ok');
  });
});

describe('a message', () => {
  it('keeps what it repeats, and another repeat is another body', async () => {
    const room = await makeRoom(world.bus, ['ann']);
    const draft = textDraft('again', { forwardOf: 'that-one' });
    const { message } = await say(world.bus, room.id, 'ann', '', { draft, clientMessageId: 'k' });
    expect(message).toMatchObject({ forwardOf: 'that-one', broadcastOf: null });
    expect(await said(room.id)).toEqual([message]);
    const { facts } = await world.bus.request(pullLog, { tenantId: TENANT, roomId: room.id, afterPos: 1, limit: 9 });
    expect(facts.map((fact) => factSchema.parse(fact))).toMatchObject([{ message }]);
    expect(await codeOf(say(world.bus, room.id, 'ann', 'again', { clientMessageId: 'k' }))).toBe('conflict');
  });

  it('takes the id that it is given, and a repeat does not change it', async () => {
    const room = await makeRoom(world.bus, ['ann']);
    const send = async (messageId: string) =>
      world.bus.request(sendMessage, {
        ...{ tenantId: TENANT, roomId: room.id, sender: user('ann'), origin: null },
        ...{ clientMessageId: 'k', draft: textDraft('x'), messageId },
      });
    expect((await send('first-id')).message.id).toBe('first-id');
    expect(await send('second-id')).toMatchObject({ repeated: true, message: { id: 'first-id' } });
  });

  it('is deleted in the way its dialect wants to know again, and only that stays of it', async () => {
    const room = await makeRoom(world.bus, ['ann']);
    const draft = textDraft('secret', { extras: { vchat: { note: 'secret' } }, metadata: { secret: true } });
    const { message } = await say(world.bus, room.id, 'ann', '', { draft });
    const recall = async (extras: Record<string, Record<string, unknown>>) =>
      world.bus.request(deleteMessage, {
        tenantId: TENANT,
        actor: user('ann'),
        origin: null,
        messageId: message.id,
        extras,
      });
    expect(await codeOf(recall({ imkit: { note: 'nul \u0000' } }))).toBe('invalid');
    const gone = await recall({ imkit: { recalled: true } });
    expect(gone.message).toMatchObject({ text: null, metadata: {}, extras: { imkit: { recalled: true } } });
    expect((await recall({ imkit: { recalled: false } })).message).toEqual(gone.message);
    expect(await said(room.id)).toEqual([gone.message]);
    expect(
      JSON.stringify(await world.query('select * from message.message where id = $1', [message.id])),
    ).not.toContain('secret');
  });

  it('is changed by its author alone, of a kind that goes with its new attachment', async () => {
    const room = await makeRoom(world.bus, ['ann', 'bob']);
    const { message } = await say(world.bus, room.id, 'ann', 'text');
    const edit = { tenantId: TENANT, actor: user('ann'), origin: null, messageId: message.id };
    const attachment = { url: 'https://x.io/a.png' };
    const changed = await world.bus.request(editMessage, { ...edit, type: 'image', attachment, text: null });
    expect(changed.message).toMatchObject({ type: 'image', text: null, attachment });
    expect(await codeOf(world.bus.request(editMessage, { ...edit, actor: user('bob'), text: 'x' }))).toBe(
      'permission-denied',
    );
    expect(await codeOf(world.bus.request(editMessage, { ...edit, actor: user('eve'), text: 'x' }))).toBe('not-found');
    const seen = { tenantId: TENANT, viewerId: 'bob', messageId: message.id };
    expect((await world.bus.request(getMessage, seen)).message).toEqual(changed.message);
    expect(await codeOf(world.bus.request(getMessage, { ...seen, viewerId: 'eve' }))).toBe('not-found');
  });
});
