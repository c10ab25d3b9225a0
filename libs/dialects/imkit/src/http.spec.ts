import type { HttpAnswer, HttpRequest } from '@parlance/dialect-kit';
import {
  recordingExecute,
  refusalFrom,
  sampleEvents,
  sampleMessage,
  sampleView,
} from '@parlance/dialect-kit/conformance';
import type { Message } from '@parlance/domain';
import { ERROR_CODES, ParlanceError } from '@parlance/domain';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { http } from './http.js';
import { imkit } from './index.js';
import { ann, LATER, team, world } from './world.fixture.js';

const USER = { 'im-client-key': 'pk', 'im-authorization': 'tok' };
const ADMIN = { 'im-api-key': 'sk' };

function call(route: string, request: Partial<HttpRequest> = {}) {
  const found = http.routes.find(({ method, path }) => `${method} ${path}` === route);
  if (found === undefined) throw new Error(`no such route: ${route}`);
  return found.parse({ params: {}, query: {}, headers: USER, body: undefined, files: [], ...request });
}

const refusal = (route: string, request: Partial<HttpRequest>) =>
  refusalFrom(`${route} ${JSON.stringify(request)}`, () => call(route, request));

describe('the credential', () => {
  it.each([
    [{ client_key: 'pk', 'im-authorization': 'tok' }, 'tok'],
    [{ 'im-client-key': 'pk', authorization: 'Bearer tok' }, 'tok'],
    [{ 'im-authorization': 'new', authorization: 'old' }, 'new'],
    [{ 'im-api-key': 'sk', 'im-authorization': 'tok' }, 'sk'],
    [{ api_key: 'sk' }, 'sk'],
    [{ client_key: 'pk' }, 'pk'],
    [{ 'im-authorization': ['tok', 'other'] }, 'tok'],
    [{ 'im-authorization': '', 'im-client-key': 'pk' }, 'pk'],
    [{ authorization: 'Bearer ' }, null],
    [{}, null],
  ])('of %j is %j', (headers, expected) => {
    expect(http.credential(headers)).toBe(expected);
  });

  it('claims whoever IM-CLIENT-ID names, and nobody else', () => {
    expect(call('get /me', { headers: { ...USER, 'im-client-id': 'ann' } }).claim).toEqual({
      credential: 'tok',
      user: { id: 'ann' },
    });
    expect(call('get /me').claim).toEqual({ credential: 'tok' });
  });

  it('of a user does not let it send in another one’s name', () => {
    const body = { sender: 'bob', message: 'hi' };
    const params = { id: team.room.id };
    expect(call('post /rooms/:id/message', { params, body }).claim).toEqual({ credential: 'tok' });
    expect(call('post /rooms/:id/message', { params, body, headers: ADMIN }).claim.user).toEqual({ id: 'bob' });
  });

  it.each([
    ['post /admin/clients', { body: { _id: 'x' } }],
    ['get /admin/clients', {}],
    ['post /messages', { body: { room: 'r', sender: 'ann', message: 'x' } }],
    ['post /push/push2clients', { body: { clients: ['ann'], payload: {} } }],
    ['post /push/push2tokens', { body: { tokens: ['t'], payload: {} } }],
    ['post /config', { body: { a: 1 } }],
    ['delete /config/:key', { params: { key: 'a' } }],
    ['delete /admin/clients/:id/token', { params: { id: 'ann' } }],
  ])('%s is for the app’s server alone', (route, request) => {
    expect(refusal(route, request).code).toBe('permission-denied');
    expect(refusal(route, { ...request, headers: {} }).code).toBe('unauthenticated');
  });
});

