import type { HttpRequest } from '@parlance/dialect-kit';
import {
  recordingExecute,
  refusalFrom,
  sampleMessage,
  sampleRoomView,
  sampleStamp,
  sampleUser,
} from '@parlance/dialect-kit/conformance';
import { ERROR_CODES, ParlanceError } from '@parlance/domain';
import { describe, expect, it } from 'vitest';
import { http } from './http.js';

const FORM = { 'content-type': 'multipart/form-data; boundary=x' };
const JSON_BODY = { 'content-type': 'application/json; charset=utf-8' };

function call(route: string, request: Partial<HttpRequest>) {
  const found = http.routes.find(({ method, path }) => `${method} ${path}` === route);
  if (found === undefined) throw new Error(`no such route: ${route}`);
  return found.parse({ params: {}, query: {}, headers: {}, body: undefined, files: [], ...request });
}

const refusal = (route: string, request: Partial<HttpRequest>) =>
  refusalFrom(`${route} ${JSON.stringify(request)}`, () => call(route, request));

describe('the credential', () => {
  it.each([
    ['Bearer pk_1', 'pk_1'],
    ['bearer   pk_1 ', 'pk_1'],
    ['pk_1', 'pk_1'],
    ['Bearerish', 'Bearerish'],
    [['Bearer pk_1', 'Bearer pk_2'], 'pk_1'],
    ['Bearer ', null],
    ['Bearer', null],
    ['', null],
    [undefined, null],
  ])('of %j is %j', (authorization, expected) => {
    expect(http.credential({ authorization })).toBe(expected);
  });

  it('is not made up where there is none', () => {
    expect(call('get /v1/chat/:id', { params: { id: 'c1' } }).claim).toEqual({ credential: undefined });
  });
});

