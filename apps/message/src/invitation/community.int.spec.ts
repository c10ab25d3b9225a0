import {
  addMembers,
  answerInvitation,
  cancelInvitation,
  createInvitations,
  deleteRoom,
  getBlock,
  getRoom,
  joinRoom,
  listBans,
  listBlocks,
  listInvitations,
  patchRoom,
  setBan,
  setBlock,
  userAddress,
} from '@parlance/contracts';
import { describe, expect, it } from 'vitest';
import { sharedWorld } from '../testing/shared-world.js';
import { by, codeOf, Ear, makeRoom, say, TENANT, user } from '../testing/test-world.js';

const world = sharedWorld(['message-1', 'message-2']);

const PATIENT = { timeoutMs: 30_000 };
const group = async () => makeRoom(world.bus, ['member'], { actor: user('owner') });

async function memberIds(roomId: string): Promise<readonly string[]> {
  const { members } = await world.bus.request(getRoom, { tenantId: TENANT, viewerId: null, roomId });
  return members.map(({ userId }) => userId);
}

async function invite(roomId: string, userIds: readonly string[], actor: string | null = 'owner') {
  const users = userIds.map((id) => user(id));
  const request = { ...by(actor === null ? null : user(actor)), roomId, users };
  return (await world.bus.request(createInvitations, request)).invitations;
}

async function answer(id: string, actor: string | null, what: 'accept' | 'reject' = 'accept') {
  const request = { ...by(actor === null ? null : user(actor)), invitation: { id }, answer: what };
  return world.bus.request(answerInvitation, request, PATIENT);
}

async function openFor(userId: string): Promise<readonly string[]> {
  const { invitations } = await world.bus.request(listInvitations, { tenantId: TENANT, userId, openOnly: true });
  return invitations.map(({ roomId }) => roomId);
}

