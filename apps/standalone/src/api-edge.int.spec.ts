import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerOf, caller, refusal, startApiWorld, type Answer, type ApiWorld } from './api.fixture.js';

let world: ApiWorld;
beforeAll(async () => {
  world = await startApiWorld();
});
afterAll(async () => world.close());

const AUTH = { authorization: 'Bearer demo-secret-key' };
const JSON_TYPE = { 'content-type': 'application/json' };

async function put(
  path: string,
  body: string | Uint8Array,
  headers: Record<string, string> = JSON_TYPE,
): Promise<Answer> {
  return answerOf(await fetch(`${world.url}/api/v1${path}`, { method: 'PUT', headers: { ...AUTH, ...headers }, body }));
}

/** Still there, and still itself. */
async function expectAlive(): Promise<void> {
  expect((await fetch(`${world.url}/health/live`)).status).toBe(200);
  expect(Reflect.get({}, 'polluted')).toBeUndefined();
  expect(world.log.filter((line) => line.includes('request-failed'))).toEqual([]);
}

function dial(): Socket {
  const { hostname, port } = new URL(world.url);
  return connect(Number(port), hostname);
}

describe('a malformed request', () => {
  const hostile: [string, string | Uint8Array, string, number][] = [
    ['cut JSON', '{"name":', 'invalid', 400],
    ['no JSON', 'name=ann', 'invalid', 400],
    ['JSON that is no object', '[1]', 'invalid', 400],
    ['a scalar', '"ann"', 'invalid', 400],
    ['a prototype key', '{"metadata":{"__proto__":{"polluted":true}}}', 'invalid', 400],
    ['a constructor key', '{"constructor":{"prototype":{"polluted":true}}}', 'invalid', 400],
    ['deep nesting', `{"metadata":${'{"a":'.repeat(40)}1${'}'.repeat(41)}`, 'invalid', 400],
    ['bottomless nesting', '['.repeat(100_000), 'invalid', 400],
    ['a NUL', '{"name":"a\\u0000b"}', 'invalid', 400],
    ['no UTF-8', new Uint8Array([0x22, 0xff, 0xfe, 0x22]), 'invalid', 400],
    ['too much', JSON.stringify({ name: 'x'.repeat(300_000) }), 'too-large', 413],
  ];

  it.each(hostile)('with %s is refused and changes nothing', async (_, body, code, status) => {
    expect(await put('/users/victim', body)).toMatchObject(refusal(code, status));
    expect(await caller(world.url, 'demo-secret-key')('GET', '/users/victim')).toMatchObject(refusal('not-found', 404));
    await expectAlive();
  });

  it('of another content type or coding is refused', async () => {
    const multipart = { 'content-type': 'multipart/form-data; boundary=x' };
    expect(await put('/users/victim', '--x--\r\n', multipart)).toMatchObject(refusal('invalid', 400));
    expect(await put('/users/victim', '{}', { ...JSON_TYPE, 'content-encoding': 'gzip' })).toMatchObject(
      refusal('invalid', 400),
    );
    await expectAlive();
  });

  it('needs no body where every field is optional', async () => {
    const bare = await fetch(`${world.url}/api/v1/users/bare`, { method: 'PUT', headers: AUTH });
    expect(await answerOf(bare)).toMatchObject({ status: 200, body: { id: 'bare' } });
  });

  it('with an endless body of unknown length is told so and cut off', async () => {
    const socket = dial();
    const head = `PUT /api/v1/users/victim HTTP/1.1\r\nHost: x\r\nAuthorization: ${AUTH.authorization}\r\n`;
    const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
    let answer = '';
    socket.on('data', (data) => (answer += data.toString()));
    socket.on('error', () => undefined); // Writing on meets the closed end.
    socket.write(`${head}Transfer-Encoding: chunked\r\n\r\n`);
    // As many as there is patience for; each turn lets the server read what it was sent.
    for (let sent = 0; !socket.closed && sent < 4_096; sent += 1) {
      socket.write(chunk);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(socket.closed).toBe(true);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    await expectAlive();
  });

  it('that breaks off does nothing', async () => {
    const socket = dial();
    const head = `PUT /api/v1/users/victim HTTP/1.1\r\nHost: x\r\nAuthorization: ${AUTH.authorization}\r\n`;
    await new Promise<void>((resolve) =>
      socket.write(`${head}Content-Length: 100\r\n\r\n{"name":"half"`, () => resolve()),
    );
    await new Promise<void>((resolve) => socket.once('close', () => resolve()).destroy());
    expect(await caller(world.url, 'demo-secret-key')('GET', '/users/victim')).toMatchObject(refusal('not-found', 404));
    await expectAlive();
  });
});

describe('below the roots', () => {
  it.each(['/api/v1', '/api/v1/', '/api/v1/nothing', '/api/v1/tenant/users', '/api/v1/users/a/b/c'])(
    '%s is a coded 404, in every method',
    async (path) => {
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
        const answer = await answerOf(await fetch(`${world.url}${path}`, { method, headers: AUTH }));
        expect(answer, method).toMatchObject(refusal('not-found', 404));
        expect(answer.headers.get('cache-control')).toBe('no-store');
      }
    },
  );

  it('swallows nothing beside them', async () => {
    expect((await fetch(`${world.url}/health/ready`)).status).toBe(200);
    expect((await fetch(`${world.url}/metrics`)).status).toBe(200);
    const elsewhere = await answerOf(await fetch(`${world.url}/socket.io/?EIO=4`));
    expect(elsewhere).toMatchObject({ status: 404, body: { statusCode: 404 } });
  });

  it.each(['/api/v1/users/ann', '/v1/chat'])('answers a preflight for %s from any origin', async (path) => {
    const headers = {
      origin: 'https://app.example',
      'access-control-request-method': 'PUT',
      'access-control-request-headers': 'Authorization, X-Client_Key,clint-version',
    };
    const answer = await fetch(`${world.url}${path}`, { method: 'OPTIONS', headers });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(answer.headers.get('access-control-allow-headers')).toBe('Authorization, X-Client_Key,clint-version');
    expect(answer.headers.get('access-control-allow-methods')).toContain('PUT');
    expect(answer.headers.get('vary')).toContain('Origin');
  });

  it('serves its documentation from local files', async () => {
    const document: unknown = await (await fetch(`${world.url}/api/openapi.json`)).json();
    expect(document).toMatchObject({ openapi: '3.1.0', paths: { '/api/v1/users/{id}': {}, '/v1/chat': {} } });
    const page = await (await fetch(`${world.url}/api/docs`)).text();
    const assets = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => String(url));
    expect(assets.length).toBeGreaterThan(2);
    for (const asset of assets) {
      expect(asset).toMatch(/^\/api\/docs\//);
      expect((await fetch(`${world.url}${asset}`)).status, asset).toBe(200);
    }
  });
});

