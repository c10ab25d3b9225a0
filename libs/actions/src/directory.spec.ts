import { createInProcessHub, type Bus } from '@parlance/bus';
import { findUsers, resolveRooms } from '@parlance/contracts';
import { sampleRoomView, sampleStamp, sampleUser } from '@parlance/dialect-kit/conformance';
import type { User } from '@parlance/domain';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { names } from './caller.js';
import { Directory, DIRECTORY_DEFAULTS } from './directory.js';

const TENANT = 'tenant-1';
const stamp = sampleStamp(sampleRoomView());

let edge: Bus;
let service: Bus;
let users: User[];
let asked: number[];
let beforeAnswer: () => void;
let directory: Directory;

beforeEach(async () => {
  const hub = createInProcessHub();
  [edge, service] = [hub.connect('edge'), hub.connect('service')];
  [users, asked, beforeAnswer] = [[sampleUser('ann'), sampleUser('robert')], [], () => undefined];
  await service.serve(findUsers, async ({ refs }) => {
    asked.push(refs.length);
    const found = refs.map((ref) => users.find((user) => names(ref, user)) ?? null);
    beforeAnswer();
    return { users: found, terminated: found.flatMap((user) => (user?.id === 'robert' ? ['robert'] : [])) };
  });
  await service.serve(resolveRooms, async ({ keys }) => {
    asked.push(keys.length);
    return { rooms: keys.map((key) => (key === stamp.id || key === stamp.uuid ? stamp : null)) };
  });
  directory = new Directory(edge);
});

afterEach(() => Promise.all([edge.drain(), service.drain()]));

describe('Directory', () => {
  it('asks for a user once, however it is named, and for those it does not know each time', async () => {
    const ann = await directory.user(TENANT, { id: 'ann' });
    expect(await directory.user(TENANT, { number: ann.number })).toEqual(ann);
    expect(await directory.user(TENANT, { username: ann.username })).toEqual(ann);
    expect(await directory.user(TENANT, { identifier: ann.identifier })).toEqual(ann);
    expect(asked).toEqual([1]);
    for (const tries of [2, 3]) {
      await expect(directory.user(TENANT, { id: 'nobody' })).rejects.toMatchObject({ code: 'not-found' });
      expect(asked).toHaveLength(tries);
    }
  });

  it('answers in the order asked, asking only for what it lacks', async () => {
    await directory.user(TENANT, { id: 'ann' });
    const found = await directory.findUsers(TENANT, [{ id: 'robert' }, { id: 'nobody' }, { id: 'ann' }]);
    expect(found.map((user) => user?.id ?? null)).toEqual(['robert', null, 'ann']);
    expect(asked).toEqual([1, 2]);
  });

  it('asks for many in pages', async () => {
    await directory.usersById(
      TENANT,
      Array.from({ length: 600 }, (_, n) => `u${n}`),
    );
    expect(asked).toEqual([256, 256, 88]);
  });

  it('keeps tenants apart', async () => {
    await directory.user(TENANT, { id: 'ann' });
    await directory.user('another', { id: 'ann' });
    expect(asked).toEqual([1, 1]);
  });

  it('forgets a user that changed, under each of its names', async () => {
    const before = await directory.user(TENANT, { id: 'ann' });
    users = [sampleUser('ann', { name: 'Anna' })];
    directory.forgetUser(TENANT, 'ann');
    const { number, username, identifier } = before;
    for (const ref of [{ number }, { username }, { identifier }, { id: 'ann' }]) {
      expect((await directory.user(TENANT, ref)).name).toBe('Anna');
    }
    expect(asked).toEqual([1, 1]);
  });

  it('does not keep an answer that was read before the change it hears of', async () => {
    beforeAnswer = () => directory.forgetUser(TENANT, 'ann');
    await directory.user(TENANT, { id: 'ann' });
    [users, beforeAnswer] = [[sampleUser('ann', { name: 'Anna' })], () => undefined];
    expect((await directory.user(TENANT, { id: 'ann' })).name).toBe('Anna');
  });

  it('knows whose account has ended, also from memory', async () => {
    for (const _ of [1, 2]) {
      expect(await directory.account(TENANT, { id: 'robert' })).toMatchObject({ terminated: true });
      expect(await directory.account(TENANT, { id: 'ann' })).toMatchObject({ terminated: false });
    }
    expect(await directory.user(TENANT, { id: 'robert' })).toMatchObject({ id: 'robert' });
    expect(asked).toEqual([1, 1]);
    await expect(directory.account(TENANT, { id: 'nobody' })).rejects.toMatchObject({ code: 'not-found' });
  });

  it('holds so many users at most', async () => {
    directory = new Directory(edge, { ...DIRECTORY_DEFAULTS, maxUsers: 1 });
    for (const id of ['ann', 'robert', 'ann']) await directory.user(TENANT, { id });
    expect(asked).toEqual([1, 1, 1]);
  });

  it('asks for a room once by each of its names; what is unknown is not found', async () => {
    for (const key of [stamp.id, stamp.uuid, stamp.id, stamp.uuid])
      expect(await directory.room(TENANT, key)).toEqual(stamp);
    expect(asked).toEqual([1, 1]);
    await expect(directory.room(TENANT, 'nowhere')).rejects.toMatchObject({ code: 'not-found' });
  });
});
