import { createInProcessHub, type Bus } from '@parlance/bus';
import { getBlock, getRoom, resolveRooms } from '@parlance/contracts';
import { sampleRoomView, sampleStamp, sampleTenant, sampleUser } from '@parlance/dialect-kit/conformance';
import { ParlanceError, type CredentialKind, type RoomKind } from '@parlance/domain';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Caller } from './caller.js';
import { Directory } from './directory.js';
import { mediaActions } from './media.actions.js';
import type { MediaPorts } from './media.ports.js';

const view = sampleRoomView();
const stamp = sampleStamp(view);
const media: MediaPorts = {
  turn: ({ tenantId, userId }) => ({ username: `${tenantId}.${userId}`, credential: 'c', ttl: 60, uris: ['turn:a'] }),
  provider: {
    grant: async ({ tenantId, roomId, user }) => ({
      token: `${tenantId}/${roomId}/${user.id}/${user.name}`,
      url: 'wss://m',
    }),
  },
};

let edge: Bus;
let service: Bus;
let kind: RoomKind;
let block: { blockedByMe: boolean; blockedMe: boolean };

beforeEach(async () => {
  const hub = createInProcessHub();
  [edge, service] = [hub.connect('edge'), hub.connect('service')];
  [kind, block] = ['direct', { blockedByMe: false, blockedMe: false }];
  await service.serve(resolveRooms, async ({ keys }) => ({
    rooms: keys.map((key) => (key === stamp.id ? stamp : null)),
  }));
  await service.serve(getRoom, async ({ viewerId }) => {
    if (!view.members.some(({ userId }) => userId === viewerId))
      throw new ParlanceError('not-found', 'Room not found.');
    return { room: { ...view.room, kind }, members: [...view.members] };
  });
  await service.serve(getBlock, async () => ({ room: stamp, ...block }));
});
afterEach(() => Promise.all([edge.drain(), service.drain()]));

function caller(userId: string | null, credentialKind: CredentialKind = 'user'): Caller {
  const tenant = sampleTenant({ payloadIdentity: 'refuse' });
  const rest = { userId, deviceId: null, dialect: null, credentialId: 'k', expiresAt: null };
  const user = userId === null ? null : sampleUser(userId);
  return { tenant, user, origin: null, credential: { kind: credentialKind, tenant, ...rest } };
}

const actionsWith = (ports: MediaPorts | undefined) =>
  mediaActions({
    bus: edge,
    directory: new Directory(edge),
    newId: () => 'new',
    maxTextChars: 100,
    ...(ports === undefined ? {} : { media: ports }),
  });
const turnFor = (by: Caller, ports: MediaPorts | undefined = media) =>
  actionsWith(ports)['call.turn'](by, { type: 'call.turn' });
const tokenFor = (by: Caller, room = stamp.id, ports: MediaPorts | undefined = media) =>
  actionsWith(ports)['call.media-token'](by, { type: 'call.media-token', room });

describe('TURN credentials', () => {
  it('are for the acting user, or for the server itself', async () => {
    expect(await turnFor(caller('ann'))).toEqual({
      username: 'tenant-1.ann',
      credential: 'c',
      ttl: 60,
      uris: ['turn:a'],
    });
    expect((await turnFor(caller(null, 'secret'))).username).toBe('tenant-1.null');
  });

  it('are for nobody whom an app key alone lets in', async () => {
    await expect(turnFor(caller(null, 'publishable'))).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('are unsupported where no TURN server is set up', async () => {
    await expect(turnFor(caller('ann'), { ...media, turn: null })).rejects.toMatchObject({ code: 'unsupported' });
    await expect(actionsWith(undefined)['call.turn'](caller('ann'), { type: 'call.turn' })).rejects.toMatchObject({
      code: 'unsupported',
    });
  });
});

describe('a token of the media server', () => {
  it.each(['direct', 'group'] as const)('is for a member of a %s room', async (of) => {
    kind = of;
    const { name } = sampleUser('ann');
    expect(await tokenFor(caller('ann'))).toEqual({ token: `tenant-1/${stamp.id}/ann/${name}`, url: 'wss://m' });
  });

  it('is refused alike for a foreign room and an unknown one', async () => {
    await expect(tokenFor(caller('eve'))).rejects.toMatchObject({ code: 'not-found' });
    await expect(tokenFor(caller('ann'), 'nowhere')).rejects.toMatchObject({ code: 'not-found' });
  });

  it.each(['blockedByMe', 'blockedMe'] as const)(
    'is refused to two of whom one is %s, who may meet in a group',
    async (who) => {
      block = { ...block, [who]: true };
      await expect(tokenFor(caller('ann'))).rejects.toMatchObject({ code: 'permission-denied' });
      kind = 'group';
      await expect(tokenFor(caller('ann'))).resolves.toMatchObject({ url: 'wss://m' });
    },
  );

  it('needs somebody who acts', async () => {
    await expect(tokenFor(caller(null, 'secret'))).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('is unsupported where no media server is set up', async () => {
    await expect(tokenFor(caller('ann'), stamp.id, { ...media, provider: null })).rejects.toMatchObject({
      code: 'unsupported',
    });
  });
});
