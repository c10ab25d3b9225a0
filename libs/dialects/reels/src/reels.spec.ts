import {
  dialectConformance,
  readTranscript,
  recordingExecute,
  sampleTenant,
  sampleStamp,
  sampleRoomView,
  sampleUser,
} from '@parlance/dialect-kit/conformance';
import { ERROR_CODES, ParlanceError, snapshotOf } from '@parlance/domain';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { reels } from './index.js';
import { unverified } from './reply.js';

const CHAT = '68beebca57ab80b6986794df';
const enveloped = sampleTenant({ options: { reelsEnvelope: true } });
const context = { acked: false, tenant: sampleTenant(), user: snapshotOf(sampleUser('ann')) };

function inboundOf(event: string) {
  const found = reels.inbound.get(event);
  if (found === undefined) throw new Error(`reels has no event ${event}`);
  return found;
}

function refusal(event: string, ...args: readonly unknown[]): ParlanceError {
  try {
    inboundOf(event).parse(args, context);
  } catch (error) {
    if (error instanceof ParlanceError) return error;
    throw error;
  }
  throw new Error(`${event} was understood`);
}

const good = (event: string) => ({ good: [[{ chat: CHAT }], [{ event, data: { chat: CHAT } }]] });

dialectConformance(reels, {
  events: {
    'typing-started': good('typing-started'),
    'typing-stopped': good('typing-stopped'),
    'messages-read': good('messages-read'),
  },
});

const recordedSchema = z.record(
  z.string(),
  z.strictObject({ args: z.array(z.unknown()), claim: z.null(), intent: z.unknown(), reply: z.unknown() }),
);
const recorded = readTranscript(new URL('../transcripts/inbound.json', import.meta.url), recordedSchema);

describe('what clients emit', () => {
  it('is recorded for every event', () => {
    expect(Object.keys(recorded)).toEqual([...reels.inbound.keys()]);
  });

  describe.each(Object.entries(recorded))('%s', (event, { args, claim, intent, reply }) => {
    it.each([
      ['the data', args],
      ['the envelope', [{ event, data: args[0] }]],
    ])('is understood as %s, and answered with nothing', async (_, spelt) => {
      const { execute, intents } = recordingExecute({
        'typing.set': () => ({}),
        'receipt.mark': () => ({ roomId: CHAT, readSeq: 1, deliveredSeq: 1 }),
        'room.get': () => sampleRoomView(),
        'room.open': () => ({ room: sampleStamp(sampleRoomView()) }),
      });
      const translation = inboundOf(event).parse(spelt, context);
      expect(translation.claim).toEqual(claim);
      expect(await translation.run(execute)).toEqual(reply);
      expect(intents).toEqual([intent]);
    });

    it.each([
      [{}, 'chat'],
      [{ chat: 7 }, 'chat'],
      [{ chat: '' }, 'chat'],
      [{ chat: 'x'.repeat(129) }, 'chat'],
      [{ event, data: {} }, 'chat'],
      [{ event, data: { chat: null } }, 'chat'],
      [{ event: 'score-updated', data: { chat: CHAT } }, 'chat'],
      [{ event, data: 'text' }, '(payload)'],
      [[CHAT], '(payload)'],
    ])('refuses %j, naming %s', (body, path) => {
      const error = refusal(event, body);
      expect(error.details?.fields).toHaveProperty([path]);
      expect(inboundOf(event).refuse(error, [body])).toEqual({
        frames: [{ event: 'validation-failed', args: [{ message: error.message }] }],
      });
    });
  });
});

describe('errors', () => {
  const EVENTS: Readonly<Record<(typeof ERROR_CODES)[number], string>> = {
    invalid: 'validation-failed',
    unauthenticated: 'authorization-failed',
    'permission-denied': 'permission-denied',
    'not-found': 'not-found',
    conflict: 'validation-failed',
    'too-large': 'validation-failed',
    'rate-limited': 'server-error',
    overloaded: 'server-error',
    unavailable: 'server-error',
    unsupported: 'validation-failed',
    internal: 'server-error',
  };
  const heard = (event: string, data: unknown) => ({ frames: [{ event, args: [data] }] });

  it.each(ERROR_CODES)('%s has its event', (code) => {
    const error = new ParlanceError(code, 'Why.');
    expect(reels.refuse(error)).toEqual(heard(EVENTS[code], { message: 'Why.' }));
    const event = EVENTS[code];
    expect(reels.refuse(error, enveloped)).toEqual(heard(event, { event, data: { message: 'Why.' } }));
  });

  it('come in an envelope from an event too, before and after it was understood', async () => {
    const event = inboundOf('messages-read');
    const denied = new ParlanceError('not-found', 'No chat.');
    const wrapped = heard('not-found', { event: 'not-found', data: { message: 'No chat.' } });
    expect(event.refuse(denied, [], enveloped)).toEqual(wrapped);
    const translation = event.parse([{ chat: CHAT }], { ...context, tenant: enveloped });
    expect(translation.refuse(denied)).toEqual(wrapped);
    expect(await translation.run(() => Promise.reject(denied))).toEqual(wrapped);
  });

  it('a failure of the server is handed on, to be logged', async () => {
    const translation = inboundOf('typing-started').parse([{ chat: CHAT }], context);
    await expect(translation.run(() => Promise.reject(new Error('boom')))).rejects.toMatchObject({ code: 'internal' });
  });
});

describe('the handshake', () => {
  const bare = { headers: {}, query: {}, auth: {} };

  it.each([
    [{ auth: { token: 'a' } }, true],
    [{ query: { token: 'q' } }, true],
    [{ headers: { authorization: 'Bearer h' } }, false],
    [{ auth: { token: '' } }, false],
    [{ auth: { token: 'Bearer ' } }, false],
    [{ auth: { token: { a: 1 } }, query: { token: ['x'] } }, false],
    [{ query: { auth: 'Bearer v' } }, false],
  ])('%j marks the dialect: %s', (handshake, marks) => {
    expect(reels.opening.marks({ ...bare, ...handshake })).toBe(marks);
  });

  it.each([
    [{ auth: { token: 'a' }, headers: { authorization: 'Bearer h' }, query: { token: 'q' } }, 'a'],
    [{ headers: { authorization: 'Bearer h' }, query: { token: 'q' } }, 'h'],
    [{ headers: { authorization: 'h' } }, 'h'],
    [{ query: { token: 'q' } }, 'q'],
    [{ auth: { token: 'Bearer a' } }, 'a'],
    [{ auth: { token: 7 }, query: { token: 'q' } }, 'q'],
  ])('%j claims %s', (handshake, credential) => {
    expect(reels.opening.claim({ ...bare, ...handshake })).toEqual({ credential });
  });

  it.each([
    [new ParlanceError('unauthenticated', 'Bad token.'), 'authorization-failed', 'Bad token.'],
    [new ParlanceError('unauthenticated', 'Ended.', { reason: 'terminated' }), 'account-terminated', 'Ended.'],
    [unverified(), 'verification-required', 'Please verify your email first'],
    [new ParlanceError('unavailable', 'Later.'), 'server-error', 'Later.'],
  ])('that fails is told as an event: %s', (error, event, message) => {
    expect(reels.opening.atConnect?.refuse(error, null)).toEqual({ frames: [{ event, args: [{ message }] }] });
  });

  it('lets no one in whose address was never verified', () => {
    const objection = reels.opening.atConnect?.objection;
    expect(objection?.(sampleUser('ann'))).toBeNull();
    expect(objection?.(sampleUser('ann', { verified: false }))).toMatchObject({ details: { reason: 'unverified' } });
  });
});