describe('errors', () => {
  it('have the status as RC, and a code of the vendor’s where it has one', () => {
    const told = ERROR_CODES.map((code) => {
      const { status, body } = http.refuse(new ParlanceError(code, 'Because.'));
      return [code, status, body] as const;
    });
    for (const [, status, body] of told) {
      expect(body).toEqual({
        RC: status,
        RM: expect.any(String),
        error: { code: expect.any(String), message: expect.any(String) },
      });
    }
    expect(told.map(([code, status]) => [code, status])).toEqual([
      ['invalid', 400],
      ['unauthenticated', 401],
      ['permission-denied', 403],
      ['not-found', 404],
      ['conflict', 409],
      ['too-large', 413],
      ['rate-limited', 429],
      ['overloaded', 503],
      ['unavailable', 503],
      ['unsupported', 400],
      ['internal', 500],
    ]);
  });

  it.each([
    ['get /rooms/:id', 'ROOM_NOT_FOUND'],
    ['post /messages/:id/reaction', 'MESSAGE_NOT_FOUND'],
    ['post /blockStatus/my/:uid', 'USER_NOT_FOUND'],
    ['post /rooms/:id/members', 'ROOM_OR_USER_NOT_FOUND'],
  ])('%s says %s of what it does not find', (route, code) => {
    const found = http.routes.find(({ method, path }) => `${method} ${path}` === route);
    const answer = found?.refuse?.(new ParlanceError('not-found', 'Nothing there.'));
    expect(answer).toMatchObject({ status: 404, body: { RC: 404, error: { code } } });
  });

  it.each([
    ['get /rooms', { query: { skip: '-1' } }, 'query.skip'],
    ['get /rooms', { query: { limit: 'many' } }, 'query.limit'],
    ['get /rooms', { query: { pref: '{"tags":' } }, 'query.pref'],
    ['get /rooms', { query: { pref: '{"__proto__":{"a":1}}' } }, 'query.pref'],
    ['get /rooms', { query: { updatedAfter: 'yesterday' } }, 'query.updatedAfter'],
    ['post /rooms/:id/members', { params: { id: 'r' }, body: { invitees: [] } }, 'body.invitees'],
    ['put /rooms/:id', { params: { id: 'r' }, body: { status: 2 } }, 'body.status'],
    ['put /rooms/:id/lastRead', { params: { id: 'r' }, body: {} }, 'body.message'],
    ['post /messages/user-delete', { body: { room: 'r', messages: [] } }, 'body.messages'],
    ['post /files/:bucket', { params: { bucket: 'b' }, body: { extra: '[' } }, 'body.extra'],
    ['post /search', { body: { type: ['everything'], keyword: 'x' } }, 'body.type'],
  ])('%s %j names %s', (route, request, field) => {
    const error = refusal(route, request);
    expect(error.code).toBe('invalid');
    expect(Object.keys(error.details?.fields ?? {})).toContain(field);
  });

  it('an upload without a file is told so', async () => {
    const upload = call('post /files/:bucket', { params: { bucket: 'b' }, body: {} });
    await expect(upload.run(world().execute)).rejects.toMatchObject({ code: 'invalid' });
  });

  it('a direct room needs exactly one other', async () => {
    const create = call('post /rooms/createAndJoin', { body: { roomType: 'direct', invitee: ['bob', 'cleo'] } });
    await expect(create.run(world().execute)).rejects.toMatchObject({ code: 'invalid' });
  });

  it('a message of another room is none', async () => {
    const remove = call('delete /rooms/:id/messages/:mid', { params: { id: 'another', mid: 'm1' } });
    await expect(remove.run(world().execute)).rejects.toMatchObject({ code: 'not-found' });
  });
});

const listing = z.looseObject({ result: z.looseObject({ data: z.array(z.looseObject({ _id: z.string() })) }) });

async function idsOf(query: object, room: readonly Message[], path = 'get /rooms/:id/messages/v3'): Promise<string[]> {
  const answer: HttpAnswer = await call(path, { params: { id: team.room.id }, query: { ...query } }).run(
    world(room).execute,
  );
  return listing.parse(answer.body).result.data.map(({ _id }) => _id);
}

describe('history', () => {
  const room = Array.from({ length: 500 }, (_, index) => sampleMessage({ id: `m${index + 1}`, seq: index + 1 }));

  it('is the newest 20 first, strictly before or after an anchor', async () => {
    expect(await idsOf({}, room)).toEqual(Array.from({ length: 20 }, (_, index) => `m${500 - index}`));
    expect(await idsOf({ beforeMessage: 'm10', limit: '3' }, room)).toEqual(['m9', 'm8', 'm7']);
    expect(await idsOf({ afterMessage: 'm10', limit: '3' }, room)).toEqual(['m13', 'm12', 'm11']);
    expect(await idsOf({ beforeMessage: 'm10', afterMessage: 'm7' }, room)).toEqual(['m9', 'm8']);
    expect(await idsOf({ limit: '0' }, room)).toHaveLength(200);
  });

  it('with sortOrder has the anchor first, whichever way it is sorted', async () => {
    expect(await idsOf({ beforeMessage: 'm10', limit: '3', sortOrder: 'desc' }, room)).toEqual(['m10', 'm9', 'm8']);
    expect(await idsOf({ afterMessage: 'm10', limit: '3', sortOrder: 'asc' }, room)).toEqual(['m10', 'm11', 'm12']);
    expect(await idsOf({ limit: '2', sortOrder: 'asc' }, room)).toEqual(['m499', 'm500']);
  });

  it('reads on past what this wire does not show, so that a short page is the end', async () => {
    const gone = room.map((message, index) =>
      index > 0 && index < 450 ? { ...message, text: null, deletedAt: LATER } : message,
    );
    expect(await idsOf({ beforeMessage: 'm452', limit: '3' }, gone)).toEqual(['m451', 'm1']);
    const recalled = [
      { ...sampleMessage({ id: 'm1' }), text: null, deletedAt: LATER, extras: { imkit: { recalled: true } } },
    ];
    expect(await idsOf({}, recalled)).toEqual(['m1']);
  });

  it('pages from the newest to the oldest without a gap or a repeat', async () => {
    const seen: string[] = [];
    for (let before: string | undefined; ; before = seen.at(-1)) {
      const page = await idsOf({ limit: '60', ...(before === undefined ? {} : { beforeMessage: before }) }, room);
      if (page.length === 0) break;
      seen.push(...page);
    }
    expect(seen).toEqual(room.map(({ id }) => id).reverse());
  });

  it('since a time has what was written or changed after it', async () => {
    const old = [sampleMessage({ id: 'm1' }), sampleMessage({ id: 'm2', seq: 2, editedAt: LATER })];
    const afterTime = '2026-01-02T03:05:00.000Z';
    expect(await idsOf({ afterTime }, old)).toEqual(['m2']);
    expect(await idsOf({ afterTime, timeRangeField: 'createdAt' }, old)).toEqual([]);
    expect(await idsOf({ afterTime: String(Date.parse('2026-01-01T00:00:00.000Z')) }, old)).toEqual(['m2', 'm1']);
  });
});