describe('an invitation', () => {
  it('is told to both sides, and makes a member of who accepts it', async () => {
    const room = await group();
    const guest = await Ear.at(world.bus, userAddress(TENANT, 'gus'));
    const owner = await Ear.at(world.bus, userAddress(TENANT, 'owner'));
    const [invitation] = await invite(room.id, ['gus', 'member']);
    expect(invitation).toMatchObject({ inviterId: 'owner', inviteeId: 'gus', state: 'open', roomId: room.id });
    expect(await invite(room.id, ['gus'])).toEqual([invitation]);
    expect(await openFor('gus')).toEqual([room.id]);
    expect(await codeOf(world.bus.request(getRoom, { tenantId: TENANT, viewerId: 'gus', roomId: room.id }))).toBe(
      'not-found',
    );

    const accepted = await answer(invitation?.id ?? '', 'gus');
    expect(accepted.invitation.state).toBe('accepted');
    expect(accepted.state.members.map(({ userId }) => userId)).toContain('gus');
    expect((await answer(invitation?.id ?? '', 'gus')).invitation).toEqual(accepted.invitation);
    expect(await codeOf(answer(invitation?.id ?? '', 'gus', 'reject'))).toBe('conflict');
    expect(await openFor('gus')).toEqual([]);
    for (const ear of [guest, owner]) {
      await ear.until(({ events }) => events.length === 2);
      expect(ear.events).toMatchObject([
        { type: 'invitation.changed', invitation: { state: 'open' }, inviter: { id: 'owner' }, invitee: { id: 'gus' } },
        { type: 'invitation.changed', invitation: { state: 'accepted' }, room: { id: room.id } },
      ]);
    }
    await guest.until(({ facts }) => facts.some(({ type }) => type === 'member.added'));
  });

  it('is answered by the invitee and the server alone', async () => {
    const room = await group();
    const [first, second] = await invite(room.id, ['ina', 'ivo']);
    for (const stranger of ['ivo', 'owner', 'member', 'nobody']) {
      expect(await codeOf(answer(first?.id ?? '', stranger))).toBe('not-found');
    }
    expect(await codeOf(answer('unknown', 'ina'))).toBe('not-found');
    expect(
      await codeOf(
        world.bus.request(answerInvitation, {
          tenantId: 'other',
          actor: null,
          origin: null,
          invitation: { id: first?.id ?? '' },
          answer: 'accept',
        }),
      ),
    ).toBe('not-found');
    expect((await answer(first?.id ?? '', null)).invitation.state).toBe('accepted');
    expect((await answer(second?.id ?? '', 'ivo', 'reject')).invitation.state).toBe('rejected');
    expect((await memberIds(room.id)).filter((id) => id.startsWith('i'))).toEqual(['ina']);
    // Rejected is no ban: a new one is another one.
    const [again] = await invite(room.id, ['ivo']);
    expect(again?.id).not.toBe(second?.id);
  });

  it('is made and taken back by owner and admins', async () => {
    const room = await group();
    expect(await codeOf(invite(room.id, ['kim'], 'member'))).toBe('permission-denied');
    expect(await codeOf(invite(room.id, ['kim'], 'stranger'))).toBe('not-found');
    const direct = await makeRoom(world.bus, ['owner', 'kim'], { kind: 'direct', actor: user('owner') });
    expect(await codeOf(invite(direct.id, ['lee']))).toBe('invalid');
    const [invitation] = await invite(room.id, ['kim'], null);
    const cancel = async (actor: string | null) =>
      codeOf(
        world.bus.request(cancelInvitation, {
          ...by(actor === null ? null : user(actor)),
          invitation: { roomId: room.id, userId: 'kim' },
        }),
      );
    expect(await cancel('kim')).toBe('not-found');
    expect(await cancel('stranger')).toBe('not-found');
    expect(await cancel('member')).toBe('permission-denied');
    const ear = await Ear.at(world.bus, userAddress(TENANT, 'kim'));
    expect(await cancel('owner')).toBe('ok');
    expect(await cancel('owner')).toBe('ok');
    await ear.until(({ events }) => events.length === 1);
    expect(ear.events[0]).toMatchObject({ invitation: { id: invitation?.id, state: 'canceled' }, inviter: null });
    expect(await codeOf(answer(invitation?.id ?? '', 'kim'))).toBe('conflict');
  });

  it('is accepted once, however many accept it at the same time', async () => {
    const room = await group();
    const [invitation] = await invite(room.id, ['eager']);
    const answers = await Promise.all(
      Array.from({ length: 8 }, async () => answer(invitation?.id ?? '', 'eager').then((one) => one.invitation.state)),
    );
    expect(new Set(answers)).toEqual(new Set(['accepted']));
    expect((await memberIds(room.id)).filter((id) => id === 'eager')).toHaveLength(1);
    const rows = await world.query(
      "select count(*)::integer as n from message.room_event where room_id = $1 and type = 'member.added'",
      [room.id],
    );
    expect(rows[0]?.n).toBe(1);
  });

  it('comes to one end when it is accepted and taken back at the same time', async () => {
    const room = await group();
    for (let round = 0; round < 6; round += 1) {
      const id = `torn-${round}`;
      const [invitation] = await invite(room.id, [id]);
      const key = { invitation: { id: invitation?.id ?? '' } };
      const codes = await Promise.all([
        codeOf(world.bus.request(cancelInvitation, { ...by(user('owner')), ...key }, PATIENT)),
        codeOf(answer(invitation?.id ?? '', id)),
      ]);
      expect([...codes].sort()).toEqual(['conflict', 'ok']);
      expect((await memberIds(room.id)).includes(id)).toBe(codes[1] === 'ok');
    }
  });

  it('is accepted by being added, and ends with the room', async () => {
    const room = await group();
    await invite(room.id, ['mia', 'noa']);
    await world.bus.request(addMembers, { ...by(null), roomId: room.id, userIds: ['mia'], role: 'member' });
    expect(await openFor('mia')).toEqual([]);
    await world.bus.request(deleteRoom, { ...by(null), roomId: room.id });
    expect(await openFor('noa')).toEqual([]);
    const late = world.bus.request(answerInvitation, {
      ...by(user('noa')),
      invitation: { roomId: room.id, userId: 'noa' },
      answer: 'accept',
    });
    expect(await codeOf(late)).toBe('not-found');
  });
});

