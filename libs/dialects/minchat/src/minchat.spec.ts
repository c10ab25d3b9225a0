import {
  dialectConformance,
  recordingExecute,
  refusalFrom,
  sampleMessage,
  sampleRoomView,
  sampleStamp,
  sampleUser,
} from '@parlance/dialect-kit/conformance';
import { PAYLOAD_BOUNDS } from '@parlance/dialect-kit';
import { jsonProblem, ParlanceError, snapshotOf, toParlanceError } from '@parlance/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { minchat } from './index.js';

const apiKey = 'pk_sample';

dialectConformance(minchat, {
  events: {
    'room.user.join': { good: [[{ channelUserId: 'ann', apiKey }]] },
    'room.user.leave': { good: [[{ channelUserId: 'ann', apiKey }]] },
    'room.join': { good: [[{ channelId: 'c1', apiKey }]] },
    'room.leave': { good: [[{ channelId: 'c1', apiKey }]] },
    message: {
      good: [
        [{ text: 'hi', apiKey, chat_id: 'c1', user_id: 'ann' }],
        [{ text: 'hi', metadata: { a: [1, { b: null }] }, file: null, apiKey, chat_id: 'c1', user_id: 'ann' }],
      ],
    },
    'message.update': {
      good: [[{ messageId: 'm1', text: 'ho', apiKey }], [{ messageId: 'm1', metadata: {}, apiKey }]],
    },
    'message.delete': { good: [[{ messageId: 'm1', apiKey }]] },
    'message.seen': {
      good: [[{ lastMessageId: 'm1', user: { id: 'ann' }, apiKey }], [{ user: { id: 'ann' }, apiKey }]],
    },
    'typing.start': { good: [[{ channelId: 'c1', user: { id: 'ann', createdAt: 'x' }, apiKey }]] },
    'typing.stop': { good: [[{ channelId: 'c1', user: { id: 'ann' }, apiKey }]] },
    'user.status': { good: [[{ memberId: 'bob', apiKey }], [{ memberId: 'ann', apiKey, channelId: 'c1' }]] },
  },
});

const MESSAGE = { text: 'hi', apiKey, chat_id: 'c1', user_id: 'ann' };
const QUIET = { tenant: null, user: null };

const refusal = (event: string, args: readonly unknown[], acked = true) =>
  refusalFrom(`${event} ${JSON.stringify(args)}`, () => minchat.inbound.get(event)?.parse(args, { ...QUIET, acked }));

describe('bad payloads are refused by field', () => {
  it.each([
    ['room.user.join', { apiKey }, 'channelUserId'],
    ['room.user.join', { channelUserId: '', apiKey }, 'channelUserId'],
    ['room.user.join', { channelUserId: 7, apiKey }, 'channelUserId'],
    ['room.user.join', { channelUserId: 'ann' }, 'apiKey'],
    ['room.user.join', { channelUserId: 'ann', apiKey: 'k'.repeat(5000) }, 'apiKey'],
    ['room.user.leave', { channelUserId: 'a\u0001', apiKey }, 'channelUserId'],
    ['room.join', { channelId: ['c1'], apiKey }, 'channelId'],
    ['room.leave', { channelId: 'c'.repeat(129), apiKey }, 'channelId'],
    ['message', { ...MESSAGE, chat_id: undefined }, 'chat_id'],
    ['message', { ...MESSAGE, user_id: {} }, 'user_id'],
    ['message', { ...MESSAGE, text: 5 }, 'text'],
    ['message', { ...MESSAGE, text: '' }, 'text'],
    ['message', { ...MESSAGE, text: undefined, metadata: { only: true } }, 'text'],
    ['message', { ...MESSAGE, metadata: 'mood' }, 'metadata'],
    ['message', { ...MESSAGE, metadata: [1] }, 'metadata'],
    ['message', { ...MESSAGE, metadata: { deep: [new Uint8Array(2)] } }, 'metadata'],
    ['message', { ...MESSAGE, file: 'a.png' }, 'file'],
    ['message.update', { apiKey, messageId: 'm1' }, 'text'],
    ['message.update', { apiKey, text: 'ho' }, 'messageId'],
    ['message.delete', { apiKey, messageId: null }, 'messageId'],
    ['message.seen', { lastMessageId: 3, user: { id: 'ann' }, apiKey }, 'lastMessageId'],
    ['message.seen', { lastMessageId: 'm1', user: 'ann', apiKey }, 'user'],
    ['typing.start', { channelId: 'c1', user: { id: 9 }, apiKey }, 'user.id'],
    ['typing.stop', { user: { id: 'ann' }, apiKey }, 'channelId'],
    ['user.status', { apiKey }, 'memberId'],
  ])('%s %j names %s', (event, payload, field) => {
    const error = refusal(event, [payload]);
    expect(error.code).toBe('invalid');
    expect(Object.keys(error.details?.fields ?? {})).toContain(field);
    const reply = minchat.inbound.get(event)?.refuse(error, [payload]);
    const message: unknown = expect.stringContaining(field);
    expect(reply).toEqual({
      ack: [{ success: false, message }],
      unacked: [{ event: 'error', args: [{ message }] }],
    });
  });
});

