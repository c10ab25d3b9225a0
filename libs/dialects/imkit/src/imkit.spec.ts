import { PAYLOAD_BOUNDS } from '@parlance/dialect-kit';
import {
  dialectConformance,
  EVENT_TYPES,
  framesFor,
  jsonFlaw,
  recordingExecute,
  refusalFrom,
  sampleEvents,
  sampleMessage,
  sampleRoomView,
  sampleStamp,
  sampleUser,
  sampleView,
} from '@parlance/dialect-kit/conformance';
import type { Frame, InboundContext, Reply } from '@parlance/dialect-kit';
import type { Draft } from '@parlance/domain';
import { jsonProblem, ParlanceError } from '@parlance/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { imkit } from './index.js';

dialectConformance(imkit, {
  events: {
    conf: {
      good: [[{ encoding: 'base64' }], [{ encoding: 'none' }]],
    },
    auth2: {
      good: [
        ['token', { CLIENT_KEY: 'pk', Authorization: 'token' }],
        ['token', { 'IM-CLIENT-KEY': 'pk', 'IM-Authorization': 'token' }],
        ['token'],
      ],
      tolerates: { 'wrong-type': 'a token is a text of any making; whether it is one of ours is found out afterwards' },
    },
    auth: {
      good: [['token'], ['token', 'device-1']],
      tolerates: { 'wrong-type': 'a token is a text of any making; whether it is one of ours is found out afterwards' },
    },
    'chat message': {
      good: [
        [{ room: 'r1', messageType: 'text', message: 'hi' }],
        [{ room: 'r1', messageType: 'text', message: 'ho', _id: 'm1' }],
        [{ room: 'r1', messageType: 'recall', _id: 'm1' }],
        [{ room: 'r1', messageType: 'image', originalUrl: 'https://x.test/a.png', width: 3, height: 4 }],
      ],
    },
    typing: {
      good: [['r1', 'he'], ['r1']],
      tolerates: { 'wrong-type': 'a room is named by a text of any making' },
    },
  },
});

const QUIET: InboundContext = { acked: true, tenant: null, user: null };

async function replyTo(event: string, args: readonly unknown[], context = QUIET): Promise<Reply | undefined> {
  const { execute } = recordingExecute({
    'session.identify': () => ({ user: sampleUser('ann') }),
    'message.send': ({ draft, room }) => ({
      message: sampleMessage({ ...draft, roomId: room }),
      sender: sampleUser('ann'),
      room: sampleStamp(sampleRoomView()),
      repeated: false,
    }),
  });
  return imkit.inbound.get(event)?.parse(args, context).run(execute);
}

const refusal = (event: string, args: readonly unknown[]) =>
  refusalFrom(`${event} ${JSON.stringify(args)}`, () => imkit.inbound.get(event)?.parse(args, QUIET));

function decoded(text: unknown): string {
  return Buffer.from(z.base64().parse(text), 'base64').toString('utf8');
}

describe('base64', () => {
  const base64 = imkit.encodings?.get('base64');

  it('is chosen by conf, which nobody has to be known for, and left by it', async () => {
    expect(imkit.inbound.get('conf')?.parse([{ encoding: 'base64' }], QUIET)).toMatchObject({
      claim: null,
      asks: null,
    });
    expect(await replyTo('conf', [{ encoding: 'base64' }])).toMatchObject({ mode: 'base64' });
    expect(await replyTo('conf', [{ encoding: 'none' }])).toMatchObject({ mode: null });
    expect([...(imkit.encodings?.keys() ?? [])]).toEqual(['base64']);
  });

  it.each(['custom', 'BASE64', 'rot13'])('is all there is: %s is refused', (encoding) => {
    const error = refusal('conf', [{ encoding }]);
    expect(error.code).toBe('unsupported');
    expect(imkit.inbound.get('conf')?.refuse(error, [])).toMatchObject({ ack: [{ RC: 400 }] });
  });

  it('holds the JSON of every event the wire has a word for, except the raw key of a deleted preference', () => {
    const heard = new Set<string>();
    for (const room of [sampleRoomView(), sampleRoomView({ kind: 'group' }, ['ann', 'bob', 'cleo'])]) {
      for (const frame of allFrames(room)) {
        const encoded = base64?.frame(frame);
        expect(encoded?.event).toBe(frame.event);
        expect(encoded?.args).toHaveLength(1);
        const text = decoded(encoded?.args[0]);
        if (frame.event === 'myPrefDelete') expect(text).toBe(frame.args[0]);
        else expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(frame.args[0])));
        heard.add(frame.event);
      }
    }
    expect([...heard].sort()).toEqual([
      'ai_streaming',
      'cancelInvitation',
      'chat message',
      'invitation',
      'lastRead',
      'messageDeleted',
      'myPrefChange',
      'myPrefDelete',
      'room',
      'roomPref',
      'typing',
      'userDeleteMessages',
    ]);
  });

  it('holds the raw key: demokey is ZGVtb2tleQ==', () => {
    expect(base64?.frame({ event: 'myPrefDelete', args: ['demokey'] }).args).toEqual(['ZGVtb2tleQ==']);
    expect(base64?.frame({ event: 'myPrefDelete', args: ['Ordner ä'] }).args.map(decoded)).toEqual(['Ordner ä']);
  });

  it('is left out of the acknowledgement of a message, and of no other', () => {
    const ack = [{ RC: 0, RM: 'OK', result: { client: 'ann' } }];
    expect(base64?.ack('chat message', ack)).toEqual(ack);
    for (const event of ['auth', 'auth2', 'conf', 'typing', 'nonsense']) {
      expect(JSON.parse(decoded(base64?.ack(event, ack)[0]))).toEqual(ack[0]);
    }
  });
});

