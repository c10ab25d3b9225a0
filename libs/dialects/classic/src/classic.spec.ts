import type { Reply } from '@parlance/dialect-kit';
import {
  readTranscript,
  recordingExecute,
  sampleCall,
  sampleMessage,
  sampleMember,
  sampleRoom,
  sampleRoomView,
  sampleStamp,
  dialectConformance,
  sampleTenant,
  sampleUser,
} from '@parlance/dialect-kit/conformance';
import type { ErrorCode, User } from '@parlance/domain';
import { DEFAULT_ROOM_PREFERENCES, ParlanceError, snapshotOf } from '@parlance/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { classic } from './index.js';
import { MAX_JSON_TEXT } from './wire.js';

const ROOM = '2833e549-67db-4fd1-9136-c36cdfbab5db';
const LAST_SEEN = '2026-03-04T04:59:59.999Z';
const ann = sampleUser('ann', { number: 1 });
const ben = sampleUser('ben', { number: 2, photo: 'https://img.example/ben.png', lastSeenAt: LAST_SEEN });
const cleo = sampleUser('cleo', { number: 3 });
const context = { acked: false, tenant: sampleTenant(), user: snapshotOf(ann) };

function inboundOf(event: string) {
  const found = classic.inbound.get(event);
  if (found === undefined) throw new Error(`classic has no event ${event}`);
  return found;
}

function parsed(event: string, ...args: readonly unknown[]) {
  return inboundOf(event).parse(args, context);
}

/** The error that parsing ends in, and how the event words it. */
function refusal(event: string, ...args: readonly unknown[]): { readonly error: ParlanceError; readonly reply: Reply } {
  try {
    parsed(event, ...args);
  } catch (error) {
    if (!(error instanceof ParlanceError)) throw error;
    return { error, reply: inboundOf(event).refuse(error, args) };
  }
  throw new Error(`${event} was understood`);
}

function answersTo(event: string, body: unknown, answers: Parameters<typeof recordingExecute>[0]) {
  const { execute, intents } = recordingExecute(answers);
  return parsed(event, body)
    .run(execute)
    .then((reply) => ({ reply, intents }));
}

function fail(code: ErrorCode): never {
  throw new ParlanceError(code, 'No.');
}

const peopleOf = (...users: readonly User[]) => ({
  members: users.map(({ id }) => sampleMember(id)),
  users: new Map(users.map((user) => [user.id, user])),
});
const unread = { unread: 0, readSeq: 0, preferences: DEFAULT_ROOM_PREFERENCES };
const at = '2026-03-04T05:06:07.890Z';
const listedRooms = [
  {
    ...peopleOf(ann, ben),
    ...unread,
    room: sampleRoom({ number: 10, uuid: ROOM }),
    lastMessage: sampleMessage({ text: 'Good morning', createdAt: at }),
    online: new Set(['ann', 'ben']),
  },
  {
    ...peopleOf(ann, ben, cleo),
    ...unread,
    room: sampleRoom({
      number: 11,
      uuid: '0f8fad5b-d9cb-469f-a165-70867728950e',
      kind: 'group',
      name: 'The team',
      photo: 'https://img.example/team.png',
    }),
    lastMessage: null,
    online: new Set(['ann']),
  },
  {
    members: [sampleMember('ann'), sampleMember('somebody-gone')],
    users: new Map([['ann', ann]]),
    ...unread,
    room: sampleRoom({ number: 12, uuid: '7c9e6679-7425-40de-944b-e07fc1f90ae7' }),
    lastMessage: sampleMessage({
      type: 'image',
      text: null,
      attachment: { url: 'https://files.example/x-ray.png', name: 'x-ray.png' },
      createdAt: at,
    }),
    online: new Set<string>(),
  },
];
const sentMessage = {
  message: sampleMessage(),
  sender: ann,
  room: { id: 'r', number: 10, uuid: ROOM, kind: 'direct', version: 1, pair: null } as const,
  repeated: false,
};

const uuid = '3f1c6a52-0d7e-4c6b-8a55-9a3d5b2c7e10';
function callView(over: Parameters<typeof sampleCall>[0]) {
  const room = sampleStamp(sampleRoomView({ uuid: ROOM }));
  return { call: sampleCall({ uuid, ...over }), room, caller: ann, callee: ben, payload: null, participants: [] };
}
const ended = (reason: 'busy' | 'rejected') => callView({ state: 'ended', reason, endedAt: at });

