import { createInProcessHub, type Bus } from '@parlance/bus';
import { getFile, getRoom, registerFile, resolveRooms } from '@parlance/contracts';
import { sampleRoomView, sampleStamp, sampleTenant, sampleUser } from '@parlance/dialect-kit/conformance';
import { ParlanceError, type CredentialKind, type StoredFile } from '@parlance/domain';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Caller } from './caller.js';
import { Directory } from './directory.js';
import { fileActions, plainName } from './file.actions.js';
import { PDF, pngOf } from './uploads.fixture.js';

const view = sampleRoomView();
const stamp = sampleStamp(view);
const notFound = (): ParlanceError => new ParlanceError('not-found', 'Room not found.');

let edge: Bus;
let service: Bus;
let kept: Map<string, { readonly bytes: Uint8Array; readonly mimeType: string }>;
let noted: Map<string, { readonly file: Omit<StoredFile, 'url'>; readonly key: string }>;
let members: string[];
let registering: () => void;
let actions: ReturnType<typeof fileActions>;

beforeEach(async () => {
  const hub = createInProcessHub();
  [edge, service] = [hub.connect('edge'), hub.connect('service')];
  [kept, noted, members, registering] = [new Map(), new Map(), ['ann', 'bob'], () => undefined];
  await service.serve(resolveRooms, async ({ keys }) => ({
    rooms: keys.map((key) => (key === stamp.id ? stamp : null)),
  }));
  await service.serve(getRoom, async ({ viewerId }) => {
    if (viewerId !== null && !members.includes(viewerId)) throw notFound();
    return { room: view.room, members: [...view.members] };
  });
  await service.serve(registerFile, async ({ file, key }) => {
    registering();
    const whole = { ...file, createdAt: view.room.createdAt };
    noted.set(file.id, { file: whole, key });
    return { file: whole };
  });
  await service.serve(getFile, async ({ fileId, viewerId }) => {
    const found = noted.get(fileId);
    if (found === undefined || (viewerId !== null && !members.includes(viewerId))) throw notFound();
    return found;
  });
  actions = fileActions({
    bus: edge,
    directory: new Directory(edge),
    newId: () => 'file-1',
    maxTextChars: 100,
    storage: {
      storage: {
        put: async (key, bytes, mimeType) => void kept.set(key, { bytes, mimeType }),
        remove: async (key) => void kept.delete(key),
      },
      urls: { urlOf: (tenantId, { id, name }) => `/f/${id}/${tenantId}/${name}` },
      rules: { maxBytes: 1_000, types: ['image/png', 'application/pdf'] },
    },
  });
});

afterEach(() => Promise.all([edge.drain(), service.drain()]));

function caller(userId: string | null, kind: CredentialKind = 'user'): Caller {
  const tenant = sampleTenant({ payloadIdentity: 'refuse' });
  const credential = { kind, tenant, userId, deviceId: null, dialect: null, credentialId: 'k', expiresAt: null };
  return { tenant, credential, user: userId === null ? null : sampleUser(userId), origin: null };
}

interface Upload {
  readonly room: string | null;
  readonly name: string;
  readonly mimeType: string;
  readonly bytes: Uint8Array;
}
const picture: Upload = { room: stamp.id, name: 'a.png', mimeType: 'image/png', bytes: pngOf(4, 3) };
const store = (over: Partial<Upload> = {}, by = caller('ann')) =>
  actions['file.store'](by, { type: 'file.store', ...picture, ...over });

describe('an upload', () => {
  it('is kept, noted and given an address', async () => {
    const { file } = await store();
    expect(file).toMatchObject({
      id: 'file-1',
      roomId: stamp.id,
      ownerId: 'ann',
      name: 'a.png',
      mimeType: 'image/png',
      size: picture.bytes.byteLength,
      width: 4,
      height: 3,
      url: '/f/file-1/tenant-1/a.png',
    });
    expect(noted.get('file-1')?.key).toBe([...kept.keys()][0]);
    expect([...kept.values()]).toEqual([{ bytes: picture.bytes, mimeType: 'image/png' }]);
  });

  it('is stored under no name of its own', async () => {
    await store({ name: '../../etc/passwd' });
    expect([...kept.keys()]).toEqual([expect.stringMatching(/^[\w-]+\/[\w-]+$/)]);
    expect(noted.get('file-1')?.file.name).toBe('passwd');
  });

  it.each([
    ['a room that is not there', { room: 'nowhere' }, 'ann', 'not-found'],
    ['a room of others', {}, 'mallory', 'not-found'],
    ['no bytes', { bytes: new Uint8Array(0) }, 'ann', 'invalid'],
    ['too many bytes', { bytes: Buffer.concat([pngOf(4, 3), Buffer.alloc(1_000)]) }, 'ann', 'too-large'],
    ['bytes that are not what they claim', { bytes: PDF }, 'ann', 'invalid'],
    ['a type that is not allowed', { mimeType: 'text/html', bytes: Buffer.from('<html>') }, 'ann', 'invalid'],
    ['a public file that is no picture', { room: null, mimeType: 'application/pdf', bytes: PDF }, 'ann', 'invalid'],
    ['a header that claims too much', { bytes: pngOf(1, 1, [60_000, 60_000]) }, 'ann', 'too-large'],
  ])('with %s is refused and leaves nothing', async (_, over, by, code) => {
    await expect(store(over, caller(by))).rejects.toMatchObject({ code });
    expect([kept.size, noted.size]).toEqual([0, 0]);
  });

  it('of a member who was removed meanwhile leaves nothing', async () => {
    registering = () => {
      throw notFound();
    };
    await expect(store()).rejects.toMatchObject({ code: 'not-found' });
    expect(kept.size).toBe(0);
  });

  it('by nobody is refused; by the app itself it has no owner', async () => {
    await expect(store({}, caller(null, 'publishable'))).rejects.toMatchObject({ code: 'unauthenticated' });
    expect((await store({}, caller(null, 'secret'))).file.ownerId).toBeNull();
  });

  it('may be a public picture', async () => {
    expect((await store({ room: null })).file).toMatchObject({ roomId: null, width: 4 });
  });

  it('is unsupported where nothing is kept', async () => {
    const bare = fileActions({ bus: edge, directory: new Directory(edge), newId: () => 'x', maxTextChars: 1 });
    const refused = bare['file.store'](caller('ann'), { type: 'file.store', ...picture });
    await expect(refused).rejects.toMatchObject({ code: 'unsupported' });
  });
});

describe('a stored file', () => {
  it('is told to members alone; unknown and foreign answer alike', async () => {
    await store();
    const get = (userId: string, fileId = 'file-1') =>
      actions['file.get'](caller(userId), { type: 'file.get', fileId });
    expect((await get('bob')).file.url).toBe('/f/file-1/tenant-1/a.png');
    const refusals = await Promise.all(
      [get('mallory'), get('bob', 'unknown')].map((one) => one.catch((error: unknown) => error)),
    );
    expect(refusals).toEqual([notFound(), notFound()]);
    members = ['ann'];
    await expect(get('bob')).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('a name', () => {
  it.each([
    ['a.png', 'a.png'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\temp\\a b.png', 'a b.png'],
    ['..', 'file'],
    ['', 'file'],
    ['dir/', 'file'],
    ['a\u0000\r\nb\u202Egnp.exe', 'abgnp.exe'],
    ['\u{1F600}'.repeat(300), '\u{1F600}'.repeat(255)],
    ['half \uD83D', 'half'],
  ])('%j becomes %j', (given, expected) => {
    expect(plainName(given)).toBe(expected);
  });
});