describe('joining', () => {
  const join = async (roomId: string, userId: string) =>
    codeOf(world.bus.request(joinRoom, { tenantId: TENANT, user: user(userId), origin: null, roomId }, PATIENT));

  it('takes an open group or an open invitation; any other room is unknown', async () => {
    const room = await group();
    expect(await join(room.id, 'pat')).toBe('not-found');
    expect(await join('no-such-room', 'pat')).toBe('not-found');
    await invite(room.id, ['pat']);
    expect(await join(room.id, 'pat')).toBe('ok');
    expect(await openFor('pat')).toEqual([]);
    await world.bus.request(patchRoom, { ...by(null), roomId: room.id, metadata: { open: true } });
    expect(await join(room.id, 'quinn')).toBe('ok');
    expect(await join(room.id, 'quinn')).toBe('ok');
    expect(await memberIds(room.id)).toEqual(['member', 'owner', 'pat', 'quinn']);
    const direct = await makeRoom(world.bus, ['pat', 'quinn'], { kind: 'direct' });
    expect(await join(direct.id, 'rae')).toBe('not-found');
  });

  it('and being banned at the same time leaves nobody banned inside', async () => {
    const room = await group();
    await world.bus.request(patchRoom, { ...by(null), roomId: room.id, metadata: { open: true } });
    for (let round = 0; round < 6; round += 1) {
      const userId = `rowdy-${round}`;
      const [, banned] = await Promise.all([
        join(room.id, userId),
        codeOf(world.bus.request(setBan, { ...by(null), roomId: room.id, userId, banned: true }, PATIENT)),
      ]);
      expect(banned).toBe('ok');
    }
    expect((await memberIds(room.id)).filter((id) => id.startsWith('rowdy'))).toEqual([]);
  });
});

describe('a ban', () => {
  const ban = async (roomId: string, userId: string, actor: string | null = 'owner', banned = true) =>
    world.bus.request(setBan, { ...by(actor === null ? null : user(actor)), roomId, userId, banned });

  it('removes, and keeps out until it is lifted', async () => {
    const room = await group();
    const ear = await Ear.at(world.bus, userAddress(TENANT, 'member'));
    await ban(room.id, 'member');
    await ear.until(({ facts }) => facts.some((fact) => fact.type === 'member.removed' && fact.reason === 'banned'));
    expect(await codeOf(ban(room.id, 'member'))).toBe('conflict');
    const add = { ...by(null), roomId: room.id, userIds: ['member'], role: 'member' as const };
    expect((await world.bus.request(addMembers, add)).added).toEqual([]);
    expect(await invite(room.id, ['member'])).toEqual([]);
    expect(await codeOf(say(world.bus, room.id, 'member', 'psst'))).toBe('not-found');
    const { bans } = await world.bus.request(listBans, { tenantId: TENANT, viewerId: 'owner', roomId: room.id });
    expect(bans).toMatchObject([{ userId: 'member', byId: 'owner' }]);
    const lifted = await ban(room.id, 'member', 'owner', false);
    expect(lifted.createdAt).toBe(bans[0]?.createdAt);
    expect(await codeOf(ban(room.id, 'member', 'owner', false))).toBe('not-found');
    expect((await world.bus.request(addMembers, add)).added).toEqual(['member']);
  });

  it('is for owner and admins, and never of the owner', async () => {
    const room = await group();
    expect(await codeOf(ban(room.id, 'owner', null))).toBe('invalid');
    expect(await codeOf(ban(room.id, 'x', 'member'))).toBe('permission-denied');
    expect(await codeOf(ban(room.id, 'x', 'stranger'))).toBe('not-found');
    expect(await codeOf(ban('unknown', 'x', 'owner'))).toBe('not-found');
    const seen = async (viewerId: string) =>
      codeOf(world.bus.request(listBans, { tenantId: TENANT, viewerId, roomId: room.id }));
    expect([await seen('member'), await seen('stranger')]).toEqual(['permission-denied', 'not-found']);
    const direct = await makeRoom(world.bus, ['owner', 'x'], { kind: 'direct', actor: user('owner') });
    expect(await codeOf(ban(direct.id, 'x'))).toBe('invalid');
  });

  it('takes an open invitation with it', async () => {
    const room = await group();
    const [invitation] = await invite(room.id, ['sly']);
    await ban(room.id, 'sly');
    expect(await codeOf(answer(invitation?.id ?? '', 'sly'))).toBe('conflict');
    expect(await openFor('sly')).toEqual([]);
  });
});

