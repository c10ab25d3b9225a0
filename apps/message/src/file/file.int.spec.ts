import { getFile, registerFile, removeMember } from '@parlance/contracts';
import { describe, expect, it } from 'vitest';
import { sharedWorld } from '../testing/shared-world.js';
import { codeOf, makeRoom, TENANT, user } from '../testing/test-world.js';

const world = sharedWorld();

let ids = 0;

interface FileRequest {
  readonly id?: string;
  readonly roomId: string | null;
  readonly ownerId: string | null;
  readonly tenantId?: string;
  readonly name?: string;
}

async function register({ id = `file-${++ids}`, roomId, ownerId, tenantId = TENANT, name = 'a b%.png' }: FileRequest) {
  const file = { id, roomId, ownerId, name, mimeType: 'image/png', size: 5_000_000_000, width: 12, height: null };
  return world.bus.request(registerFile, { tenantId, file, key: `key-of-${id}` });
}

const read = async (viewerId: string | null, fileId: string, tenantId = TENANT) =>
  world.bus.request(getFile, { tenantId, viewerId, fileId });

describe('files', () => {
  it("of a room are its members' own", async () => {
    const room = await makeRoom(world.bus, ['ann', 'bob']);
    const { file } = await register({ roomId: room.id, ownerId: 'ann' });
    expect(file).toMatchObject({
      roomId: room.id,
      ownerId: 'ann',
      name: 'a b%.png',
      size: 5_000_000_000,
      height: null,
    });
    expect(await read('bob', file.id)).toEqual({ file, key: `key-of-${file.id}` });
    expect(await read(null, file.id)).toMatchObject({ file });
    expect(await codeOf(read('mallory', file.id))).toBe('not-found');
    expect(await codeOf(read('bob', file.id, 'other'))).toBe('not-found');
    expect(await codeOf(read('bob', 'unknown'))).toBe('not-found');
  });

  it('are gone for who leaves', async () => {
    const room = await makeRoom(world.bus, ['ann', 'bob']);
    const { file } = await register({ roomId: room.id, ownerId: 'ann' });
    await world.bus.request(removeMember, {
      tenantId: TENANT,
      actor: user('bob'),
      origin: null,
      roomId: room.id,
      userId: 'bob',
    });
    expect(await codeOf(read('bob', file.id))).toBe('not-found');
  });

  it('without a room are public to the tenant alone', async () => {
    const { file } = await register({ roomId: null, ownerId: 'ann' });
    expect(await read('stranger', file.id)).toMatchObject({ file });
    expect(await codeOf(read('ann', file.id, 'other'))).toBe('not-found');
  });

  it('are not noted for a room that the owner is not in', async () => {
    const room = await makeRoom(world.bus, ['ann']);
    expect(await codeOf(register({ id: 'refused', roomId: room.id, ownerId: 'mallory' }))).toBe('not-found');
    expect(await codeOf(register({ id: 'refused', roomId: 'no-room', ownerId: null }))).toBe('not-found');
    expect(await codeOf(read(null, 'refused'))).toBe('not-found');
    expect(await codeOf(register({ roomId: room.id, ownerId: null }))).toBe('ok');
  });

  it('may be noted twice, but never overwritten', async () => {
    const room = await makeRoom(world.bus, ['ann']);
    const first = await register({ id: 'twice', roomId: room.id, ownerId: 'ann' });
    expect(await register({ id: 'twice', roomId: room.id, ownerId: 'ann' })).toEqual(first);
    expect(await codeOf(register({ id: 'twice', roomId: null, ownerId: 'mallory' }))).toBe('conflict');
    expect(await codeOf(register({ id: 'half', roomId: room.id, ownerId: 'ann', name: 'nul \u0000' }))).toBe('invalid');
    expect(await read('ann', 'twice')).toMatchObject(first);
  });
});
