import type { Execute, HttpRequest, Intent, UpTo } from '@parlance/dialect-kit';
import { sampleMember, sampleMessage, sampleRoom, sampleUser } from '@parlance/dialect-kit/conformance';
import { ParlanceError, type Member } from '@parlance/domain';
import { describe, expect, it } from 'vitest';
import { nativeSurface } from './native.surface.js';
import { NATIVE_ROOT, type NativeRoute } from './native.route.js';

const BLANK: HttpRequest = { params: {}, query: {}, headers: {}, body: undefined, files: [] };

const extras = { secret: { wire: 1 } };
const room = sampleRoom({ kind: 'group', extras, version: 7 });
const message = sampleMessage({ extras });
const ann = sampleUser('ann');

function named(method: string, path: string): NativeRoute {
  const found = nativeSurface.routes.find((one) => one.method === method && one.path === `${NATIVE_ROOT}${path}`);
  if (found === undefined) throw new Error(`No route ${method} ${path}.`);
  return found;
}

/** The intent that a request becomes, and the answer when it comes out as `result`. */
async function run(route: NativeRoute, request: Partial<HttpRequest>, result: unknown) {
  const translation = route.parse({ ...BLANK, ...request });
  let asked: Intent | null = null;
  const execute = ((intent: Intent) => {
    asked = intent;
    return Promise.resolve(result);
  }) as Execute;
  return { claim: translation.claim, answer: await translation.run(execute), asked: asked as Intent | null };
}

function refusalOf(route: NativeRoute, request: Partial<HttpRequest>): ParlanceError | null {
  try {
    route.parse({ ...BLANK, ...request });
    return null;
  } catch (error) {
    if (error instanceof ParlanceError) return error;
    throw error;
  }
}

