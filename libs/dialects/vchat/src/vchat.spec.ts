import { dialectConformance, recordingExecute, refusalFrom, sampleUser } from '@parlance/dialect-kit/conformance';
import { describe, expect, it } from 'vitest';
import { vchat } from './index.js';
import { uuidOf } from './local-id.js';
import { MAX_JSON_TEXT, MAX_POLLED } from './wire.js';

const ICE = { data: { candidate: 'candidate:1 1 udp', sdpMid: '0', sdpMLineIndex: 0 }, meetId: 'k1' };

/** Its clients write JSON text; the plain object is taken as well. */
const asText = (args: readonly unknown[]): readonly unknown[] => {
  const [first, ...rest] = args;
  return typeof first === 'object' && first !== null && !(first instanceof Uint8Array)
    ? [JSON.stringify(first), ...rest]
    : args;
};

const NEVER_READ = 'no client sends it, and its payload is not looked at';

dialectConformance(vchat, {
  spellings: [asText],
  events: {
    v1MyOnline: {
      good: [[[{ peerId: 'bob', extra: 'r1' }]], [[{ peerId: 'bob' }, { peerId: 'cleo', extra: null }]], [[]]],
    },
    v1RoomStatusChange: {
      good: (['typing', 'recording', 'stop'] as const).map((status) => [{ roomId: 'r1', status }]),
    },
    v1EnterChatRoom: { good: [[{ roomId: 'r1' }]] },
    v1DeliverChatRoom: { good: [[{ roomId: 'r1' }]] },
    v1IceCandidate: { good: [[ICE]] },
    v1KickGroupMember: {
      good: [[{ roomId: 'r1', userId: 'bob' }], []],
      tolerates: { empty: NEVER_READ, 'wrong-type': NEVER_READ, deep: NEVER_READ, 'prototype-key': NEVER_READ },
    },
  },
});

const QUIET = { acked: false, tenant: null, user: null };

const refusal = (event: string, args: readonly unknown[]) =>
  refusalFrom(`${event} ${JSON.stringify(args)}`, () => vchat.inbound.get(event)?.parse(args, QUIET));

describe('bad payloads', () => {
  it.each([
    ['v1MyOnline', { peerId: 'bob' }, '(payload)'],
    ['v1MyOnline', [{ extra: 'r1' }], '0.peerId'],
    ['v1MyOnline', [{ peerId: 7 }], '0.peerId'],
    ['v1MyOnline', Array.from({ length: MAX_POLLED + 1 }, () => ({ peerId: 'bob' })), '(payload)'],
    ['v1RoomStatusChange', { status: 'typing' }, 'roomId'],
    ['v1RoomStatusChange', { roomId: 'r1', status: 'singing' }, 'status'],
    ['v1EnterChatRoom', {}, 'roomId'],
    ['v1EnterChatRoom', { roomId: '' }, 'roomId'],
    ['v1DeliverChatRoom', { roomId: ['r1'] }, 'roomId'],
    ['v1IceCandidate', { ...ICE, meetId: undefined }, 'meetId'],
    ['v1IceCandidate', { ...ICE, data: { ...ICE.data, candidate: 'c'.repeat(4097) } }, 'data.candidate'],
    ['v1IceCandidate', { ...ICE, data: { ...ICE.data, sdpMLineIndex: 0.5 } }, 'data.sdpMLineIndex'],
  ])('%s %j names %s in v1OnException', (event, payload, field) => {
    const error = refusal(event, [JSON.stringify(payload)]);
    expect(Object.keys(error.details?.fields ?? {})).toContain(field);
    const [exception] = vchat.inbound.get(event)?.refuse(error, []).frames ?? [];
    expect(exception?.event).toBe('v1OnException');
    expect(JSON.parse(String(exception?.args[0]))).toEqual({ error: expect.stringContaining(field) });
  });

  it.each([['{"roomId":'], ['roomId=r1'], [`"${'x'.repeat(MAX_JSON_TEXT)}"`], [new Uint8Array([123, 125])]])(
    'that are no JSON text are refused: %#',
    (argument) => {
      expect(refusal('v1EnterChatRoom', [argument]).code).toBe('invalid');
    },
  );
});

describe('the online poll', () => {
  it('is answered to the asking socket, in its order, `extra` as it came and never missing', async () => {
    const { execute } = recordingExecute({
      'presence.find': ({ users }) => ({
        found: users.map((_, index) => ({ user: index === 1 ? null : sampleUser('bob'), online: index === 0 })),
      }),
    });
    const people = [{ peerId: 'bob', extra: 'r1' }, { peerId: 'nobody', extra: 'r2' }, { peerId: 'cleo' }];
    const reply = await vchat.inbound
      .get('v1MyOnline')
      ?.parse([JSON.stringify(people)], QUIET)
      .run(execute);
    expect(reply?.frames?.map((one): unknown[] => [one.event, JSON.parse(String(one.args[0]))])).toEqual([
      [
        'v1OnMyOnline',
        [
          { peerId: 'bob', isOnline: true, extra: 'r1' },
          { peerId: 'nobody', isOnline: false, extra: 'r2' },
          { peerId: 'cleo', isOnline: false, extra: '' },
        ],
      ],
    ]);
  });
});

describe('the handshake', () => {
  const at = (headers: Record<string, string>, query: Record<string, string> = {}, auth = {}) => ({
    headers,
    query,
    auth,
  });

  it.each([
    ['both credentials', at({ authorization: 'Bearer h', 'clint-version': '2.0.0' }, { auth: 'Bearer q' }), 'h'],
    ['the query alone, as in a browser', at({}, { auth: 'Bearer q' }), 'q'],
    ['a header that says null', at({ authorization: 'Bearer null' }, { auth: 'Bearer q' }), 'q'],
    ['the bare header', at({ authorization: 'bearer  h ' }), 'h'],
    ['a token without Bearer', at({ authorization: 'h' }), 'h'],
  ])('with %s is known and claims', (_, handshake, credential) => {
    expect(vchat.opening.marks(handshake)).toBe(true);
    expect(vchat.opening.claim(handshake)).toEqual({ credential });
  });

  it.each([
    ['nothing but null', at({ authorization: 'Bearer null', 'clint-version': '2.0.0' }, { auth: 'Bearer null' })],
    ['its version alone', at({ 'clint-version': '2.0.0' })],
  ])('with %s is known, and claims what nobody has', (_, handshake) => {
    expect(vchat.opening.marks(handshake)).toBe(true);
    expect(vchat.opening.claim(handshake)).toEqual({ credential: 'null' });
  });

  it.each([
    ['no credential', at({ 'user-agent': 'x' })],
    ['another wire’s token in the query', at({ authorization: 'Bearer h' }, { token: 't' })],
    ['another wire’s token in auth', at({ authorization: 'Bearer h' }, {}, { token: 't' })],
  ])('with %s is somebody else’s', (_, handshake) => {
    expect(vchat.opening.marks(handshake)).toBe(false);
  });
});

describe('the local id of a message', () => {
  it('of another wire is a uuid of version 5, always the same', () => {
    expect(uuidOf('m1')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(uuidOf('m1')).toBe(uuidOf('m1'));
    expect(uuidOf('m2')).not.toBe(uuidOf('m1'));
  });
});