/** What the server did in each recorded conversation. */
const outcomes: Readonly<Record<string, Parameters<typeof recordingExecute>[0]>> = {
  request: { 'room.create': () => ({ ...sampleRoomView({ uuid: ROOM }), created: true }) },
  send: { 'message.send': () => sentMessage },
  status: { 'presence.show': () => ({ user: ben, online: true, lastSeenAt: LAST_SEEN }) },
  'status of a user never seen': { 'presence.show': () => ({ user: cleo, online: false, lastSeenAt: null }) },
  'user list': { 'room.list': () => ({ rooms: listedRooms, total: 3 }) },
  'user list without rooms': { 'room.list': () => ({ rooms: [], total: 0 }) },
  refresh: { 'refresh.request': () => ({}) },
  'user profile': { 'user.find': () => ({ users: [ben] }) },
  'user profile of nobody': { 'user.find': () => ({ users: [null] }) },
  'update last seen': {},
  'update last seen without an argument': {},
  call: { 'call.create': () => callView({}) },
  'call without a picture': { 'call.create': () => callView({ withVideo: false }) },
  'call to who calls too': { 'call.create': () => callView({ state: 'accepted', acceptedAt: at }) },
  'call to somebody busy': { 'call.create': () => ended('busy') },
  'call answer': { 'call.accept': () => callView({ state: 'accepted', acceptedAt: at }) },
  'call answer, rejected': { 'call.end': () => ended('rejected') },
  'call status': {},
  'call response': { 'call.signal': () => ({}) },
};

const recordedSchema = z.record(
  z.string(),
  z.object({
    frame: z.object({ event: z.string(), args: z.array(z.unknown()) }),
    claim: z.unknown(),
    intent: z.unknown(),
    reply: z.unknown(),
  }),
);
const recorded = readTranscript(new URL('../transcripts/inbound.json', import.meta.url), recordedSchema);

const asJsonText = (args: readonly unknown[]): readonly unknown[] =>
  args.map((argument) => (argument instanceof Uint8Array ? argument : JSON.stringify(argument)));

dialectConformance(classic, {
  events: {
    request: { good: [[{ user_id: 1, recipient_id: 2 }]] },
    send: { good: [[{ user_id: 1, room_title: ROOM, message: 'hi', type_id: 2 }]] },
    status: { good: [[{ user_id: 1, online: true }], [{ user_id: 1, online: false }]] },
    'user list': { good: [[{ user_id: 1 }]] },
    refresh: { good: [[{ room_title: ROOM }]] },
    'user profile': { good: [[{ user_id: 2 }]] },
    'update last seen': {
      good: [[{ user_id: 1 }], []],
      tolerates: { empty: 'no argument is documented for it, and none is needed' },
    },
    call: { good: [[{ from_user: 1, to_user: 2, type: 'Video' }]] },
    'call answer': {
      good: [
        [{ from_user: 1, to_user: 2, room_title: ROOM, answered: true }],
        [{ from_user: 1, to_user: 2, room_id: ROOM, answered: false }],
      ],
    },
    'call status': { good: [[{ user_id: 1, call_status: true }]] },
    'call response': {
      good: [[{ sdp: 'v=0' }]],
      tolerates: {
        empty: 'the relay takes whatever two callers say to each other',
        'wrong-type': 'the relay takes whatever two callers say to each other',
      },
    },
  },
  spellings: [asJsonText],
});

describe('recorded conversations', () => {
  it('has an outcome for each of them', () => {
    expect(Object.keys(recorded).sort()).toEqual(Object.keys(outcomes).sort());
  });

  describe.each(Object.entries(recorded))('%s', (name, { frame, claim, intent, reply }) => {
    it.each([
      ['object', frame.args],
      ['JSON text', asJsonText(frame.args)],
    ])('is understood as %s and answered', async (_, args) => {
      const { execute, intents } = recordingExecute(outcomes[name]);
      const translation = inboundOf(frame.event).parse(args, context);
      expect(translation.claim).toEqual(claim);
      expect(await translation.run(execute)).toEqual(reply);
      expect(intents).toEqual(intent === null ? [] : [intent]);
    });
  });
});

