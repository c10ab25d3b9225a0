import {
  addMembers,
  changeMember,
  clearRoom,
  createRoom,
  getRoom,
  listMessages,
  patchRoom,
  removeMember,
  roomAddress,
  userAddress,
} from '@parlance/contracts';
import { infoSchema, type Fact, type Info, type Message } from '@parlance/domain';
import { describe, expect, it } from 'vitest';
import { sharedWorld } from '../testing/shared-world.js';
import { by, codeOf, Ear, logOf, makeRoom, say, TENANT, user } from '../testing/test-world.js';

const world = sharedWorld(['message-1']);

function infoIn(fact: Fact | undefined): Info | null {
  if (fact?.type !== 'message.created' || fact.message.type !== 'info') return null;
  return infoSchema.parse(fact.message.attachment?.data);
}

async function messagesOf(roomId: string, visibleOnly = false): Promise<readonly Message[]> {
  const query = { tenantId: TENANT, viewerId: null, roomId, skip: 0, limit: 50, visibleOnly };
  return (await world.bus.request(listMessages, query)).messages;
}

describe('info messages', () => {
  it('follow what happened to a group, fact by fact, each with a seq of its own', async () => {
    const ann = user('ann');
    const room = await makeRoom(world.bus, ['bob'], { actor: ann, announce: true });
    const request = { ...by(ann), roomId: room.id };
    const names = { bob: 'Bob', cat: 'Cat', dan: 'Dan' };
    await world.bus.request(patchRoom, { ...request, name: 'Team', photo: 'http://x/y.png' });
    await world.bus.request(patchRoom, { ...request, description: 'About us' });
    await world.bus.request(addMembers, { ...request, userIds: ['cat', 'dan'], role: 'member', names });
    await world.bus.request(changeMember, { ...request, userId: 'bob', role: 'admin', names });
    await world.bus.request(changeMember, { ...request, userId: 'bob', role: 'member', names });
    await world.bus.request(removeMember, { ...request, userId: 'cat', names });
    await world.bus.request(removeMember, { ...by(user('dan')), roomId: room.id, userId: 'dan' });

    const facts = await logOf(world.bus, room.id);
    expect(facts.map((fact) => infoIn(fact)?.action ?? fact.type)).toEqual([
      'room.created',
      'room.created',
      'room.changed',
      'room.renamed',
      'room.photo-changed',
      'room.changed',
      'member.added',
      'members.added',
      'member.changed',
      'member.promoted',
      'member.changed',
      'member.demoted',
      'member.removed',
      'member.removed',
      'member.removed',
      'member.left',
    ]);
    expect(facts.map(({ pos }) => pos)).toEqual(facts.map((_, index) => index + 1));
    expect(infoIn(facts[3])).toEqual({
      action: 'room.renamed',
      by: { id: 'ann', name: 'ann' },
      targets: [],
      title: 'Team',
    });
    expect(infoIn(facts[7])?.targets).toEqual([
      { id: 'cat', name: 'Cat' },
      { id: 'dan', name: 'Dan' },
    ]);
    expect(infoIn(facts[13])).toMatchObject({ by: { id: 'ann' }, targets: [{ id: 'cat', name: 'Cat' }] });
    expect(infoIn(facts[15])).toMatchObject({ by: { id: 'dan' }, targets: [{ id: 'dan', name: 'dan' }] });
    const messages = await messagesOf(room.id);
    expect(messages.map(({ seq, type }) => [seq, type])).toEqual(messages.map((_, index) => [index + 1, 'info']));
    expect(await messagesOf(room.id, true)).toEqual([]);
  });

  it('are published after the change, also to newcomers, and not to who was removed', async () => {
    const room = await makeRoom(world.bus, ['bob'], { actor: user('ann'), announce: true });
    const group = await Ear.at(world.bus, roomAddress(TENANT, room.id));
    const bob = await Ear.at(world.bus, userAddress(TENANT, 'bob'));
    await world.bus.request(removeMember, { ...by(user('ann')), roomId: room.id, userId: 'bob' });
    await group.until(({ facts }) => facts.length === 2);
    expect(group.facts.map((fact) => infoIn(fact)?.action ?? fact.type)).toEqual(['member.removed', 'member.removed']);
    await bob.until(({ facts }) => facts.length === 1);
    await world.bus.request(patchRoom, { ...by(user('ann')), roomId: room.id, name: 'without bob' });
    await group.until(({ facts }) => facts.length === 4);
    expect(bob.facts.map(({ type }) => type)).toEqual(['member.removed']);
  });

  it('come from who did it, else the creator, else the one concerned', async () => {
    const room = await makeRoom(world.bus, ['zoe'], { announce: true });
    await world.bus.request(addMembers, { ...by(null), roomId: room.id, userIds: ['cat'], role: 'member' });
    const owned = await makeRoom(world.bus, ['ann'], { actor: user('ann'), id: 'owned' });
    await world.bus.request(patchRoom, { ...by(null), roomId: owned.id, name: 'x' });
    expect((await messagesOf(room.id)).map(({ senderId }) => senderId)).toEqual(['zoe', 'cat']);
    expect((await messagesOf(owned.id)).map(({ senderId }) => senderId)).toEqual(['ann']);
  });

  it('are not written where nobody wants them: in direct rooms, when silence is asked for, when nothing changed', async () => {
    const direct = await makeRoom(world.bus, ['ann', 'bob'], { kind: 'direct', actor: user('ann'), announce: true });
    await world.bus.request(patchRoom, { ...by(null), roomId: direct.id, name: 'x' });
    const group = await makeRoom(world.bus, ['ann']);
    const request = { ...by(null), roomId: group.id, announce: false };
    await world.bus.request(patchRoom, { ...request, name: 'quiet' });
    await world.bus.request(addMembers, { ...request, userIds: ['bob'], role: 'member' });
    await world.bus.request(removeMember, { ...request, userId: 'bob' });
    await world.bus.request(removeMember, { ...request, announce: true, userId: 'bob' });
    await world.bus.request(patchRoom, { ...request, announce: true, name: 'quiet' });
    expect([...(await messagesOf(direct.id)), ...(await messagesOf(group.id))]).toEqual([]);
  });

  it('of many writers at once leave no gap in pos or seq', async () => {
    const room = await makeRoom(world.bus, ['ann'], { actor: user('ann'), announce: true });
    await Promise.all(
      Array.from({ length: 20 }, async (_, index) =>
        index % 2 === 0
          ? world.bus.request(
              addMembers,
              { ...by(null), roomId: room.id, userIds: [`new-${index}`, 'everybody'], role: 'member' },
              { timeoutMs: 30_000 },
            )
          : say(world.bus, room.id, 'ann', `while adding ${index}`),
      ),
    );
    const facts = await logOf(world.bus, room.id);
    expect(facts.map(({ pos }) => pos)).toEqual(facts.map((_, index) => index + 1));
    const seqs = facts.flatMap((fact) => (fact.type === 'message.created' ? [fact.message.seq] : []));
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
    const added = facts.flatMap((fact) =>
      fact.type === 'member.added' ? fact.members.map(({ userId }) => userId) : [],
    );
    expect(added).toHaveLength(11);
    expect(new Set(added).size).toBe(11);
    const times = facts.map(({ at }) => at);
    expect(times).toEqual([...times].sort());
  });
});