describe('limits', () => {
  it('answers a flood of one user with 429 and when to come back, and not another user', async () => {
    const url = await world.startApi({ PARLANCE_LIMIT_OTHER_EVENTS_PER_SECOND: '3' });
    const server = caller(url, 'demo-secret-key');
    const clientOf = async (id: string) => {
      await server('PUT', `/users/${id}`, {});
      const { body } = await server('POST', `/users/${id}/tokens`, {});
      return caller(url, String(Reflect.get(Object(body), 'token')));
    };
    const [flooder, bystander] = [await clientOf('flooder'), await clientOf('bystander')];
    const answers = await Promise.all(Array.from({ length: 10 }, () => flooder('GET', '/users/flooder')));
    const refused = answers.find((answer) => answer.status === 429);
    expect(refused).toMatchObject(refusal('rate-limited', 429));
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(answers.filter((answer) => answer.status === 200).length).toBeGreaterThanOrEqual(3);
    expect((await bystander('GET', '/users/bystander')).status).toBe(200);
  });

  it('makes an address wait that keeps guessing credentials', async () => {
    const url = await world.startApi({ PARLANCE_LIMIT_REFUSALS_PER_MINUTE: '5' });
    const statuses = [];
    for (let guess = 0; guess < 7; guess += 1)
      statuses.push((await caller(url, `guess-${guess}`)('GET', '/users/a')).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429]);
  });

  it('bounds what bodies hold in memory together', async () => {
    const url = await world.startApi({ PARLANCE_API_BODIES_BYTES: '1MB' });
    const form = new FormData();
    form.append('username', 'x');
    form.append('avatar_file', new Blob(['x'.repeat(1_100_000)]), 'x.png');
    const init = { method: 'POST', headers: { authorization: 'Bearer demo-public-key' }, body: form };
    const answer = await fetch(`${url}/v1/user`, init);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('1');
    expect((await caller(url, 'demo-secret-key')('PUT', '/users/after', {})).status).toBe(200);
  });

  it('refuses a text over the limit', async () => {
    const server = caller(world.url, 'demo-secret-key');
    await server('PUT', '/users/writer', {});
    const { body } = await server('POST', '/rooms', { kind: 'group', memberIds: ['writer'] });
    const path = `/rooms/${String(Reflect.get(Object(body), 'id'))}/messages`;
    expect(await server('POST', path, { senderId: 'writer', text: 'x'.repeat(20_001) })).toMatchObject(
      refusal('too-large', 413),
    );
    expect(await server('POST', path, { senderId: 'writer', text: '' })).toMatchObject(refusal('invalid', 400));
    expect(await server('POST', path, { senderId: 'writer', text: 'x'.repeat(20_000) })).toMatchObject({ status: 201 });
  });
});

describe('without its services', () => {
  it('says at once that they are away, and that one may repeat', async () => {
    const server = caller(world.url, 'demo-secret-key');
    await server('PUT', '/users/before', {});
    world.hub.partition('services');
    try {
      const answer = await server('PUT', '/users/before', { name: 'x' });
      expect(answer).toMatchObject(refusal('unavailable', 503));
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    } finally {
      world.hub.heal('services');
    }
    expect((await server('PUT', '/users/before', { name: 'y' })).status).toBe(200);
  });
});
