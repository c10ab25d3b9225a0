import type { HttpRequest } from '@parlance/dialect-kit';
import { refusalFrom, sampleCall, sampleMember, sampleMessage, sampleStamp } from '@parlance/dialect-kit/conformance';
import { ERROR_CODES, ParlanceError } from '@parlance/domain';
import { describe, expect, it } from 'vitest';
import { http } from './http.js';
import { localIdOf } from './local-id.js';
import { ann, bob, first, pair, second, team, world } from './world.fixture.js';

const MESSAGES = '/api/v2/channel/:roomId/message';
const SEND = `post ${MESSAGES}`;
const params = { roomId: pair.room.id };
const LOCAL = '9f3c2f0e-52c1-4a31-9c1c-3c2cf1f0a001';
const TEXT = { content: 'hi', localId: LOCAL, isEncrypted: 'false', messageType: 'text' };

function routeOf(name: string) {
  const found = http.routes.find(({ method, path }) => `${method} ${path}` === name);
  if (found === undefined) throw new Error(`no such route: ${name}`);
  return found;
}

function call(name: string, request: Partial<HttpRequest>) {
  return routeOf(name).parse({ params, query: {}, headers: {}, body: undefined, files: [], ...request });
}

const refusal = (name: string, request: Partial<HttpRequest>) =>
  refusalFrom(`${name} ${JSON.stringify(request)}`, () => call(name, request));

const failing = (code: (typeof ERROR_CODES)[number]) => () => {
  throw new ParlanceError(code, `Sample ${code}.`);
};

describe('the credential', () => {
  it.each([
    ['Bearer t', 't'],
    ['bearer  t ', 't'],
    ['t', 't'],
    ['Bearer null', null],
    ['Bearer ', null],
    [undefined, null],
  ])('of %j is %j', (authorization, expected) => {
    expect(http.credential({ authorization })).toBe(expected);
  });

  it('is not asked for where somebody signs in, whatever stale one comes along', () => {
    const connect = routeOf('post /api/v2/auth/connect');
    expect(connect.anonymous).toBe(true);
    expect(http.routes.filter((route) => route.anonymous === true)).toEqual([connect]);
  });
});

describe('errors', () => {
  it('have the statuses that the client maps, and say why in `data`', () => {
    const answers = ERROR_CODES.map((code) => [code, http.refuse(new ParlanceError(code, 'Because.'))] as const);
    expect(Object.fromEntries(answers.map(([code, { status }]) => [code, status]))).toEqual({
      invalid: 400,
      conflict: 400,
      'too-large': 400,
      unsupported: 400,
      unauthenticated: 450,
      'permission-denied': 403,
      'not-found': 404,
      'rate-limited': 429,
      overloaded: 503,
      unavailable: 503,
      internal: 500,
    });
    for (const [code, { body }] of answers) {
      expect(body).toEqual({ data: code === 'internal' ? 'Internal server error' : 'Because.' });
    }
  });

  it.each([
    ['post /api/v2/auth/connect', { body: { identifier: 'a' } }, 'body.password'],
    ['post /api/v2/auth/connect', { body: { password: 'p' } }, 'body.identifier'],
    ['patch /api/v2/profile/name', { body: { fullName: '  ' } }, 'body.fullName'],
    ['post /api/v2/profile/push', { body: {} }, 'body.pushKey'],
    ['get /api/v2/profile/users', { query: { page: '0' } }, 'query.page'],
    ['get /api/v2/channel', { query: { roomType: 'x' } }, 'query.roomType'],
    ['get /api/v2/channel', { query: { limit: 'many' } }, 'query.limit'],
    ['patch /api/v2/channel/:roomId/translate', { body: {} }, 'body.transTo'],
    ['post /api/v2/channel/group', { body: { groupName: 'x', identifiers: '{"a":1}' } }, 'body.identifiers'],
    ['post /api/v2/channel/group', { body: { groupName: 'x', identifiers: '["a"' } }, 'body.identifiers'],
    ['post /api/v2/channel/group', { body: { identifiers: '["a"]' } }, 'body.groupName'],
    [
      'patch /api/v2/channel/:roomId/group/members/:identifier/:role',
      { params: { roomId: 'r', identifier: 'a', role: 'king' } },
      'params.role',
    ],
    [SEND, { body: { ...TEXT, localId: '' } }, 'body.localId'],
    [SEND, { body: { ...TEXT, messageType: 'info' } }, 'body.messageType'],
    [SEND, { body: { ...TEXT, messageType: 'call' } }, 'body.messageType'],
    [SEND, { body: { ...TEXT, messageType: 'allCall' } }, 'body.messageType'],
    [SEND, { body: { ...TEXT, isEncrypted: 'perhaps' } }, 'body.isEncrypted'],
    [SEND, { body: { ...TEXT, attachment: '{"__proto__":{"polluted":1}}' } }, 'body.attachment'],
    [SEND, { body: { ...TEXT, attachment: '['.repeat(5000) + ']'.repeat(5000) } }, 'body.attachment'],
    [`get ${MESSAGES}`, { query: { filter: 'songs' } }, 'query.filter'],
    ['post /api/v2/call/create/:roomId', { body: { withVideo: 'maybe' } }, 'body.withVideo'],
  ])('%s %j names %s', (name, request, field) => {
    const error = refusal(name, request);
    expect(error.code).toBe('invalid');
    expect(Object.keys(error.details?.fields ?? {})).toContain(field);
  });
});

