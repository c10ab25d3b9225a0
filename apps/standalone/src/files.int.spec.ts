import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerOf, field, idOf, peopleAt, refusal, startApiWorld, type Answer, type ApiWorld } from './api.fixture.js';

/** Uploads from the native API to the disk and back, with whom each of them is for. */

let world: ApiWorld;
let people: ReturnType<typeof peopleAt>;
beforeAll(async () => {
  world = await startApiWorld();
  people = peopleAt(world.url);
});
afterAll(async () => world.close());

const KEY = 'demo-secret-key';

function pngOf(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const [body, length, check] = [
      Buffer.concat([Buffer.from(type, 'latin1'), data]),
      Buffer.alloc(4),
      Buffer.alloc(4),
    ];
    length.writeUInt32BE(data.length);
    check.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, check]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  const rows = deflateSync(Buffer.alloc((width + 1) * height));
  const parts = [chunk('IHDR', header), chunk('IDAT', rows), chunk('IEND', Buffer.alloc(0))];
  return Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]), ...parts]);
}

const PNG = pngOf(6, 4);

async function upload(room: string, by: string, file: File, credential = KEY, url = world.url): Promise<Answer> {
  const body = new FormData();
  body.set('by', by);
  body.set('file', file);
  const headers = { authorization: `Bearer ${credential}` };
  return answerOf(await fetch(`${url}/api/v1/rooms/${room}/files`, { method: 'POST', headers, body }));
}

const picture = (name = 'a.png', bytes: Uint8Array = PNG, type = 'image/png'): File =>
  new File([Uint8Array.from(bytes)], name, { type });

const read = (url: string, init: RequestInit = {}): Promise<Response> =>
  fetch(new URL(url, world.url), { redirect: 'manual', ...init });

async function shared(): Promise<{
  readonly ann: string;
  readonly room: string;
  readonly url: string;
  readonly id: string;
}> {
  const ann = await people.user('ann');
  const room = await people.room(ann);
  const stored = await upload(room, ann, picture());
  expect(stored).toMatchObject({
    status: 201,
    body: { ownerId: ann, roomId: room, width: 6, height: 4, size: PNG.length },
  });
  return { ann, room, url: String(field(stored, 'url')), id: idOf(stored) };
}

describe('a stored file', () => {
  it('comes back byte for byte to whoever has its URL, and is kept away from pages', async () => {
    const { url, id } = await shared();
    expect(url).toMatch(new RegExp(`^/f/${id}/[\\w-]+\\.[\\w-]{43}/a\\.png$`));
    const response = await read(url);
    expect(response.status).toBe(200);
    expect(Buffer.from(await response.arrayBuffer()).equals(PNG)).toBe(true);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'image/png',
      'content-length': String(PNG.length),
      'content-disposition': 'inline; filename=a.png',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'cross-origin',
      'access-control-allow-origin': '*',
      'cache-control': 'private, max-age=31536000, immutable',
    });
    const head = await read(url, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, String(PNG.length), '']);
  });

  it('that a browser would open is handed over instead', async () => {
    const { ann, room } = await shared();
    const text = await upload(room, ann, picture('ü <script>.txt', Buffer.from('<script>1</script>'), 'text/plain'));
    const response = await read(String(field(text, 'url')));
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(response.headers.get('content-disposition')).toMatch(
      /^attachment; .*filename\*=UTF-8''%C3%BC%20%3Cscript%3E\.txt$/,
    );
  });

  it('is told to members by their credential; to others it is not there', async () => {
    const [bob, eve] = [await people.client('bob'), await people.client('eve')];
    const ann = await people.user('ann');
    const room = await people.room(ann, bob.id);
    const id = idOf(await upload(room, ann, picture()));
    expect(await bob.ask('GET', `/files/${id}`)).toMatchObject({ status: 200, body: { id, url: expect.any(String) } });
    const answers = [await eve.ask('GET', `/files/${id}`), await eve.ask('GET', '/files/unknown')];
    expect(answers).toMatchObject([refusal('not-found', 404), refusal('not-found', 404)]);
    expect(answers[0]?.body).toEqual(answers[1]?.body);
    await people.server('DELETE', `/rooms/${room}/members/${bob.id}`);
    expect(await bob.ask('GET', `/files/${id}`)).toMatchObject(refusal('not-found', 404));
  });

  it('is found by a credential at its bare path, which leads to its URL', async () => {
    const { url, id } = await shared();
    const led = await read(`/f/${id}`, { headers: { authorization: `Bearer ${KEY}` } });
    expect([led.status, led.headers.get('location')]).toEqual([302, url]);
    expect((await read(`/f/${id}`)).status).toBe(401);
    const eve = await people.user('eve');
    const issued = await people.server('POST', `/users/${eve}/tokens`, {});
    const token = `Bearer ${String(field(issued, 'token'))}`;
    const answers = [
      await read(`/f/${id}`, { headers: { authorization: token } }),
      await read('/f/none', { headers: { authorization: token } }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 404]);
    expect(await answers[0]?.text()).toBe(await answers[1]?.text());
  });

  it('is not reached by any other proof, id or path', async () => {
    const [one, other] = [await shared(), await shared()];
    const proofOf = (url: string): string => url.split('/')[3] ?? '';
    const unknown = await read(`/f/unknown/${proofOf(one.url)}/a.png`);
    const paths = [
      `/f/${other.id}/${proofOf(one.url)}/a.png`,
      `/f/${one.id}/${proofOf(one.url).slice(0, -1)}/a.png`,
      `/f/${one.id}/x/a.png`,
      `/f/${one.id}/${'x'.repeat(4_000)}/a.png`,
      `/f/..%2f..%2fetc%2fpasswd/${proofOf(one.url)}/a.png`,
      `/f/${one.id}/${proofOf(one.url)}/a/b`,
      '/f/',
    ];
    const answers = await Promise.all(paths.map((path) => read(path)));
    expect(answers.map(({ status }) => status)).toEqual(paths.map(() => 404));
    expect(await Promise.all(answers.map((answer) => answer.json()))).toEqual(
      paths.map(() => ({ error: expect.objectContaining({ code: 'not-found' }) })),
    );
    expect(unknown.status).toBe(404);
  });
});

