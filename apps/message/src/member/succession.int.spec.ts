import { addMembers, changeMember, getRoom, removeMember, roomAddress } from '@parlance/contracts';
import type { Role } from '@parlance/domain';
import { describe, expect, it } from 'vitest';
import { sharedWorld } from '../testing/shared-world.js';
import { by, codeOf, Ear, logOf, makeRoom, TENANT, user } from '../testing/test-world.js';

const world = sharedWorld(['message-1']);

const leave = async (roomId: string, userId: string, announce = false) =>
  world.bus.request(removeMember, { ...by(user(userId)), roomId, userId, announce });
const promote = async (roomId: string, userId: string, role: Role) =>
  world.bus.request(changeMember, { ...by(null), roomId, userId, role });

async function add(roomId: string, userId: string, role: Role): Promise<void> {
  await world.bus.request(addMembers, { ...by(null), roomId, userIds: [userId], role, announce: false });
}

async function roles(roomId: string): Promise<Record<string, Role>> {
  const { members } = await world.bus.request(getRoom, { tenantId: TENANT, viewerId: null, roomId });
  return Object.fromEntries(members.map(({ userId, role }) => [userId, role]));
}

const lastFacts = async (roomId: string, count: number) => (await logOf(world.bus, roomId)).slice(-count);

describe('when the owner of a group leaves', () => {
  it('the oldest admin follows, before older members, and the room is told after the leaving', async () => {
    const room = await makeRoom(world.bus, ['bob'], { actor: user('ann') });
    for (const userId of ['zoe', 'cat']) await add(room.id, userId, 'member');
    for (const userId of ['cat', 'zoe']) await promote(room.id, userId, 'admin');
    const ear = await Ear.at(world.bus, roomAddress(TENANT, room.id));
    const { state } = await leave(room.id, 'ann', true);
    expect(state.members.map(({ userId, role }) => [userId, role])).toContainEqual(['zoe', 'owner']);
    expect(await roles(room.id)).toEqual({ bob: 'member', cat: 'admin', zoe: 'owner' });
    await ear.until(({ facts }) => facts.length === 3);
    const version = state.room.version;
    expect(ear.facts).toMatchObject([
      { type: 'member.removed', userId: 'ann', reason: 'left', room: { version } },
      { type: 'member.changed', userId: 'zoe', role: 'owner', nickname: null, actor: { id: 'ann' }, room: { version } },
      { type: 'message.created', message: { type: 'info', attachment: { data: { action: 'member.left' } } } },
    ]);
    const [removed, changed, told] = ear.facts;
    expect([changed?.pos, told?.pos]).toEqual([(removed?.pos ?? 0) + 1, (removed?.pos ?? 0) + 2]);
    expect(await lastFacts(room.id, 3)).toEqual(ear.facts);
  });

  it('the oldest member follows where there is no admin, with its nickname, and may do what owners may', async () => {
    const room = await makeRoom(world.bus, ['cat', 'dan'], { actor: user('ann') });
    await add(room.id, 'abe', 'member');
    await world.bus.request(changeMember, { ...by(user('cat')), roomId: room.id, userId: 'cat', nickname: 'Kitty' });
    await leave(room.id, 'ann');
    expect(await roles(room.id)).toEqual({ abe: 'member', cat: 'owner', dan: 'member' });
    expect(await lastFacts(room.id, 1)).toMatchObject([{ type: 'member.changed', userId: 'cat', nickname: 'Kitty' }]);
    const request = { ...by(user('cat')), roomId: room.id, userId: 'dan', role: 'admin' } as const;
    expect(await codeOf(world.bus.request(changeMember, request))).toBe('ok');
  });

  it('who came back is as old as the return', async () => {
    const room = await makeRoom(world.bus, ['abe', 'bob'], { actor: user('zed') });
    await leave(room.id, 'abe');
    await add(room.id, 'abe', 'member');
    await leave(room.id, 'zed');
    expect(await roles(room.id)).toEqual({ abe: 'member', bob: 'owner' });
  });

  it('nobody follows where nobody is left, or another owner is; nor anybody else who leaves', async () => {
    const alone = await makeRoom(world.bus, ['ann'], { actor: user('ann') });
    await leave(alone.id, 'ann');
    expect(await roles(alone.id)).toEqual({});
    expect((await lastFacts(alone.id, 9)).map(({ type }) => type)).toEqual(['room.created', 'member.removed']);

    const room = await makeRoom(world.bus, ['bob', 'cat'], { actor: user('ann') });
    await add(room.id, 'owen', 'owner');
    await leave(room.id, 'ann');
    await leave(room.id, 'bob');
    expect(await roles(room.id)).toEqual({ cat: 'member', owen: 'owner' });
    const ownerless = await makeRoom(world.bus, ['bob', 'cat']);
    await leave(ownerless.id, 'bob');
    expect(await roles(ownerless.id)).toEqual({ cat: 'member' });
  });
});

describe('when an owner is removed by the server', () => {
  it('it is followed as if it had left', async () => {
    const room = await makeRoom(world.bus, ['bob'], { actor: user('ann') });
    await world.bus.request(removeMember, { ...by(null), roomId: room.id, userId: 'ann', announce: false });
    expect(await lastFacts(room.id, 2)).toMatchObject([
      { type: 'member.removed', userId: 'ann', reason: 'removed', actor: null },
      { type: 'member.changed', userId: 'bob', role: 'owner', actor: null },
    ]);
  });
});

describe('in other rooms', () => {
  it('nobody leaves a direct room', async () => {
    const room = await makeRoom(world.bus, ['ann', 'bob'], { kind: 'direct', actor: user('ann') });
    expect(await codeOf(leave(room.id, 'ann'))).toBe('invalid');
    expect(Object.keys(await roles(room.id)).sort()).toEqual(['ann', 'bob']);
  });

  it('an admin follows the owner of a broadcast room; a recipient never does, so without one the owner stays', async () => {
    const channel = await makeRoom(world.bus, ['rick', 'rosa'], { kind: 'broadcast', actor: user('olga') });
    const before = await lastFacts(channel.id, 9);
    expect(await codeOf(leave(channel.id, 'olga'))).toBe('invalid');
    const request = { ...by(null), roomId: channel.id, userId: 'olga' };
    expect(await codeOf(world.bus.request(removeMember, request))).toBe('invalid');
    expect(await lastFacts(channel.id, 9)).toEqual(before);

    await add(channel.id, 'alma', 'admin');
    await leave(channel.id, 'olga');
    expect(await roles(channel.id)).toEqual({ alma: 'owner', rick: 'member', rosa: 'member' });
  });
});