describe('a message that cannot be taken now', () => {
  it.each(ERROR_CODES)('%s: the connection breaks only where the client shall try again', (code) => {
    const answer = routeOf(SEND).refuse?.(new ParlanceError(code, 'Because.')) ?? null;
    const retryable = ['rate-limited', 'overloaded', 'unavailable'].includes(code);
    expect(answer?.drop ?? false).toBe(retryable);
    if (!retryable) expect(answer).toBeNull();
  });

  it('is the only call that breaks it', () => {
    const breaking = http.routes.filter(
      (route) => route.refuse?.(new ParlanceError('unavailable', 'x'))?.drop === true,
    );
    expect(breaking.map(({ method, path }) => `${method} ${path}`)).toEqual([SEND]);
  });
});

describe('a message sent again', () => {
  const stored = sampleMessage({ id: 'stored', clientMessageId: LOCAL, text: 'as it was', extras: { vchat: {} } });
  const withStored = (messages = [stored]) => ({
    'message.list': () => ({
      messages,
      senders: new Map([[ann.id, ann]]),
      replied: new Map(),
      starred: new Set<string>(),
      ...pair,
      lastSeq: 1,
      total: 1,
    }),
  });

  it('with another body is answered with the stored one, for an error would delete it', async () => {
    const { execute } = world({ ...withStored(), 'message.send': failing('conflict') });
    const answer = await call(SEND, { body: { ...TEXT, content: 'changed' } }).run(execute);
    expect(answer).toMatchObject({ status: 200, body: { data: { _id: 'stored', lId: LOCAL, c: 'as it was' } } });
  });

  it('with its file is found before the file is stored again', async () => {
    const files = [{ field: 'file', name: 'a.png', mimeType: 'image/png', bytes: new Uint8Array(3) }];
    const { execute, intents } = world(withStored());
    const answer = await call(SEND, { body: { ...TEXT, messageType: 'image' }, files }).run(execute);
    expect(answer.body).toMatchObject({ data: { _id: 'stored' } });
    expect(intents.map(({ type }) => type)).toEqual(['session.identify', 'message.list']);
  });

  it('by somebody else under the same id is another message', async () => {
    const theirs = { ...stored, senderId: bob.id };
    const { execute } = world({ ...withStored([theirs]), 'message.send': failing('conflict') });
    await expect(call(SEND, { body: TEXT }).run(execute)).rejects.toMatchObject({ code: 'conflict' });
  });
});

describe('answering and forwarding', () => {
  it('finds a message of another wire by the local id it was shown with', async () => {
    const { execute, intents } = world();
    const body = { ...TEXT, replyToLocalId: localIdOf(second) };
    const answer = await call(SEND, { body }).run(execute);
    expect(intents).toContainEqual(expect.objectContaining({ draft: expect.objectContaining({ replyTo: second.id }) }));
    expect(answer.body).toMatchObject({ data: { rTo: { _id: second.id, sName: 'Bob', rTo: null } } });
  });

  it.each(['replyToLocalId', 'forwardLocalId'])('%s of a message nobody knows sends nothing', async (field) => {
    const { execute, intents } = world();
    const sent = call(SEND, { body: { ...TEXT, [field]: 'unknown' } }).run(execute);
    await expect(sent).rejects.toMatchObject({ code: 'not-found' });
    expect(intents.map(({ type }) => type)).not.toContain('message.send');
  });

  it('looks back a bounded way', async () => {
    let pages = 0;
    const messages = Array.from({ length: 200 }, (_, index) => sampleMessage({ id: `m${index}`, seq: 5000 + index }));
    const { execute } = world({
      'message.search': () => {
        pages++;
        return { messages, senders: new Map(), replied: new Map(), starred: new Set(), total: 100_000 };
      },
    });
    const sent = call(SEND, { body: { ...TEXT, forwardLocalId: 'unknown' } }).run(execute);
    await expect(sent).rejects.toMatchObject({ code: 'not-found' });
    expect(pages).toBe(5);
  });

  it('brings a forwarded picture along', async () => {
    const picture = { url: 'https://f.test/a.png', name: 'a.png' };
    const original = sampleMessage({ type: 'image', text: null, attachment: picture });
    const { execute, intents } = world({
      'message.search': () => ({
        messages: [original],
        senders: new Map(),
        replied: new Map(),
        starred: new Set<string>(),
        total: 1,
      }),
    });
    const body = { ...TEXT, content: '📷', messageType: 'image', forwardLocalId: localIdOf(original) };
    await call(SEND, { body }).run(execute);
    const draft: unknown = expect.objectContaining({ attachment: picture, forwardOf: original.id, text: null });
    expect(intents).toContainEqual(expect.objectContaining({ type: 'message.send', draft }));
  });
});