describe('files', () => {
  const file = { name: 'a.png', type: 'image/png', buffer: Buffer.from('....') };
  const stored = {
    id: 'f1',
    roomId: 'c1',
    ownerId: 'ann',
    name: 'a.png',
    mimeType: 'image/png',
    size: 4,
    width: 2,
    height: 2,
    url: '/f/f1/proof/a.png',
    createdAt: '2026-01-02T03:04:05.678Z',
  };
  const world = () =>
    recordingExecute({
      'file.store': () => ({ file: stored }),
      'message.get': () => ({
        message: sampleMessage(),
        sender: sampleUser('ann'),
        room: sampleStamp(sampleRoomView()),
      }),
      'message.send': ({ draft }) => ({
        message: sampleMessage(draft),
        sender: sampleUser('ann'),
        room: sampleStamp(sampleRoomView()),
        repeated: false,
      }),
      'message.edit': ({ attachment }) => ({
        message: sampleMessage({ type: 'image', attachment: attachment ?? null }),
        sender: sampleUser('ann'),
        room: sampleStamp(sampleRoomView()),
      }),
    });
  const translated = (event: string, payload: object, user = snapshotOf(sampleUser('ann'))) =>
    minchat.inbound.get(event)?.parse([payload], { acked: true, tenant: null, user });

  it('go before their message, which comes back with where they are; what follows waits', async () => {
    const { execute, intents } = world();
    const translation = translated('message', { ...MESSAGE, file });
    expect(translation?.holds).toBe(true);
    expect(await translation?.run(execute)).toMatchObject({
      ack: [{ success: true, text: 'hi', file: { type: 'image', url: stored.url, name: 'a.png', size: '0.00 KB' } }],
    });
    expect(intents).toMatchObject([
      { type: 'file.store', room: 'c1', name: 'a.png', mimeType: 'image/png', bytes: file.buffer },
      { type: 'message.send', draft: { type: 'image', text: 'hi', attachment: { width: 2, height: 2 } } },
    ]);
  });

  it('of an edit go where the message is', async () => {
    const { execute, intents } = world();
    const reply = await translated('message.update', { messageId: 'm1', apiKey, file })?.run(execute);
    expect(reply).toMatchObject({ ack: [{ success: true, file: { type: 'image', url: stored.url } }] });
    expect(intents.map(({ type }) => type)).toEqual(['message.get', 'file.store', 'message.edit']);
  });

  it('of an edit by somebody else are not stored', async () => {
    const { execute, intents } = world();
    const bob = snapshotOf(sampleUser('bob'));
    const reply = await translated('message.update', { messageId: 'm1', apiKey, file }, bob)?.run(execute);
    expect(reply).toMatchObject({ ack: [{ success: false, message: expect.any(String) }] });
    expect(intents.map(({ type }) => type)).toEqual(['message.get']);
  });

  it('that are refused send nothing, the text beside them neither', async () => {
    const intents: string[] = [];
    const reply = await translated('message', { ...MESSAGE, file })?.run((intent) => {
      intents.push(intent.type);
      throw new ParlanceError('too-large', 'A file has at most 5 bytes.');
    });
    expect(reply).toMatchObject({ ack: [{ success: false, message: 'A file has at most 5 bytes.' }] });
    expect(intents).toEqual(['file.store']);
  });

  it.each([null, undefined, {}, 'base64', [1, 2], { type: 'Buffer', data: [1] }])(
    'whose content is %j are refused as a whole',
    (buffer) => {
      for (const event of ['message', 'message.update']) {
        const error = refusal(event, [{ ...MESSAGE, messageId: 'm1', file: { ...file, buffer } }]);
        expect(Object.keys(error.details?.fields ?? {})).toContain('file.buffer');
      }
    },
  );

  it('alone may be large frames', () => {
    expect(minchat.maxPacketBytes).toBe(28 * 1_048_576);
    expect(translated('message', MESSAGE)?.holds).toBe(false);
  });
});

describe('failures', () => {
  const send = () => minchat.inbound.get('message')?.parse([MESSAGE], { ...QUIET, acked: true });

  it('answer an acknowledgement with an object, for null crashes the SDK', async () => {
    const { execute } = recordingExecute();
    expect((await send()?.run(execute))?.ack).toEqual([
      { success: false, message: expect.stringContaining('message.send') },
    ]);
  });

  it('of ours are neither explained nor swallowed', async () => {
    const boom = () => Promise.reject(new Error('pool exhausted at 10.0.0.3'));
    await expect(send()?.run(boom)).rejects.toMatchObject({ code: 'internal' });
    expect(minchat.refuse(toParlanceError(new Error('pool exhausted'))).ack).toEqual([
      { success: false, message: 'Internal server error' },
    ]);
  });
});

describe('metadata', () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const { execute } = recordingExecute({
    'message.send': ({ draft }) => ({
      message: sampleMessage({ ...draft }),
      sender: sampleUser('ann'),
      room: sampleStamp(sampleRoomView()),
      repeated: false,
    }),
  });

  it(`comes back exactly as it was sent, whatever it holds (seed ${seed})`, async () => {
    const json = fc.jsonValue({ maxDepth: 8 }).map((value) => ({ 'odd key ': value }));
    const storable = json.filter((value) => jsonProblem(value, PAYLOAD_BOUNDS) === null);
    const property = fc.asyncProperty(fc.oneof(storable, fc.constant({}), fc.constant(undefined)), async (metadata) => {
      const sent = metadata === undefined ? MESSAGE : { ...MESSAGE, metadata };
      const reply = await minchat.inbound
        .get('message')
        ?.parse([sent], { ...QUIET, acked: true })
        .run(execute);
      const answer = z.looseObject({ success: z.literal(true) }).parse(reply?.ack?.[0]);
      expect('metadata' in answer).toBe(metadata !== undefined);
      expect(answer['metadata']).toEqual(metadata);
    });
    await fc.assert(property, { seed, numRuns: 500 });
  }, 60_000);
});