function allFrames(room: ReturnType<typeof sampleRoomView>): readonly Frame[] {
  const events = sampleEvents(room);
  return EVENT_TYPES.flatMap((type) => {
    const entry = imkit.outbound[type];
    if ('ignored' in entry) return [];
    // The renderer found by an event's type is that event's.
    const deliveries = events[type].flatMap((event) => entry.render(event as never, sampleView(room)));
    return framesFor(
      deliveries,
      room.members.map(({ userId }) => userId),
    );
  });
}

describe('who it is', () => {
  it.each([
    ['auth2', ['tok', { CLIENT_KEY: 'pk', Authorization: 'tok' }]],
    ['auth2', ['Bearer tok', null]],
    ['auth', ['tok']],
    ['auth', ['tok', 'device']],
  ])('%s %j says it by the token', async (event, args) => {
    expect(imkit.inbound.get(event)?.parse(args, QUIET).claim).toEqual({ credential: 'tok' });
    expect(await replyTo(event, args)).toEqual({ ack: [{ RC: 0, RM: 'OK', result: { client: 'ann' } }] });
  });

  it.each([
    ['unauthenticated', 401],
    ['permission-denied', 401],
    ['not-found', 401],
    ['invalid', 401],
    ['rate-limited', 429],
    ['unavailable', 503],
    ['overloaded', 503],
  ] as const)('a refusal for %s is RC %i: only a final one makes the client give up', (code, RC) => {
    const reply = imkit.inbound.get('auth2')?.refuse(new ParlanceError(code, 'Because.'), []);
    expect(reply?.ack).toEqual([{ RC, RM: 'Because.', error: { code: expect.any(String), message: 'Because.' } }]);
  });

  it('whoever says nothing of it is answered RC 401', () => {
    const error = new ParlanceError('unauthenticated', 'Say who you are first.');
    for (const event of ['chat message', 'typing']) {
      expect(imkit.inbound.get(event)?.refuse(error, [])).toMatchObject({ ack: [{ RC: 401 }] });
    }
  });

  it('our own faults are not explained', () => {
    const [answer] = imkit.refuse(new ParlanceError('internal', 'pool at 10.0.0.3')).ack ?? [];
    expect(answer).toMatchObject({ RC: 500, RM: 'Internal server error' });
    expect(JSON.stringify(answer)).not.toContain('10.0.0.3');
  });
});