describe('a block', () => {
  const block = async (userId: string, otherId: string, blocked = true) =>
    world.bus.request(setBlock, { tenantId: TENANT, user: user(userId), other: user(otherId), origin: null, blocked });

  it('is told to both, each from its own viewpoint, once', async () => {
    const room = await makeRoom(world.bus, ['tom', 'uma'], { kind: 'direct', actor: user('tom') });
    const [tom, uma] = [
      await Ear.at(world.bus, userAddress(TENANT, 'tom')),
      await Ear.at(world.bus, userAddress(TENANT, 'uma')),
    ];
    expect(await block('tom', 'uma')).toMatchObject({ room: { id: room.id }, blockedByMe: true, blockedMe: false });
    expect(await block('tom', 'uma')).toMatchObject({ blockedByMe: true });
    await block('uma', 'tom');
    await Promise.all([tom, uma].map(async (ear) => ear.until(({ events }) => events.length === 2)));
    expect(tom.events).toMatchObject([
      { type: 'block.changed', userId: 'tom', other: { id: 'uma' }, blockedByMe: true, blockedMe: false },
      { type: 'block.changed', userId: 'tom', other: { id: 'uma' }, blockedByMe: true, blockedMe: true },
    ]);
    expect(uma.events).toMatchObject([
      { type: 'block.changed', userId: 'uma', other: { id: 'tom' }, blockedByMe: false, blockedMe: true },
      { type: 'block.changed', userId: 'uma', other: { id: 'tom' }, blockedByMe: true, blockedMe: true },
    ]);
  });

  it('keeps both from writing into their direct room until it is taken back, and from nothing else', async () => {
    const room = await makeRoom(world.bus, ['vic', 'wyn'], { kind: 'direct', actor: user('vic') });
    const shared = await makeRoom(world.bus, ['vic', 'wyn']);
    await block('vic', 'wyn');
    for (const sender of ['vic', 'wyn']) {
      expect(await codeOf(say(world.bus, room.id, sender, 'hey'))).toBe('permission-denied');
      expect(await codeOf(say(world.bus, shared.id, sender, 'hey'))).toBe('ok');
    }
    await block('vic', 'wyn', false);
    for (const sender of ['vic', 'wyn']) expect(await codeOf(say(world.bus, room.id, sender, 'hey'))).toBe('ok');
  });

  it('is found and listed by its maker, in its tenant', async () => {
    expect(await codeOf(block('xan', 'xan'))).toBe('invalid');
    await block('xan', 'yul');
    await block('xan', 'zed');
    await block('xan', 'zed', false);
    const pair = { tenantId: TENANT, userId: 'yul', otherId: 'xan' };
    expect(await world.bus.request(getBlock, pair)).toEqual({ room: null, blockedByMe: false, blockedMe: true });
    const lists = await Promise.all(
      [
        { tenantId: TENANT, userId: 'xan' },
        { tenantId: TENANT, userId: 'yul' },
        { tenantId: 'other', userId: 'xan' },
      ].map(async (query) => (await world.bus.request(listBlocks, query)).blocks.map(({ userId }) => userId)),
    );
    expect(lists).toEqual([['yul'], [], []]);
  });
});
