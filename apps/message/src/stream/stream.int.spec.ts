import {
  appendStream,
  deleteMessage,
  finishStream,
  listMessages,
  listStreams,
  openStream,
  patchRoom,
  removeMember,
  roomAddress,
  setBlock,
  userAddress,
} from '@parlance/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf, Ear, makeRoom, openWorld, say, TENANT, user, type World } from '../testing/test-world.js';
import { StreamSweeper } from './stream.sweeper.js';

let world: World;
let sweepers: StreamSweeper[] = [];

beforeAll(async () => {
  world = await openWorld();
  const replicas = [await world.start('message-1'), await world.start('message-2')];
  sweepers = replicas.map(({ app }) => app.get(StreamSweeper, { strict: false }));
}, 60_000);
afterAll(async () => world.stop());

/** What every replica does now and then, all of them at once. */
async function sweep(): Promise<void> {
  await Promise.all(sweepers.map(async (sweeper) => sweeper.run()));
}

let bots = 0;
const newBot = () => `bot-${++bots}`;

async function open(roomId: string, sender: string, replyTo: string | null = null) {
  const request = { tenantId: TENANT, sender: user(sender), origin: 'bot-socket', roomId, draft: { replyTo } };
  return (await world.bus.request(openStream, request)).messageId;
}
const append = async (messageId: string, index: number, text: string, senderId: string | null = null) =>
  world.bus.request(appendStream, { tenantId: TENANT, senderId, messageId, index, text });
const finish = async (messageId: string, text?: string, senderId: string | null = null) =>
  world.bus.request(finishStream, { tenantId: TENANT, senderId, messageId, ...(text === undefined ? {} : { text }) });
const streams = async (userId: string, roomId?: string) =>
  (await world.bus.request(listStreams, { tenantId: TENANT, userId, ...(roomId === undefined ? {} : { roomId }) }))
    .streams;

async function said(roomId: string) {
  const page = { tenantId: TENANT, viewerId: null, roomId, skip: 0, limit: 200, visibleOnly: false };
  return (await world.bus.request(listMessages, page)).messages;
}