describe('the native routes', () => {
  it('are the documented ones', () => {
    expect(nativeSurface.routes.map(({ method, path }) => `${method.toUpperCase()} ${path}`).sort()).toEqual(
      [
        'PUT /api/v1/users/:id',
        'GET /api/v1/users/:id',
        'GET /api/v1/users/:id/rooms',
        'POST /api/v1/users/:id/tokens',
        'GET /api/v1/users',
        'POST /api/v1/users/:id/terminate',
        'POST /api/v1/tenants',
        'PATCH /api/v1/tenants',
        'PATCH /api/v1/tenants/:id',
        'POST /api/v1/tenants/:id/keys',
        'DELETE /api/v1/keys/:id',
        'POST /api/v1/rooms',
        'POST /api/v1/users/:id/facts',
        'GET /api/v1/users/:id/score',
        'GET /api/v1/users/:id/score/why',
        'POST /api/v1/users/:id/score/recompute',
        'GET /api/v1/score-rules',
        'PUT /api/v1/score-rules',
        'GET /api/v1/leaderboards/:period',
        'POST /api/v1/rewards',
        'GET /api/v1/rewards/:id',
        'POST /api/v1/rewards/:id/consume',
        'POST /api/v1/rooms/:id/calls',
        'GET /api/v1/calls/:id',
        'GET /api/v1/calls/:id/participants',
        'POST /api/v1/calls/:id/accept',
        'POST /api/v1/calls/:id/reject',
        'POST /api/v1/calls/:id/cancel',
        'POST /api/v1/calls/:id/end',
        'GET /api/v1/users/:id/calls',
        'GET /api/v1/rooms/:id',
        'PATCH /api/v1/rooms/:id',
        'DELETE /api/v1/rooms/:id',
        'GET /api/v1/rooms/:id/members',
        'POST /api/v1/rooms/:id/members',
        'DELETE /api/v1/rooms/:id/members/:userId',
        'PATCH /api/v1/rooms/:id/members/:userId',
        'POST /api/v1/rooms/:id/invitations',
        'GET /api/v1/rooms/:id/invitations',
        'GET /api/v1/users/:id/invitations',
        'POST /api/v1/invitations/:id/accept',
        'POST /api/v1/invitations/:id/reject',
        'DELETE /api/v1/invitations/:id',
        'GET /api/v1/rooms/:id/bans',
        'PUT /api/v1/rooms/:id/bans/:userId',
        'DELETE /api/v1/rooms/:id/bans/:userId',
        'GET /api/v1/users/:id/blocks',
        'GET /api/v1/users/:id/blocks/:otherId',
        'PUT /api/v1/users/:id/blocks/:otherId',
        'DELETE /api/v1/users/:id/blocks/:otherId',
        'POST /api/v1/rooms/:id/messages',
        'GET /api/v1/rooms/:id/messages',
        'GET /api/v1/messages/:id',
        'PATCH /api/v1/messages/:id',
        'PUT /api/v1/messages/:id/star',
        'DELETE /api/v1/messages/:id/star',
        'PUT /api/v1/messages/:id/reactions/:value',
        'DELETE /api/v1/messages/:id/reactions/:value',
        'PUT /api/v1/messages/:id/pin',
        'DELETE /api/v1/messages/:id/pin',
        'GET /api/v1/users/:id/preferences',
        'GET /api/v1/users/:id/preferences/:key',
        'PUT /api/v1/users/:id/preferences/:key',
        'DELETE /api/v1/users/:id/preferences/:key',
        'GET /api/v1/rooms/:id/preferences',
        'PUT /api/v1/rooms/:id/preferences',
        'POST /api/v1/rooms/:id/streams',
        'POST /api/v1/streams/:messageId/chunks',
        'POST /api/v1/streams/:messageId/finish',
        'DELETE /api/v1/messages/:id',
        'POST /api/v1/rooms/:id/read',
        'POST /api/v1/rooms/:id/delivered',
        'POST /api/v1/rooms/:id/files',
        'POST /api/v1/rooms/:id/media-token',
        'GET /api/v1/turn',
        'GET /api/v1/files/:id',
        'GET /api/v1/presence',
      ].sort(),
    );
  });

  it.each(nativeSurface.routes.map((route) => [`${route.method} ${route.path}`, route] as const))(
    '%s refuses hostile values as invalid',
    (_, route) => {
      const params = { id: 'x', userId: 'y', otherId: 'z' };
      const proto: unknown = JSON.parse('{"__proto__":{"polluted":true}}');
      const deep: unknown = JSON.parse(`${'{"a":'.repeat(40)}1${'}'.repeat(40)}`);
      for (const value of [proto, deep]) {
        expect(refusalOf(route, { params, body: value })?.code).toBe('invalid');
        expect(refusalOf(route, { params, query: { more: value } })?.code).toBe('invalid');
      }
      for (const id of ['', 'a\u0000b', 'a\nb', 'x'.repeat(129)]) {
        if (route.path.includes(':'))
          expect(refusalOf(route, { params: { id, userId: id, otherId: id } })?.code).toBe('invalid');
      }
    },
  );

  it('show rooms without their version and messages without their extras', async () => {
    const made = await run(named('get', '/rooms/:id'), { params: { id: 'r' } }, { room, members: [] });
    expect(made.answer.body).not.toHaveProperty('version');
    const listed = { room, members: [], unread: 2, readSeq: 0, lastMessage: message };
    const list = await run(named('get', '/users/:id/rooms'), { params: { id: 'ann' } }, { rooms: [listed], total: 1 });
    expect(JSON.stringify(list.answer.body)).not.toMatch(/version|extras|secret/);
    const sent = await run(
      named('post', '/rooms/:id/messages'),
      { params: { id: 'r' }, body: { text: 'hi' } },
      { message, repeated: false },
    );
    expect(sent.answer.body).not.toHaveProperty('extras');
  });

  it('answer what was made with 201, and what was there with 200', async () => {
    const rooms = named('post', '/rooms');
    const body = { kind: 'direct', memberIds: ['ann', 'bob'] };
    expect((await run(rooms, { body }, { room, created: true })).answer.status).toBe(201);
    expect((await run(rooms, { body }, { room, created: false })).answer.status).toBe(200);
    const messages = named('post', '/rooms/:id/messages');
    const request = { params: { id: 'r' }, body: { text: 'hi' } };
    expect((await run(messages, request, { message, repeated: false })).answer.status).toBe(201);
    expect((await run(messages, request, { message, repeated: true })).answer.status).toBe(200);
  });

  it('take the acting user from where each call names it', async () => {
    const cases: [NativeRoute, Partial<HttpRequest>, unknown][] = [
      [named('post', '/rooms'), { body: { kind: 'group', memberIds: [], createdBy: 'ann' } }, { room, created: true }],
      [named('patch', '/rooms/:id'), { params: { id: 'r' }, body: { by: 'ann' } }, { room }],
      [named('delete', '/rooms/:id'), { params: { id: 'r' }, query: { by: 'ann' } }, {}],
      [
        named('post', '/rooms/:id/messages'),
        { params: { id: 'r' }, body: { senderId: 'ann', text: 'x' } },
        { message },
      ],
      [named('delete', '/messages/:id'), { params: { id: 'm' }, query: { by: 'ann' } }, {}],
      [named('post', '/rooms/:id/read'), { params: { id: 'r' }, body: { userId: 'ann', seq: 1 } }, { readSeq: 1 }],
      [named('get', '/users/:id/rooms'), { params: { id: 'ann' } }, { rooms: [], total: 0 }],
      [named('get', '/turn'), { query: { userId: 'ann' } }, {}],
      [named('post', '/rooms/:id/media-token'), { params: { id: 'r' }, body: { userId: 'ann' } }, {}],
    ];
    for (const [route, request, result] of cases) {
      expect((await run(route, request, result)).claim, route.path).toEqual({ user: { id: 'ann' } });
    }
    const unnamed = await run(named('patch', '/rooms/:id'), { params: { id: 'r' }, body: {} }, { room });
    expect(unnamed.claim).toEqual({});
  });

  it('ask for receipts and pages as the request says', async () => {
    const upTo: UpTo = { seq: 3 };
    const read = named('post', '/rooms/:id/delivered');
    const marked = await run(read, { params: { id: 'r' }, body: { seq: 3 } }, { readSeq: 1, deliveredSeq: 3 });
    expect(marked.asked).toEqual({ type: 'receipt.mark', room: 'r', upTo, kind: 'delivered' });
    expect(marked.answer.body).toEqual({ deliveredSeq: 3 });
    const list = named('get', '/rooms/:id/messages');
    const page = { params: { id: 'r' }, query: { beforeSeq: '9', limit: '2' } };
    expect((await run(list, page, { messages: [], lastSeq: 9 })).asked).toEqual({
      type: 'message.list',
      room: 'r',
      beforeSeq: 9,
      limit: 2,
    });
  });

  it('page members in the order in which they joined', async () => {
    const list = named('get', '/rooms/:id/members');
    const earlier = sampleMember('c', { joinedAt: '2026-01-02T00:00:00.000Z' });
    const members = [earlier, sampleMember('b'), sampleMember('a')];
    const seen: unknown[] = [];
    for (let cursor: unknown = undefined, pages = 0; pages < 3; pages += 1) {
      const query = { limit: '1', ...(cursor === undefined ? {} : { cursor }) };
      const { answer } = await run(list, { params: { id: 'r' }, query }, { room, members });
      const page = answer.body as { members: Member[]; nextCursor?: string };
      seen.push(...page.members.map((one) => one.userId));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(['c', 'a', 'b']);
  });

  it('split the users of a presence query', async () => {
    const presence = named('get', '/presence');
    const found = [
      { user: ann, online: true },
      { user: null, online: false },
    ];
    const { asked, answer } = await run(presence, { query: { userIds: 'ann,,bob,ann' } }, { found });
    expect(asked).toEqual({ type: 'presence.find', users: [{ id: 'ann' }, { id: 'bob' }], lastSeen: true });
    expect(answer.body).toEqual({ users: [{ id: 'ann', online: true, lastSeenAt: null }] });
    const many = Array.from({ length: 201 }, (_, index) => `u${index}`);
    expect(refusalOf(presence, { query: { userIds: many.join(',') } })?.code).toBe('invalid');
    expect(refusalOf(presence, { query: { userIds: ['a,b', 'c'] } })).toBeNull();
  });

  it('read a bearer credential alone', () => {
    expect(nativeSurface.credential({ authorization: 'Bearer key' })).toBe('key');
    expect(nativeSurface.credential({ authorization: 'bearer  key ' })).toBe('key');
    for (const header of [undefined, '', 'key', 'Basic abc', 'Bearer', 'Bearer a b']) {
      expect(nativeSurface.credential({ authorization: header })).toBeNull();
    }
  });
});