describe('what a message needs', () => {
  it.each([
    ['an image without its file', { messageType: 'image' }],
    ['a place without a place', { messageType: 'location' }],
    ['a place off the map', { messageType: 'location', attachment: '{"lat":91,"long":0}' }],
  ])('%s is refused before anything is stored', async (_, fields) => {
    const { execute, intents } = world();
    const sent = call(SEND, { body: { ...TEXT, ...fields } }).run(execute);
    await expect(sent).rejects.toMatchObject({ code: 'invalid' });
    expect(intents.map(({ type }) => type)).not.toContain('message.send');
  });
});

describe('deleting for all', () => {
  it('is the author’s alone, whatever role somebody has', async () => {
    const { execute, intents } = world();
    const mid = { ...params, mid: second.id };
    const deletion = call(`delete ${MESSAGES}/:mid/delete/all`, { params: mid }).run(execute);
    await expect(deletion).rejects.toMatchObject({ code: 'permission-denied' });
    expect(intents.map(({ type }) => type)).not.toContain('message.delete');
  });

  it.each(['post star', 'post un-star', 'patch one-seen', 'delete delete/me', 'delete delete/all'])(
    '%s through another room’s path finds nothing',
    async (name) => {
      const [method, word] = name.split(' ');
      const { execute, intents } = world();
      const elsewhere = { roomId: team.room.id, mid: first.id };
      const done = call(`${method} ${MESSAGES}/:mid/${word}`, { params: elsewhere }).run(execute);
      await expect(done).rejects.toMatchObject({ code: 'not-found' });
      expect(intents.map(({ type }) => type)).toEqual(['message.get']);
    },
  );

  it('paging by a message of another room finds nothing', async () => {
    const { execute } = world();
    const elsewhere = { params: { roomId: team.room.id }, query: { lastId: first.id } };
    await expect(call(`get ${MESSAGES}`, elsewhere).run(execute)).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('calls', () => {
  const CREATE = 'post /api/v2/call/create/:roomId';
  const create = (over: Parameters<typeof world>[0]) =>
    call(CREATE, { body: { payload: null, withVideo: true } }).run(world(over).execute);

  it('of a banned pair are a bad request', async () => {
    expect(await create({ 'call.create': failing('permission-denied') })).toMatchObject({ status: 400 });
  });

  it('to somebody busy are a bad request', async () => {
    const busy = {
      call: sampleCall({ state: 'ended', reason: 'busy' }),
      room: sampleStamp(pair),
      caller: ann,
      callee: bob,
      payload: null,
      participants: [],
    };
    const error = await create({ 'call.create': () => busy }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'conflict' });
  });

  it('keep the payload as it came, type unchanged', async () => {
    for (const payload of [null, '{"sdp":"x"}', { sdp: { type: 'offer' } }]) {
      const { execute, intents } = world();
      await call(CREATE, { body: { payload, withVideo: false } }).run(execute);
      expect(intents[0]).toMatchObject({ type: 'call.create', payload });
    }
  });

  it('that are none are null', async () => {
    const { execute } = world({ 'call.active': () => ({ view: null }) });
    expect(await call('get /api/v2/call/active', {}).run(execute)).toEqual({ status: 200, body: { data: null } });
  });
});

describe('pages', () => {
  it('name the next one only while there is one, and are never longer than a hundred', async () => {
    const list = async (query: object) =>
      (await call('get /api/v2/channel', { query: { ...query } }).run(world().execute)).body;
    expect(await list({ page: '2', limit: '20' })).toMatchObject({ data: { page: 2, limit: 20, nextPage: 3 } });
    expect(await list({ page: '3', limit: '20' })).not.toHaveProperty('data.nextPage');
    expect(await list({ limit: '5000' })).toMatchObject({ data: { limit: 100 } });
  });
});

describe('receipts in lists', () => {
  it('are told between two, and in no group', async () => {
    const read = { readSeq: 3, readAt: '2026-01-02T04:00:00.000Z', deliveredSeq: 3, deliveredAt: null };
    const members = [sampleMember('ann'), sampleMember('bob', read)];
    for (const [view, sAt] of [
      [pair, read.readAt],
      [team, null],
    ] as const) {
      const { execute } = world({
        'message.list': () => ({
          messages: [first],
          senders: view.users,
          replied: new Map(),
          starred: new Set<string>(),
          room: view.room,
          members,
          lastSeq: 1,
          total: 1,
        }),
      });
      const { body } = await call(`get ${MESSAGES}`, {}).run(execute);
      expect(body).toMatchObject({ data: { docs: [{ sAt, dAt: sAt, isStared: false }] } });
    }
  });
});

describe('a sign-in that cannot go on as its user', () => {
  it('fails whole rather than forgetting the picture', async () => {
    const body = { identifier: 'ann', password: 'proof', pushKey: 'key' };
    const run = call('post /api/v2/auth/connect', { body }).run(world().execute);
    await expect(run).rejects.toMatchObject({ code: 'internal' });
  });
});