describe('malformed arguments are refused in the words of their event', () => {
  const cases: readonly (readonly [event: string, body: unknown, path: string])[] = [
    ['request', { recipient_id: 2 }, 'user_id'],
    ['request', { user_id: '1', recipient_id: 2 }, 'user_id'],
    ['request', { user_id: 1, recipient_id: 2.5 }, 'recipient_id'],
    ['request', { user_id: 1, recipient_id: 1 }, 'recipient_id'],
    ['send', { user_id: -1, room_title: ROOM, message: 'hi' }, 'user_id'],
    ['send', { user_id: 1, room_title: 10, message: 'hi' }, 'room_title'],
    ['send', { user_id: 1, room_title: 'x'.repeat(129), message: 'hi' }, 'room_title'],
    ['send', { user_id: 1, room_title: ROOM, message: null }, 'message'],
    ['send', { user_id: 1, room_title: ROOM, message: 'hi', type_id: 'text' }, 'type_id'],
    ['status', { user_id: 1, online: 'yes' }, 'online'],
    ['status', { online: true }, 'user_id'],
    ['user list', {}, 'user_id'],
    ['user list', { user_id: 2 ** 53 }, 'user_id'],
    ['refresh', { room_title: '' }, 'room_title'],
    ['user profile', { user_id: [1] }, 'user_id'],
    ['update last seen', { user_id: 'me' }, 'user_id'],
    ['call', { from_user: 1, type: 'Video' }, 'to_user'],
    ['call', { from_user: 1, to_user: 1, type: 'Video' }, 'to_user'],
    ['call answer', { from_user: 1, to_user: 2, answered: true }, 'room_title'],
    ['call status', { user_id: 1, call_status: 1 }, 'call_status'],
    ['user list', null, '(payload)'],
    ['user list', 7, '(payload)'],
    ['send', [], '(payload)'],
  ];

  it.each(cases)('%s %j names %s', (event, body, path) => {
    for (const argument of [body, JSON.stringify(body)]) {
      const { error } = refusal(event, argument);
      expect(error.code).toBe('invalid');
      expect(error.details?.fields).toHaveProperty([path]);
    }
  });

  const worded: readonly (readonly [
    event: string,
    listensOn: readonly string[],
    body: (message: string) => unknown,
  ])[] = [
    ['request', ['logs response'], (message) => ({ type: 'error', message })],
    ['send', ['logs response'], (message) => ({ type: 'send', error: { code: 422, message } })],
    ['status', ['logs response'], (message) => ({ error: { type: 'status', message } })],
    ['user list', ['user response', 'call response'], (message) => ({ type: 'error', message })],
    ['refresh', ['user response'], (message) => ({ type: 'error', message })],
    ['user profile', ['user response'], (message) => ({ error: { type: 'profile', message } })],
    ['update last seen', ['logs response'], (message) => ({ type: 'error', message })],
    ['call', ['call response'], (message) => ({ type: 'error', message })],
    ['call answer', ['call response'], (message) => ({ type: 'error', message })],
    ['call status', ['call response'], (message) => ({ type: 'error', message })],
    ['call response', ['call response'], (message) => ({ type: 'error', message })],
  ];

  it('covers every event', () => {
    expect(worded.map(([event]) => event)).toEqual([...classic.inbound.keys()]);
  });

  it.each(worded)('%s answers on %j', (event, listensOn, body) => {
    const broken = event === 'call response' ? new Uint8Array(3) : '{"user_id":';
    for (const bad of [broken, { __proto__: null, constructor: 1 }, JSON.parse('{"__proto__":{"x":1}}')]) {
      const { error, reply } = refusal(event, bad);
      expect(error.code).toBe('invalid');
      expect(reply).toEqual({ frames: listensOn.map((on) => ({ event: on, args: [body(error.message)] })) });
    }
  });

  it('parses no text beyond the bound', () => {
    const text = (length: number) => `{"user_id":1}${' '.repeat(length - 13)}`;
    expect(parsed('user list', text(MAX_JSON_TEXT)).asks).toBe('room.list');
    expect(refusal('user list', text(MAX_JSON_TEXT + 1)).error.message).toContain('longer than 131072');
  });

  it('survives a text nested without end', () => {
    const deep = '['.repeat(60_000) + ']'.repeat(60_000);
    expect(refusal('call response', deep).error.message).toContain('nested deeper');
  });

  it('takes the longest text a message may have, each character escaped', () => {
    const message = '\\u0416'.repeat(20_000);
    expect(parsed('send', `{"user_id":1,"room_title":"${ROOM}","type_id":2,"message":"${message}"}`).asks).toBe(
      'message.send',
    );
  });
});