describe('removing members', () => {
  const params = { id: team.room.id };
  const askedOf = async (members: readonly string[], notMember = false): Promise<readonly object[]> => {
    const { execute, intents } = recordingExecute({
      'session.identify': () => ({ user: ann }),
      ...(notMember ? {} : { 'room.get': () => team }),
      'member.remove': () => ({ ...team, removed: ann }),
    });
    const run = call('post /rooms/:id/delete/members', { params, body: { members } }).run(execute);
    await run.catch((error: unknown) => expect(error).toMatchObject({ code: 'not-found' }));
    return intents.slice(2);
  };

  it('takes back the invitation of whoever is no member', async () => {
    const invitation = { room: team.room.id, user: { id: 'dora' } };
    expect(await askedOf(['dora'])).toMatchObject([{ type: 'invitation.cancel', invitation }]);
  });

  it('of oneself is leaving, and the last thing done', async () => {
    expect(await askedOf(['ann', 'bob'])).toMatchObject([
      { type: 'member.remove', user: { id: 'bob' } },
      { type: 'member.remove', user: { id: 'ann' } },
    ]);
  });

  it('of oneself while only invited declines', async () => {
    const invitation = { room: team.room.id };
    expect(await askedOf(['ann'], true)).toMatchObject([{ type: 'invitation.answer', invitation, answer: 'reject' }]);
    expect(await askedOf(['bob'], true)).toEqual([]);
  });

  it('shows whoever is out nobody who is still in', () => {
    const entry = imkit.outbound['member.removed'];
    const [event] = sampleEvents(team)['member.removed'];
    if ('ignored' in entry || event === undefined) throw new Error('a removal is told');
    const [delivery] = entry.render({ ...event, userId: 'dora' }, sampleView(team));
    const frameFor = (viewer: string) => (delivery !== undefined && 'each' in delivery ? delivery.each(viewer) : null);
    expect(frameFor('dora')).toMatchObject({ event: 'room', args: [{ members: [], memberProperties: [] }] });
    expect(JSON.stringify(frameFor('dora'))).not.toContain('Bob');
    expect(frameFor('ann')).toMatchObject({ args: [{ members: [{ _id: 'ann', clientType: 'user' }, {}, {}] }] });
    expect(frameFor('somebody')).toBeNull();
  });
});

describe('messages to many', () => {
  it('fill patterns in, in every text', async () => {
    const { execute, intents } = world();
    const paras = [{ receiver: 'bob', $who$: 'Bob' }];
    const body = { sender: 'ann', message: 'hi $who$', extra: { to: '$who$' }, paras };
    await call('post /messages/batch', { body, headers: ADMIN }).run(execute);
    expect(intents).toMatchObject([
      { type: 'room.create', kind: 'direct', members: [{ id: 'ann' }, { id: 'bob' }] },
      { type: 'message.send', draft: { text: 'hi Bob', extras: { imkit: { extra: { to: 'Bob' } } } } },
    ]);
  });

  it('all deleted at once are counted', async () => {
    const request = { params: { id: team.room.id, mid: '_all' } };
    const answer = await call('delete /rooms/:id/messages/:mid', request).run(world().execute);
    expect(answer.body).toMatchObject({ result: { deletedCount: 3, messageID: '_all', deletedBy: 'ann' } });
  });
});

describe('runtime configuration', () => {
  it('keeps what is not named', async () => {
    const kept = { a: 1, b: 2 };
    const { execute, intents } = recordingExecute({
      'user.find': () => ({ users: [{ ...ann, metadata: kept }] }),
      'user.put': ({ fields }) => ({ user: { ...ann, metadata: fields.metadata ?? {} }, created: false }),
    });
    const set = await call('post /config', { body: { b: 3 }, headers: ADMIN }).run(execute);
    expect(set.body).toMatchObject({ result: { a: 1, b: 3 } });
    const dropped = await call('delete /config/:key', { params: { key: 'a' }, headers: ADMIN }).run(execute);
    expect(dropped.body).toMatchObject({ result: { b: 2 } });
    expect(intents.map(({ type }) => type)).toEqual(['user.find', 'user.put', 'user.find', 'user.put']);
  });
});