describe('a stream', () => {
  it('is told part by part, known to late listeners, and ends as the durable message of its id', async () => {
    const bot = newBot();
    const room = await makeRoom(world.bus, [bot, 'ann']);
    const question = await say(world.bus, room.id, 'ann', 'how?');
    const ear = await Ear.at(world.bus, roomAddress(TENANT, room.id));
    const messageId = await open(room.id, bot, question.message.id);
    expect(await append(messageId, 0, 'Wie ')).toEqual({ offset: 0 });
    expect(await append(messageId, 1, '😀 ')).toEqual({ offset: 4 });
    expect(await append(messageId, 2, 'so')).toEqual({ offset: 7 });
    expect(await streams('ann')).toMatchObject([
      { messageId, room: { id: room.id }, sender: { id: bot }, text: 'Wie 😀 so' },
    ]);
    expect(await said(room.id)).toHaveLength(1);
    const { message } = await finish(messageId);
    expect(message).toMatchObject({
      id: messageId,
      seq: 2,
      senderId: bot,
      text: 'Wie 😀 so',
      type: 'text',
      replyTo: question.message.id,
    });
    expect(await streams('ann')).toEqual([]);
    expect((await said(room.id))[1]).toEqual(message);
    await ear.until(({ facts }) => facts.length > 0);
    expect(ear.streams.map(({ offset, text }) => [offset, text])).toEqual([
      [0, 'Wie '],
      [4, '😀 '],
      [7, 'so'],
    ]);
    expect(ear.streams[0]).toMatchObject({ messageId, user: { id: bot }, origin: 'bot-socket', room: { id: room.id } });
    expect(ear.facts).toMatchObject([{ type: 'message.created', message }]);
  });

  it('of a direct room is told to both of its users', async () => {
    const bot = newBot();
    const room = await makeRoom(world.bus, [bot, 'bea'], { kind: 'direct' });
    const ears = await Promise.all([bot, 'bea'].map(async (id) => Ear.at(world.bus, userAddress(TENANT, id))));
    await append(await open(room.id, bot), 0, 'hi');
    for (const ear of ears) await ear.until((one) => one.streams.length > 0);
  });

  it('may end with another text, and needs one', async () => {
    const bot = newBot();
    const room = await makeRoom(world.bus, [bot]);
    const messageId = await open(room.id, bot);
    expect(await codeOf(finish(messageId))).toBe('invalid');
    await append(messageId, 0, 'draft');
    expect((await finish(messageId, 'final')).message.text).toBe('final');
  });

  it('takes its parts in order, each once', async () => {
    const bot = newBot();
    const room = await makeRoom(world.bus, [bot, 'ann']);
    const messageId = await open(room.id, bot);
    const skipped = append(messageId, 1, 'b');
    await expect(skipped).rejects.toMatchObject({ code: 'conflict', details: { expected: 0 } });
    const both = await Promise.all([append(messageId, 0, 'a'), append(messageId, 0, 'a')]);
    expect(both).toContainEqual({ offset: 0 });
    await append(messageId, 0, 'again');
    expect(await streams('ann', room.id)).toMatchObject([{ text: 'a' }]);
  });

  it('is as long as a message, at most', async () => {
    const bot = newBot();
    const room = await makeRoom(world.bus, [bot, 'ann']);
    const messageId = await open(room.id, bot);
    await append(messageId, 0, 'x'.repeat(19_999));
    expect(await codeOf(append(messageId, 1, 'yz'))).toBe('too-large');
    expect(await codeOf(append(messageId, 1, 'nul \u0000'))).toBe('invalid');
    expect(await codeOf(append(messageId, 1, 'half \ud83d'))).toBe('invalid');
    expect(await append(messageId, 1, 'y')).toEqual({ offset: 19_999 });
    expect((await finish(messageId)).message.text).toBe('x'.repeat(19_999) + 'y');
  });

  it('ends once, however often and whoever asks, even with different texts at once', async () => {
    for (let round = 0; round < 8; round += 1) {
      const bot = newBot();
      const room = await makeRoom(world.bus, [bot]);
      const messageId = await open(room.id, bot);
      await append(messageId, 0, 'parts');
      const answers = await Promise.all([
        finish(messageId),
        finish(messageId, 'one'),
        finish(messageId, 'two'),
        finish(messageId),
      ]);
      const [first] = answers;
      for (const answer of answers) expect(answer).toEqual(first);
      expect(await finish(messageId, 'three')).toEqual(first);
      expect(await said(room.id)).toEqual([first.message]);
      expect(await codeOf(append(messageId, 1, 'late'))).toBe('not-found');
    }
  });

  it('that was raced by a part has it, or the part is refused', async () => {
    for (let round = 0; round < 8; round += 1) {
      const bot = newBot();
      const room = await makeRoom(world.bus, [bot]);
      const messageId = await open(room.id, bot);
      await append(messageId, 0, 'a');
      const [code, { message }] = await Promise.all([codeOf(append(messageId, 1, 'b')), finish(messageId)]);
      expect(message.text).toBe(code === 'ok' ? 'ab' : 'a');
    }
  });

  it('belongs to its sender, and is unknown to everybody else', async () => {
    const bot = newBot();
    const room = await makeRoom(world.bus, [bot, 'ann']);
    const messageId = await open(room.id, bot);
    for (const id of [messageId, 'unknown']) {
      expect(await codeOf(append(id, 0, 'x', 'ann'))).toBe('not-found');
      expect(await codeOf(finish(id, 'x', 'ann'))).toBe('not-found');
    }
    const foreign = { tenantId: 'other', senderId: null, messageId };
    expect(await codeOf(world.bus.request(finishStream, { ...foreign, text: 'x' }))).toBe('not-found');
    await append(messageId, 0, 'mine', bot);
    const { message } = await finish(messageId, undefined, bot);
    expect(await codeOf(finish(messageId, undefined, 'ann'))).toBe('not-found');
    const other = await say(world.bus, room.id, 'ann', 'no stream');
    expect(await codeOf(finish(other.message.id, 'x'))).toBe('not-found');
    expect(await said(room.id)).toMatchObject([message, { text: 'no stream' }]);
    expect(await streams('mallory', room.id)).toEqual([]);
  });

  it('stays ended when its message is deleted', async () => {
    const bot = newBot();
    const room = await makeRoom(world.bus, [bot]);
    const messageId = await open(room.id, bot);
    await finish(messageId, 'gone soon');
    await world.bus.request(deleteMessage, { tenantId: TENANT, actor: null, origin: null, messageId });
    expect((await finish(messageId)).message).toMatchObject({ id: messageId, text: null, seq: 1 });
    expect(await said(room.id)).toHaveLength(1);
  });
});