describe('messages', () => {
  const draftOf = async (payload: object): Promise<Draft> => {
    const { execute, intents } = recordingExecute();
    await imkit.inbound.get('chat message')?.parse([payload], QUIET).run(execute);
    return z.looseObject({ draft: z.custom<Draft>() }).parse(intents[0]).draft;
  };

  it.each([
    ['text', { message: 'hi' }, 'text'],
    ['image', { originalUrl: 'https://x.test/a.png' }, 'image'],
    ['video', { originalUrl: 'https://x.test/a.mp4', duration: 3 }, 'video'],
    ['audio', { originalUrl: 'https://x.test/a.m4a', duration: 3 }, 'voice'],
    ['file', { originalUrl: 'https://x.test/a.pdf', extra: '{"title":"a.pdf"}' }, 'file'],
    ['location', { latitude: 52.5, longitude: 13.4 }, 'location'],
    ['sticker', { sticker: 'sticker_9' }, 'sticker'],
    ['url', { message: 'https://x.test', url: 'https://x.test' }, 'text'],
    ['announcement', { message: 'All hear!' }, 'text'],
    ['template', { message: 'alt', template: { type: 'buttons' } }, 'custom'],
    ['flex', { message: 'alt', contents: { type: 'bubble' } }, 'custom'],
    ['mixed', { message: 'm', images: [{ originalUrl: 'https://x.test/a.png' }] }, 'custom'],
    ['encrypted', { message: 'c3Nz' }, 'custom'],
    ['payment', { extra: { type: 'request' } }, 'custom'],
    ['payment-select', { extra: '{}' }, 'custom'],
    ['line', { message: 'line' }, 'custom'],
    ['poll-of-ours', { extra: '{"q":1}' }, 'custom'],
  ])('of the type %s are a %s', async (messageType, fields, type) => {
    expect(await draftOf({ room: 'r1', messageType, ...fields })).toMatchObject({ type });
  });

  it('without a type are text; an object for a text is the app’s own', async () => {
    expect(await draftOf({ room: 'r1', message: 'hi' })).toMatchObject({ type: 'text', text: 'hi' });
    expect(await draftOf({ room: 'r1', message: { custom: 1 } })).toMatchObject({ type: 'custom', text: null });
  });

  it.each(['joinRoom', 'addMembers', 'deleteMember', 'cancelInvitations', 'ai_streaming'])(
    'of the type %s are the server’s alone',
    (messageType) => {
      expect(refusal('chat message', [{ room: 'r1', messageType, message: 'x' }]).code).toBe('invalid');
    },
  );

  it.each([
    [{ room: 'r1', message: '' }],
    [{ room: 'r1' }],
    [{ room: 'r1', messageType: 'image' }],
    [{ room: 'r1', messageType: 'location', latitude: 1 }],
    [{ room: 'r1', messageType: 'recall' }],
    [{ room: 'r1', messageType: 'text', _id: 'm1' }],
    [{ room: '', message: 'x' }],
    [{ room: 'r1', message: 'x', mentions: 'bob' }],
    [{ room: 'r1', message: 'x', extra: 5 }],
  ])('%j asks for what is missing', (payload) => {
    expect(refusal('chat message', [payload]).code).toBe('invalid');
  });

  it('have durations in seconds here, in milliseconds inside', async () => {
    const media = { room: 'r1', messageType: 'audio', originalUrl: 'https://x.test/a.m4a', duration: 2.5 };
    expect((await draftOf(media)).attachment).toMatchObject({ durationMs: 2500 });
    expect((await replyTo('chat message', [media]))?.ack).toMatchObject([{ result: { duration: 2.5 } }]);
  });

  const seed = Math.floor(Math.random() * 2 ** 31);

  it(`come back with all that only this wire knows (seed ${seed})`, async () => {
    const json = fc.jsonValue({ maxDepth: 4 }).filter((value) => jsonProblem(value, PAYLOAD_BOUNDS) === null);
    const object = fc
      .dictionary(fc.string({ minLength: 1 }), json)
      .filter((one) => jsonProblem(one, PAYLOAD_BOUNDS) === null);
    const fields = fc.record(
      {
        extra: fc.oneof(
          object,
          object.map((value) => JSON.stringify(value)),
        ),
        mentions: fc.uniqueArray(fc.constantFrom('ann', 'bob', 'cleo'), { minLength: 1 }),
        images: fc.array(fc.record({ originalUrl: fc.webUrl(), width: fc.nat() }), { minLength: 1, maxLength: 3 }),
        template: object,
        contents: object,
        sticker: fc.constantFrom('sticker_1', 'sticker_2'),
      },
      { requiredKeys: [] },
    );
    const property = fc.asyncProperty(fields, async (own) => {
      const reply = await replyTo('chat message', [{ room: 'r1', messageType: 'mixed', message: 'm', ...own }]);
      const { result } = z.looseObject({ RC: z.literal(0), result: z.looseObject({}) }).parse(reply?.ack?.[0]);
      expect(result).toMatchObject({ messageType: 'mixed', message: 'm', mentions: own.mentions ?? [] });
      for (const [key, value] of Object.entries(own)) expect(result[key]).toEqual(value);
    });
    await fc.assert(property, { seed, numRuns: 300 });
  });

  it('are answered plainly, also when refused', () => {
    const error = new ParlanceError('not-found', 'Room not found.');
    expect(imkit.inbound.get('chat message')?.refuse(error, [])).toEqual({
      ack: [{ RC: 404, RM: 'Room not found.', error: { code: 'ROOM_NOT_FOUND', message: 'Room not found.' } }],
    });
  });
});

describe('frames', () => {
  it('hold nothing that JSON would change', () => {
    for (const { args } of allFrames(sampleRoomView({ kind: 'group' }, ['ann', 'bob'])))
      expect(jsonFlaw(args)).toBeNull();
  });
});

describe('a large group', () => {
  it('is rendered once for those who manage it and once for all others', () => {
    const ids = Array.from({ length: 300 }, (_, index) => `u${index}`);
    const room = sampleRoomView({ kind: 'group', name: 'All' }, ids);
    const [event] = sampleEvents(room)['room.changed'];
    const entry = imkit.outbound['room.changed'];
    if ('ignored' in entry || event === undefined) throw new Error('a change is told');
    const [delivery] = entry.render(event, sampleView(room));
    const frames = ids.map((id) => (delivery !== undefined && 'each' in delivery ? delivery.each(id) : null));
    expect(new Set(frames).size).toBe(2);
    expect(frames[0]).toMatchObject({ args: [{ isSuperuser: true }] });
    expect(frames[299]).toMatchObject({ args: [{ isSuperuser: false, members: { length: 300 } }] });
  });
});