describe('a room', () => {
  it('is described, frozen and keeps what each dialect put beside it', async () => {
    const ann = user('ann');
    const { state } = await world.bus.request(createRoom, {
      ...by(ann),
      kind: 'group',
      name: null,
      photo: null,
      metadata: {},
      description: 'first',
      extras: { one: { a: 1 } },
      memberIds: ['bob'],
    });
    expect(state.room).toMatchObject({ description: 'first', frozen: false, extras: { one: { a: 1 } }, lastSeq: 1 });
    const request = { ...by(ann), roomId: state.room.id };
    const extras = { one: { b: 2 }, two: { c: 3 } };
    const { room } = await world.bus.request(patchRoom, { ...request, frozen: true, extras });
    expect(room).toMatchObject({ frozen: true, extras: { one: { a: 1, b: 2 }, two: { c: 3 } }, description: 'first' });
    expect(await codeOf(world.bus.request(patchRoom, { ...request, ...by(user('bob')), frozen: false }))).toBe(
      'permission-denied',
    );
    expect(await codeOf(say(world.bus, room.id, 'ann', 'hello?'))).toBe('permission-denied');
    await world.bus.request(patchRoom, { ...request, frozen: false });
    expect(await codeOf(say(world.bus, room.id, 'ann', 'hello!'))).toBe('ok');
    const changed = (await logOf(world.bus, room.id)).flatMap((fact) =>
      fact.type === 'room.changed' ? [fact.changed] : [],
    );
    expect(changed).toEqual([['frozen', 'extras'], ['frozen']]);
  });

  it('is cleared for everybody at once', async () => {
    const room = await makeRoom(world.bus, ['bob'], { actor: user('ann') });
    for (const text of ['one', 'two', 'three']) await say(world.bus, room.id, 'bob', text);
    const request = { ...by(user('ann')), roomId: room.id };
    expect(await codeOf(world.bus.request(clearRoom, { ...request, ...by(user('bob')) }))).toBe('permission-denied');
    expect(await codeOf(world.bus.request(clearRoom, { ...request, ...by(user('stranger')) }))).toBe('not-found');
    const ear = await Ear.at(world.bus, roomAddress(TENANT, room.id));
    expect(await world.bus.request(clearRoom, request)).toMatchObject({ throughSeq: 3, count: 3 });
    expect(await world.bus.request(clearRoom, request)).toMatchObject({ throughSeq: 3, count: 0 });
    await say(world.bus, room.id, 'bob', 'afterwards');
    await ear.until(({ facts }) => facts.length === 2);
    expect(ear.facts[0]).toMatchObject({ type: 'room.cleared', throughSeq: 3, count: 3 });
    const messages = await messagesOf(room.id);
    expect(messages.map(({ text, deletedAt }) => [text, deletedAt === null])).toEqual([
      [null, false],
      [null, false],
      [null, false],
      ['afterwards', true],
    ]);
  });
});