describe('errors', () => {
  it('have the documented statuses, and the retryable ones their own', () => {
    const statuses = ERROR_CODES.map((code) => [code, http.refuse(new ParlanceError(code, 'Because.')).status]);
    expect(Object.fromEntries(statuses)).toEqual({
      invalid: 400,
      conflict: 400,
      'too-large': 400,
      unsupported: 400,
      unauthenticated: 401,
      'permission-denied': 401,
      'not-found': 404,
      'rate-limited': 429,
      overloaded: 503,
      unavailable: 503,
      internal: 500,
    });
  });

  it('say why in `message`, except what is nobody else’s business', () => {
    expect(http.refuse(new ParlanceError('not-found', 'Room not found.')).body).toEqual({ message: 'Room not found.' });
    expect(http.refuse(new ParlanceError('internal', 'pool at 10.0.0.3')).body).toEqual({
      message: 'Internal server error',
    });
  });

  it.each([
    ['post /v1/user', { body: { name: 'Ann' } }, 'body.username'],
    ['post /v1/user', { body: { username: 'u'.repeat(129) } }, 'body.username'],
    ['post /v1/user', { body: { username: 'ann', metadata: '{"a":' } }, 'body.metadata'],
    ['post /v1/user', { body: { username: 'ann', metadata: '[1]' } }, 'body.metadata'],
    ['post /v1/user', { body: { username: 'ann', metadata: '{"__proto__":{"polluted":1}}' } }, 'body.metadata'],
    ['post /v1/user', { body: { username: 'ann', metadata: '['.repeat(5000) + ']'.repeat(5000) } }, 'body.metadata'],
    ['post /v1/user', {}, 'body'],
    ['get /v1/user', { query: {} }, 'query'],
    ['get /v1/user/list', { query: {} }, 'query.usernames'],
    ['get /v1/user/list', { query: { usernames: Array.from({ length: 501 }, (_, i) => `u${i}`) } }, 'query.usernames'],
    ['post /v1/chat', { body: { user_id: 'ann' } }, 'body.usernames'],
    ['get /v1/chat/list', { query: { page: '0' } }, 'query.page'],
    ['get /v1/chat/list', { query: { page: 'two' } }, 'query.page'],
    ['get /v1/chat/list', { query: { page: '1.5' } }, 'query.page'],
    ['get /v1/chat/list', { query: { limit: '1000' } }, 'query.limit'],
    ['patch /v1/chat/:id', { params: { id: 'c1' }, body: { metadata: 'x' } }, 'body.metadata'],
    ['post /v1/chat/:id/participants', { params: { id: 'c1' }, body: {} }, 'body.user_id'],
    ['get /v1/messages', { query: { user_id: 'ann' } }, 'query.chat_id'],
    ['post /v1/messages', { body: { chat_id: 'c1', text: { a: 1 } } }, 'body.text'],
  ])('%s %j names %s', (route, request, field) => {
    const error = refusal(route, request);
    expect(error.code).toBe('invalid');
    expect(Object.keys(error.details?.fields ?? {})).toContain(field);
  });

  it.each([
    ['post /v1/messages', { body: { chat_id: 'c1', user_id: 'ann', text: '' } }],
    ['post /v1/messages', { body: { chat_id: 'c1', user_id: 'ann' } }],
    ['patch /v1/messages/:id', { params: { id: 'm1' }, body: {} }],
    ['post /v1/chat', { headers: JSON_BODY, body: { usernames: ['ann', 'ann'], user_id: 'ann' } }],
  ])('%s %j asks for what is missing, and does nothing', async (route, request) => {
    const { execute, intents } = recordingExecute();
    await expect(call(route, request).run(execute)).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringMatching(/text|usernames/),
    });
    expect(intents).toEqual([]);
  });

  it('an unknown user is not found', async () => {
    const { execute } = recordingExecute({ 'user.find': () => ({ users: [null] }) });
    const run = call('get /v1/user', { query: { username: 'nobody' } }).run(execute);
    await expect(run).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('files', () => {
  const picture = { field: 'file', name: 'a.png', mimeType: 'image/png', bytes: new Uint8Array(3) };
  const avatar = { ...picture, field: 'avatar_file' };
  const text = { chat_id: 'c1', user_id: 'ann', text: 'look' };
  const file = {
    id: 'f1',
    roomId: 'c1',
    ownerId: 'ann',
    name: 'a.png',
    mimeType: 'image/png',
    size: 3,
    width: 4,
    height: 5,
    url: '/f/f1/proof/a.png',
    createdAt: '2026-01-02T03:04:05.678Z',
  };
  const carried = { url: file.url, name: 'a.png', mimeType: 'image/png', size: 3, width: 4, height: 5 };

  /** What is asked for, the answers to all but uploads being missing. */
  const asked = async (route: string, request: Partial<HttpRequest>, mimeType = file.mimeType) => {
    const { execute, intents } = recordingExecute({
      'file.store': () => ({ file: { ...file, mimeType } }),
      'message.get': () => ({
        message: sampleMessage({ roomId: 'c7' }),
        sender: null,
        room: sampleStamp(sampleRoomView()),
      }),
    });
    await call(route, { headers: FORM, ...request })
      .run(execute)
      .catch(() => undefined);
    return intents;
  };

  it('of a message are stored for its chat first', async () => {
    const intents = await asked('post /v1/messages', { body: text, files: [picture] });
    expect(intents).toMatchObject([
      { type: 'file.store', room: 'c1', name: 'a.png', mimeType: 'image/png', bytes: picture.bytes },
      { type: 'message.send', room: 'c1', draft: { type: 'image', text: 'look', attachment: carried } },
    ]);
  });

  it.each([
    ['image/gif', 'image'],
    ['video/mp4', 'video'],
    ['audio/mpeg', 'file'],
    ['application/pdf', 'file'],
  ])('of the type %s make a message of the type %s, also without words', async (mimeType, type) => {
    const [, send] = await asked(
      'post /v1/messages',
      { body: { ...text, text: undefined }, files: [picture] },
      mimeType,
    );
    expect(send).toMatchObject({ draft: { type, text: null, attachment: { mimeType } } });
  });

  it('of an edit are stored where the message is', async () => {
    const intents = await asked('patch /v1/messages/:id', { params: { id: 'm1' }, body: {}, files: [picture] });
    expect(intents).toMatchObject([
      { type: 'message.get', messageId: 'm1' },
      { type: 'file.store', room: 'c7' },
      { type: 'message.edit', messageId: 'm1', messageType: 'image', attachment: carried },
    ]);
  });

  it.each([
    ['post /v1/user', { body: { username: 'ann' } }, { type: 'user.put', fields: { photo: file.url } }],
    ['patch /v1/user/:id', { params: { id: 'ann' }, body: {} }, { type: 'user.put', fields: { photo: file.url } }],
    ['post /v1/chat', { body: { usernames: ['ann', 'bob'] } }, { type: 'room.create', photo: file.url }],
  ])('of %s become its picture, which anybody may see', async (route, request, then) => {
    const intents = await asked(route, { ...request, files: [avatar] });
    expect(intents).toMatchObject([{ type: 'file.store', room: null }, then]);
  });

  it.each([
    ['under another name', 'post /v1/messages', { body: text, files: [avatar] }],
    ['two of them', 'post /v1/messages', { body: text, files: [picture, picture] }],
    ['two pictures', 'post /v1/user', { body: { username: 'ann' }, files: [avatar, avatar] }],
    ['a message’s for a user', 'patch /v1/user/:id', { params: { id: 'ann' }, body: {}, files: [picture] }],
    [
      'what a browser makes of a file it cannot send',
      'post /v1/user',
      { body: { username: 'ann', avatar_file: '[object FormData]' } },
    ],
  ])('%s: nothing at all is done', async (_, route, request) => {
    const { execute, intents } = recordingExecute();
    await expect(call(route, { headers: FORM, ...request }).run(execute)).rejects.toMatchObject({ code: 'invalid' });
    expect(intents).toEqual([]);
  });

  it('as a text are no files', () => {
    const error = refusal('post /v1/messages', { headers: FORM, body: { ...text, file: 'https://x.test/a.png' } });
    expect(Object.keys(error.details?.fields ?? {})).toContain('body.file');
  });
});

describe('the calls of the vendor’s tests', () => {
  it('know the demo’s key alone', () => {
    expect(call('get /sdk-test', {}).claim).toEqual({ credential: 'demo-public-key' });
    expect(call('post /sdk-test', { body: { user_id: 'x' } }).claim).toEqual({ credential: 'demo-public-key' });
  });

  it('are not there where it is not known', () => {
    const routes = http.routes.filter(({ path }) => path === '/sdk-test');
    expect(routes).toHaveLength(2);
    for (const { refuse } of routes) {
      expect(refuse?.(new ParlanceError('unauthenticated', 'Unknown key.'))?.status).toBe(404);
      expect(refuse?.(new ParlanceError('overloaded', 'Busy.'))).toBeNull();
    }
  });
});

describe('what is asked', () => {
  const intentOf = async (route: string, request: Partial<HttpRequest>) => {
    const { execute, intents } = recordingExecute();
    await call(route, request)
      .run(execute)
      .catch(() => undefined);
    return intents[0];
  };

  it.each([
    ['JSON with two names', { headers: JSON_BODY, body: { usernames: ['ann', 'bob'] } }, 'direct'],
    ['a form with two names', { headers: FORM, body: { usernames: ['ann', 'bob'] } }, 'group'],
    ['a form with one name', { headers: FORM, body: { usernames: 'ann' } }, 'group'],
    ['JSON with three names', { headers: JSON_BODY, body: { usernames: ['ann', 'bob', 'cleo'] } }, 'group'],
    ['JSON with a title', { headers: JSON_BODY, body: { usernames: ['ann', 'bob'], title: 'Two' } }, 'group'],
    ['axios’ spelling', { headers: JSON_BODY, body: { 'usernames[]': ['ann', 'bob'] } }, 'direct'],
  ])('a chat by %s is a %s one', async (_, request, kind) => {
    expect(await intentOf('post /v1/chat', request)).toMatchObject({ type: 'room.create', kind });
  });

  it('a blank name or title is none, an empty avatar takes the picture away', async () => {
    const body = { username: 'ann', name: '  ', avatar: '' };
    expect(await intentOf('post /v1/user', { headers: FORM, body })).toEqual({
      type: 'user.put',
      ref: { username: 'ann' },
      fields: { name: undefined, photo: null, metadata: undefined },
      mustExist: false,
    });
  });

  it('a picture’s address may stand in `avatar_file` too', async () => {
    const body = { username: 'ann', avatar_file: 'https://x.test/a.png' };
    const intent = await intentOf('post /v1/user', { headers: FORM, body });
    expect(intent).toMatchObject({ fields: { photo: 'https://x.test/a.png' } });
  });

  it('adding a participant claims to be nobody', () => {
    const add = call('post /v1/chat/:id/participants', { params: { id: 'c1' }, body: { user_id: 'bob' } });
    expect(add.claim.user).toBeUndefined();
  });
});

describe('what is there no more', () => {
  it('a chat deleted twice is `success: false`', async () => {
    const { execute } = recordingExecute();
    expect(await call('delete /v1/chat/:id', { params: { id: 'c1' } }).run(execute)).toEqual({
      status: 200,
      body: { success: false },
    });
  });

  it('a deleted chat has no messages, and zeros', async () => {
    const { execute } = recordingExecute();
    expect(await call('get /v1/messages', { query: { chat_id: 'c1', user_id: 'ann' } }).run(execute)).toEqual({
      status: 200,
      body: { success: false, messages: [], page: 0, total_messages: 0, total_pages: 0 },
    });
  });

  it('only that is worded so: a refused deletion stays an error', async () => {
    const denied = () => Promise.reject(new ParlanceError('permission-denied', 'Only the owner deletes a chat.'));
    const run = call('delete /v1/chat/:id', { params: { id: 'c1' } }).run(denied);
    await expect(run).rejects.toMatchObject({ code: 'permission-denied' });
  });

  it('a participant who was in already is answered all the same', async () => {
    const view = sampleRoomView({ kind: 'group' });
    const { execute } = recordingExecute({ 'member.add': () => ({ ...view, added: [] }) });
    const add = call('post /v1/chat/:id/participants', { params: { id: 'c1' }, body: { user_id: 'bob' } });
    expect((await add.run(execute)).body).toMatchObject({ success: true, participant: { id: sampleUser('bob').id } });
  });
});