describe('a stream is refused', () => {
  it('where its sender may not write', async () => {
    const bot = newBot();
    const [frozen, direct] = await Promise.all([
      makeRoom(world.bus, [bot]),
      makeRoom(world.bus, [bot, 'cid'], { kind: 'direct' }),
    ]);
    const patch = async (is: boolean) =>
      world.bus.request(patchRoom, { tenantId: TENANT, actor: null, origin: null, roomId: frozen.id, frozen: is });
    const messageId = await open(frozen.id, bot);
    await append(messageId, 0, 'cold');
    await patch(true);
    expect(await codeOf(open(frozen.id, bot))).toBe('permission-denied');
    expect(await codeOf(finish(messageId))).toBe('permission-denied');
    await patch(false);
    expect((await finish(messageId)).message.text).toBe('cold');
    const block = { tenantId: TENANT, user: user('cid'), other: user(bot), origin: null, blocked: true };
    await world.bus.request(setBlock, block);
    expect(await codeOf(open(direct.id, bot))).toBe('permission-denied');
    expect(await codeOf(open(direct.id, 'mallory'))).toBe('not-found');
    expect(await codeOf(open('unknown', bot))).toBe('not-found');
  });

  it('when its sender has ten, also when many come at once', async () => {
    const bot = newBot();
    const room = await makeRoom(world.bus, [bot]);
    const codes = await Promise.all(Array.from({ length: 14 }, async () => codeOf(open(room.id, bot))));
    expect(codes.filter((code) => code === 'ok')).toHaveLength(10);
    expect(codes.filter((code) => code === 'rate-limited')).toHaveLength(4);
    const [first] = await streams(bot);
    await finish(first?.messageId ?? '', 'done');
    expect(await codeOf(open(room.id, bot))).toBe('ok');
  });

  it('to be heard when its sender was removed', async () => {
    const bot = newBot();
    const room = await makeRoom(world.bus, [bot, 'ann']);
    const messageId = await open(room.id, bot);
    await append(messageId, 0, 'a');
    const ear = await Ear.at(world.bus, roomAddress(TENANT, room.id));
    await world.bus.request(removeMember, {
      tenantId: TENANT,
      actor: null,
      origin: null,
      roomId: room.id,
      userId: bot,
    });
    await append(messageId, 1, 'b');
    expect(await codeOf(finish(messageId))).toBe('not-found');
    await say(world.bus, room.id, 'ann', 'anybody?');
    await ear.until(({ facts }) => facts.some((fact) => fact.type === 'message.created'));
    expect(ear.streams).toEqual([]);
  });
});

describe('the sweep', () => {
  const age = async (messageId: string, minutes: number) =>
    world.query(
      "update message.stream set touched_at = clock_timestamp() - $2 * interval '1 minute' where message_id = $1",
      [messageId, minutes],
    );

  it('ends what nobody wrote for ten minutes, once, and drops what is empty', async () => {
    const bot = newBot();
    const room = await makeRoom(world.bus, [bot]);
    const [idle, empty, fresh] = [await open(room.id, bot), await open(room.id, bot), await open(room.id, bot)];
    await append(idle, 0, 'so far');
    await append(fresh, 0, 'still writing');
    await Promise.all([age(idle, 11), age(empty, 11), age(fresh, 9)]);
    await Promise.all([sweep(), finish(idle)]);
    await sweep();
    expect(await said(room.id)).toMatchObject([{ id: idle, text: 'so far' }]);
    expect((await streams(bot)).map((stream) => stream.messageId)).toEqual([fresh]);
    expect((await finish(idle)).message).toMatchObject({ id: idle, seq: 1 });
  });

  it('carries out an end that a dead replica had decided', async () => {
    const bot = newBot();
    const room = await makeRoom(world.bus, [bot]);
    const messageId = await open(room.id, bot);
    await append(messageId, 0, 'parts');
    await world.query("update message.stream set ending = 'decided' where message_id = $1", [messageId]);
    await age(messageId, 1);
    await sweep();
    expect(await said(room.id)).toMatchObject([{ id: messageId, text: 'decided' }]);
    expect((await finish(messageId, 'other')).message.text).toBe('decided');
  });

  it('forgets a stream whose sender may not write any more', async () => {
    const bot = newBot();
    const room = await makeRoom(world.bus, [bot, 'ann']);
    const messageId = await open(room.id, bot);
    await append(messageId, 0, 'too late');
    await world.bus.request(removeMember, {
      tenantId: TENANT,
      actor: null,
      origin: null,
      roomId: room.id,
      userId: bot,
    });
    await age(messageId, 11);
    await sweep();
    expect(await world.query('select 1 from message.stream where message_id = $1', [messageId])).toEqual([]);
    expect((await said(room.id)).filter((message) => message.type === 'text')).toEqual([]);
  });
});