describe('roles', () => {
  const roles = async (roomId: string): Promise<Record<string, string>> => {
    const { members } = await world.bus.request(getRoom, { tenantId: TENANT, viewerId: null, roomId });
    return Object.fromEntries(members.map(({ userId, role }) => [userId, role]));
  };

  it('are given by owner and admins; ownership is handed over by the owner', async () => {
    const room = await makeRoom(world.bus, ['bob', 'cat'], { actor: user('ann') });
    const change = async (actor: string | null, userId: string, role: 'owner' | 'admin' | 'member') =>
      codeOf(
        world.bus.request(changeMember, { ...by(actor === null ? null : user(actor)), roomId: room.id, userId, role }),
      );
    expect(await change('bob', 'cat', 'admin')).toBe('permission-denied');
    expect(await change('ann', 'bob', 'admin')).toBe('ok');
    expect(await change('bob', 'cat', 'admin')).toBe('ok');
    expect(await change('bob', 'cat', 'owner')).toBe('permission-denied');
    expect(await change('bob', 'ann', 'member')).toBe('permission-denied');
    expect(await change('ann', 'ann', 'member')).toBe('invalid');
    expect(await change('ann', 'nobody', 'admin')).toBe('not-found');
    expect(await change('nobody', 'cat', 'admin')).toBe('not-found');
    expect(await change('ann', 'cat', 'owner')).toBe('ok');
    expect(await roles(room.id)).toEqual({ ann: 'admin', bob: 'admin', cat: 'owner' });
    expect(await change(null, 'bob', 'owner')).toBe('ok');
    expect(await roles(room.id)).toEqual({ ann: 'admin', bob: 'owner', cat: 'admin' });
    const changes = (await logOf(world.bus, room.id)).flatMap((fact) =>
      fact.type === 'member.changed' ? [`${fact.userId} ${fact.role}`] : [],
    );
    expect(changes).toEqual(['bob admin', 'cat admin', 'cat owner', 'ann admin', 'bob owner', 'cat admin']);
  });

  it('do not keep anybody from a nickname of one’s own', async () => {
    const room = await makeRoom(world.bus, ['bob', 'cat'], { actor: user('ann') });
    const name = async (actor: string, userId: string, nickname: string | null) =>
      codeOf(world.bus.request(changeMember, { ...by(user(actor)), roomId: room.id, userId, nickname }));
    expect(await name('bob', 'bob', 'Bobby')).toBe('ok');
    expect(await name('bob', 'bob', 'Bobby')).toBe('ok');
    expect(await name('bob', 'cat', 'Kitty')).toBe('permission-denied');
    expect(await name('ann', 'cat', 'Kitty')).toBe('ok');
    expect(await name('ann', 'cat', 'x'.repeat(257))).toBe('invalid');
    const { members } = await world.bus.request(getRoom, { tenantId: TENANT, viewerId: 'bob', roomId: room.id });
    expect(members.map(({ userId, nickname }) => [userId, nickname])).toEqual([
      ['ann', null],
      ['bob', 'Bobby'],
      ['cat', 'Kitty'],
    ]);
    expect((await logOf(world.bus, room.id)).map(({ type }) => type)).toEqual([
      'room.created',
      'member.changed',
      'member.changed',
    ]);
    const direct = await makeRoom(world.bus, ['ann', 'bob'], { kind: 'direct', actor: user('ann') });
    const request = { ...by(user('ann')), roomId: direct.id, userId: 'bob', nickname: 'x' };
    expect(await codeOf(world.bus.request(changeMember, request))).toBe('invalid');
  });
});