describe('an upload', () => {
  it.each([
    ['that is not what it claims', picture('a.png', Buffer.from('MZ not an image')), 'invalid', 400],
    ['of a type that a browser runs', picture('a.html', Buffer.from('<html>'), 'text/html'), 'invalid', 400],
    ['of no bytes', picture('a.png', Buffer.alloc(0)), 'invalid', 400],
    [
      'whose header claims too much',
      picture('a.png', Buffer.concat([PNG.subarray(0, 16), Buffer.from('0000ffff0000ffff', 'hex'), PNG.subarray(24)])),
      'too-large',
      413,
    ],
  ])('%s is refused', async (_, file, code, status) => {
    const ann = await people.user('ann');
    const room = await people.room(ann);
    expect(await upload(room, ann, file)).toMatchObject(refusal(code, status));
  });

  it('into a foreign room answers as into an unknown one', async () => {
    const [ann, eve] = [await people.user('ann'), await people.user('eve')];
    const room = await people.room(ann);
    const answers = [await upload(room, eve, picture()), await upload('unknown', eve, picture())];
    expect(answers).toMatchObject([refusal('not-found', 404), refusal('not-found', 404)]);
    expect(answers[0]?.body).toEqual(answers[1]?.body);
  });

  it('with a name full of paths keeps its last part alone', async () => {
    const ann = await people.user('ann');
    const room = await people.room(ann);
    expect(await upload(room, ann, picture('../../../etc/passwd'))).toMatchObject({
      status: 201,
      body: { name: 'passwd' },
    });
  });

  it('over the limit leaves no file behind, and nothing is kept where no secret is set', async () => {
    const ann = await people.user('ann');
    const room = await people.room(ann);
    const folder = await mkdtemp(join(tmpdir(), 'parlance-uploads-'));
    const small = await world.startApi({ PARLANCE_LIMIT_FILE_BYTES: '50', PARLANCE_STORAGE_DIR: folder });
    expect(await upload(room, ann, picture(), KEY, small)).toMatchObject(refusal('too-large', 413));
    expect(await readdir(folder)).toEqual([]);
    const none = await world.startApi({ PARLANCE_FILES_SECRET: '' });
    expect(await upload(room, ann, picture(), KEY, none)).toMatchObject(refusal('unsupported', 501));
    await rm(folder, { recursive: true, force: true });
  });
});