describe('send', () => {
  const body = { user_id: 1, room_title: ROOM, message: 'hi', type_id: 9 };
  const failing = (code: ErrorCode) => ({ 'message.send': () => fail(code) });

  it('needs no type_id', async () => {
    const { intents } = await answersTo('send', { ...body, type_id: undefined }, { 'message.send': () => sentMessage });
    expect(intents).toMatchObject([{ draft: { text: 'hi', type: 'text', extras: {} } }]);
  });

  it('answers an unknown or foreign room with the text its clients know', async () => {
    const { reply } = await answersTo('send', body, failing('not-found'));
    expect(reply).toEqual({ frames: [{ event: 'logs response', args: [`[error]: room ${ROOM} doesn't exist`] }] });
  });

  it.each([
    ['too-large', 413],
    ['conflict', 409],
    ['rate-limited', 429],
    ['overloaded', 503],
    ['unavailable', 503],
    ['permission-denied', 403],
  ] as const)('answers %s with the code %i', async (code, number) => {
    const { reply } = await answersTo('send', body, failing(code));
    const error = { code: number, message: 'No.' };
    expect(reply).toEqual({ frames: [{ event: 'logs response', args: [{ type: 'send', error }] }] });
  });

  it('does not take an unknown sender for an unknown room', () => {
    const reply = parsed('send', body).refuse(new ParlanceError('not-found', 'User not found.'));
    const error = { code: 404, message: 'User not found' };
    expect(reply).toEqual({ frames: [{ event: 'logs response', args: [{ type: 'send', error }] }] });
  });

  it('hands a failure of the server on, to be logged', async () => {
    await expect(answersTo('send', body, failing('internal'))).rejects.toMatchObject({ code: 'internal' });
  });
});

describe('what is not there', () => {
  it('request answers an unknown recipient in its own words', async () => {
    const missing = { 'room.create': () => fail('not-found') };
    const { reply } = await answersTo('request', { user_id: 1, recipient_id: 404 }, missing);
    expect(reply).toEqual({
      frames: [{ event: 'logs response', args: [{ type: 'error', message: 'User not found' }] }],
    });
  });

  it('refresh names the unknown room', async () => {
    const missing = { 'refresh.request': () => fail('not-found') };
    const { reply } = await answersTo('refresh', { room_title: 'nowhere' }, missing);
    const message = "room nowhere doesn't exist";
    expect(reply).toEqual({ frames: [{ event: 'user response', args: [{ type: 'error', message }] }] });
  });
});

describe('whatever JSON text comes', () => {
  const keys = ['user_id', 'recipient_id', 'room_title', 'message', 'type_id', 'online', 'answered', '__proto__'];
  const body = fc.dictionary(fc.oneof(fc.constantFrom(...keys), fc.string()), fc.jsonValue({ maxDepth: 4 }));
  const broken = fc.tuple(fc.json(), fc.nat(), fc.string({ maxLength: 3 })).map(([text, where, extra]) => {
    const cut = where % (text.length + 1);
    return text.slice(0, cut) + extra + text.slice(cut);
  });
  const text = fc.oneof(
    body.map((one) => JSON.stringify(one)),
    broken,
    fc.string(),
  );
  const seed = Math.floor(Math.random() * 2 ** 31);

  it.each([...classic.inbound.keys()])(`%s ends in an intent or a coded error (seed ${seed})`, (event) => {
    const hears = fc.property(text, (one) => {
      try {
        parsed(event, one);
      } catch (error) {
        expect(error).toBeInstanceOf(ParlanceError);
      }
      expect(Object.keys(Object.prototype)).toEqual([]);
    });
    fc.assert(hears, { seed, numRuns: 2000 });
  });
});
