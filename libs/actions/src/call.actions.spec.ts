import { createInProcessHub } from '@parlance/bus';
import { createCall, createRoom, findUsers, resolveRooms, type CallOutcome } from '@parlance/contracts';
import { sampleCall, sampleRoomView, sampleStamp, sampleTenant, sampleUser } from '@parlance/dialect-kit/conformance';
import type { CredentialKind } from '@parlance/domain';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { callActions } from './call.actions.js';
import { deviceOf, type Caller } from './caller.js';
import { Directory } from './directory.js';

type Asked = z.output<typeof createCall.input>;

const direct = sampleStamp(sampleRoomView());
const group = sampleStamp(sampleRoomView({ kind: 'group', id: 'group' }));
const users = ['ann', 'bob'].map((id) => sampleUser(id));

function callerOf(
  kind: CredentialKind,
  over: Partial<Caller['credential']> = {},
  origin: string | null = null,
): Caller {
  const tenant = sampleTenant();
  const none = { userId: null, deviceId: null, dialect: null, credentialId: null, expiresAt: null };
  return { tenant, credential: { kind, tenant, ...none, ...over }, user: sampleUser('ann'), origin };
}

describe('the device that asks', () => {
  it.each([
    ['the token names', callerOf('user', { deviceId: 'phone', credentialId: 'jti' }), 'phone'],
    ['is the token else', callerOf('user', { credentialId: 'jti' }, 'socket'), 'jti'],
    [
      'is the connection where an app key is shared by all',
      callerOf('publishable', { credentialId: 'pk' }, 's'),
      'connection:s',
    ],
    ['is the connection of whoever has no credential', callerOf('anonymous', {}, 's'), 'connection:s'],
    ['is none of the server over REST', callerOf('secret', { credentialId: 'sk' }), null],
  ])('%s', (_, caller, device) => {
    expect(deviceOf(caller)).toBe(device);
  });
});

describe('a call that is begun', () => {
  const hub = createInProcessHub();
  let asked: Asked[];
  let end: () => Promise<void>;
  let actions: ReturnType<typeof callActions>;

  beforeEach(async () => {
    const [service, edge] = [hub.connect('service'), hub.connect('edge')];
    asked = [];
    await service.serve(resolveRooms, async ({ keys }) => ({
      rooms: keys.map((key) => [direct, group].find(({ id }) => id === key) ?? null),
    }));
    await service.serve(findUsers, async ({ refs }) => ({
      users: refs.map((ref) => users.find((user) => 'id' in ref && user.id === ref.id) ?? null),
    }));
    await service.serve(createRoom, async () => {
      const { room, members } = sampleRoomView();
      return { state: { room, members: [...members] }, created: true };
    });
    await service.serve(createCall, async (input) => {
      asked.push(input);
      const outcome: CallOutcome = { call: sampleCall(), room: direct, payload: null, participants: [] };
      return outcome;
    });
    let ids = 0;
    const newId = (): string => `id-${(ids += 1)}`;
    actions = callActions({ bus: edge, directory: new Directory(edge), newId, maxTextChars: 10 });
    end = async () => {
      await Promise.all([edge.drain(), service.drain()]);
    };
  });
  afterEach(() => end());

  const what = { type: 'call.create', withVideo: true, payload: null } as const;
  const begin = (room: string | { with: { id: string } }, caller = callerOf('user', { deviceId: 'phone' })) =>
    actions['call.create'](caller, { ...what, room });

  it('says who calls, on which device, and with a key of its own', async () => {
    await begin(direct.id);
    await begin({ with: { id: 'bob' } });
    expect(asked).toMatchObject([
      { roomId: direct.id, device: 'phone', origin: null, requestId: 'id-1', ringSeconds: null, user: { id: 'ann' } },
      { roomId: direct.id, requestId: 'id-2' },
    ]);
  });

  it.each([
    [30, 30],
    [5, 20],
    [1_000, 120],
    ['30', null],
    [30.5, null],
  ])('rings as long as its tenant says: %j is %j', async (callRingSeconds, ringSeconds) => {
    const caller = callerOf('user', { deviceId: 'phone' });
    await begin(direct.id, { ...caller, tenant: sampleTenant({ options: { callRingSeconds } }) });
    expect(asked).toMatchObject([{ ringSeconds }]);
  });

  it.each([
    ['to oneself', 'invalid', () => begin({ with: { id: 'ann' } })],
    ['to nobody', 'not-found', () => begin({ with: { id: 'eve' } })],
    ['nowhere', 'not-found', () => begin('no-such-room')],
    [
      'in a group, on a wire that has none there',
      'invalid',
      () => actions['call.create'](callerOf('user'), { ...what, room: group.id, onlyDirect: true }),
    ],
    ['by nobody', 'unauthenticated', () => begin(direct.id, { ...callerOf('publishable'), user: null })],
    [
      'and signaled by no device',
      'unsupported',
      () => actions['call.signal'](callerOf('secret'), { type: 'call.signal', call: 'c', data: null }),
    ],
  ] as const)('%s is refused as %s', async (_, code, attempt) => {
    await expect(attempt()).rejects.toMatchObject({ code });
    expect(asked).toEqual([]);
  });
});
