import { describe, expect, it } from 'vitest';
import { column, field, idOf, refusal, unique } from './api.fixture.js';
import { sharedApi } from './shared-api.fixture.js';

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

const { server, user, client, room } = sharedApi();

describe('users', () => {
  it('are made with the documented defaults and shape, then changed', async () => {
    const id = unique('ann');
    const first = await server('PUT', `/users/${id}`, {});
    expect(first).toMatchObject({ status: 200 });
    expect(first.body).toEqual({
      id,
      number: expect.any(Number),
      name: id,
      username: id,
      identifier: id,
      photo: null,
      isBot: false,
      verified: true,
      timeZone: null,
      metadata: {},
      lastSeenAt: null,
      createdAt: expect.stringMatching(ISO),
    });
    const changed = await server('PUT', `/users/${id}`, { name: 'Ann', metadata: { a: [1] } });
    expect(changed.body).toEqual({ ...Object(first.body), name: 'Ann', metadata: { a: [1] } });
    expect((await server('GET', `/users/${id}`)).body).toEqual(changed.body);
  });

  it('keep their usernames and identifiers to themselves', async () => {
    const [ann, bob] = [await user('ann'), await user('bob')];
    expect(await server('PUT', `/users/${bob}`, { username: ann })).toMatchObject(refusal('conflict', 409));
    expect(await server('PUT', `/users/${bob}`, { identifier: ann })).toMatchObject(refusal('conflict', 409));
  });

  it.each(['ann@x.io', '*', '>', 'a b', 'ä/ö', '%', "'; drop table users --", '❤️', '.', 'a.b.c'])(
    'may be called %j',
    async (odd) => {
      const id = `${odd}${unique('')}`;
      const path = `/users/${encodeURIComponent(id)}`;
      expect(await server('PUT', path, {})).toMatchObject({ status: 200, body: { id, username: id } });
      expect(await server('GET', path)).toMatchObject({ status: 200, body: { id } });
      expect(await server('GET', `${path}/rooms`)).toMatchObject({ status: 200, body: { rooms: [] } });
    },
  );

  it('name each invalid field', async () => {
    const answer = await server('PUT', `/users/${unique('ann')}`, { name: 5, isBot: 'yes' });
    expect(answer).toMatchObject({
      status: 400,
      body: {
        error: { code: 'invalid', details: { fields: { name: expect.any(String), isBot: expect.any(String) } } },
      },
    });
  });

  it('are not found when unknown, and no id is too odd to be refused', async () => {
    expect(await server('GET', '/users/nobody')).toMatchObject(refusal('not-found', 404));
    expect(await server('POST', '/users/nobody/tokens', {})).toMatchObject(refusal('not-found', 404));
    expect(await server('GET', `/users/${'x'.repeat(200)}`)).toMatchObject(refusal('invalid', 400));
    expect(await server('GET', '/users/a%00b')).toMatchObject(refusal('invalid', 400));
    expect(await server('GET', '/users/%E0%A4%A')).toMatchObject(refusal('invalid', 400));
  });
});

describe('a conversation', () => {
  it('goes from rooms over messages and receipts to the list', async () => {
    const [ann, bob] = [await client('ann'), await client('bob')];
    const created = await ann.ask('POST', '/rooms', { kind: 'direct', memberIds: [ann.id, bob.id] });
    expect(created.status).toBe(201);
    expect(created.body).toEqual({
      id: expect.any(String),
      number: expect.any(Number),
      uuid: expect.any(String),
      kind: 'direct',
      name: null,
      photo: null,
      metadata: {},
      lastSeq: 0,
      createdAt: expect.stringMatching(ISO),
      createdBy: ann.id,
      description: null,
      frozen: false,
    });
    const again = await bob.ask('POST', '/rooms', { kind: 'direct', memberIds: [bob.id, ann.id] });
    expect(again).toMatchObject({ status: 200, body: { id: idOf(created) } });

    const path = `/rooms/${idOf(created)}`;
    const sent = await ann.ask('POST', `${path}/messages`, {
      text: 'hello',
      clientMessageId: 'c1',
      metadata: { k: 1 },
    });
    expect(sent.status).toBe(201);
    expect(sent.body).toEqual({
      id: expect.any(String),
      seq: 1,
      roomId: idOf(created),
      senderId: ann.id,
      clientMessageId: 'c1',
      type: 'text',
      text: 'hello',
      attachment: null,
      replyTo: null,
      forwardOf: null,
      broadcastOf: null,
      metadata: { k: 1 },
      createdAt: expect.stringMatching(ISO),
      editedAt: null,
      deletedAt: null,
    });
    const reply = await bob.ask('POST', `${path}/messages`, { text: 'hi', replyTo: idOf(sent) });
    expect(reply).toMatchObject({ status: 201, body: { seq: 2, senderId: bob.id, replyTo: idOf(sent) } });

    expect((await bob.ask('GET', `${path}/messages`)).body).toEqual({ messages: [sent.body, reply.body], lastSeq: 2 });
    const unread = await ann.ask('GET', `/users/${ann.id}/rooms`);
    expect(unread.body).toEqual({
      rooms: [{ ...Object(created.body), lastSeq: 2, unread: 1, lastMessage: reply.body, readSeq: expect.any(Number) }],
    });
    expect(await ann.ask('POST', `${path}/read`, { seq: 2 })).toMatchObject({ status: 200, body: { readSeq: 2 } });
    expect((await ann.ask('POST', `${path}/read`, { seq: 1 })).body).toEqual({ readSeq: 2 });
    expect((await bob.ask('POST', `${path}/delivered`, { seq: 1 })).body).toEqual({ deliveredSeq: 1 });
    expect((await ann.ask('GET', `/users/${ann.id}/rooms`)).body).toMatchObject({ rooms: [{ unread: 0, readSeq: 2 }] });
    const members = await ann.ask('GET', `${path}/members`);
    expect(members.body).toMatchObject({
      members: expect.arrayContaining([
        expect.objectContaining({ userId: ann.id, readSeq: 2, readAt: expect.any(String) }),
      ]),
    });
  });

  it('answers a repeated clientMessageId with the same message, and another body with a conflict', async () => {
    const ann = await client('ann');
    const path = `/rooms/${await room(ann.id)}/messages`;
    const first = await ann.ask('POST', path, { text: 'once', clientMessageId: 'same' });
    expect(await ann.ask('POST', path, { text: 'once', clientMessageId: 'same' })).toMatchObject({
      status: 200,
      body: Object(first.body),
    });
    expect(await ann.ask('POST', path, { text: 'twice', clientMessageId: 'same' })).toMatchObject(
      refusal('conflict', 409),
    );
    expect((await ann.ask('GET', path)).body).toMatchObject({ lastSeq: 1, messages: [{ text: 'once' }] });
  });

  it('pages through messages in both directions', async () => {
    const ann = await client('ann');
    const path = `/rooms/${await room(ann.id)}/messages`;
    for (const text of ['1', '2', '3', '4', '5']) await ann.ask('POST', path, { text });
    const texts = async (query: string) => column(await ann.ask('GET', `${path}?${query}`), 'messages', 'text');
    expect(await texts('limit=2')).toEqual(['4', '5']);
    expect(await texts('beforeSeq=4&limit=2')).toEqual(['2', '3']);
    expect(await texts('afterSeq=1&limit=2')).toEqual(['2', '3']);
    expect(await texts('afterSeq=5')).toEqual([]);
    expect(await ann.ask('GET', `${path}?limit=201`)).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid', details: { fields: { limit: expect.any(String) } } } },
    });
    expect(await ann.ask('GET', `${path}?afterSeq=x`)).toMatchObject(refusal('invalid', 400));
  });

  it('edits and deletes; a deleted message stays without what it said', async () => {
    const [ann, bob] = [await client('ann'), await client('bob')];
    const roomId = await room(ann.id, bob.id);
    const sent = await bob.ask('POST', `/rooms/${roomId}/messages`, { text: 'typo', attachment: { url: 'x:y' } });
    const message = `/messages/${idOf(sent)}`;
    expect(await ann.ask('PATCH', message, { text: 'mine now' })).toMatchObject(refusal('permission-denied', 403));
    const edited = await bob.ask('PATCH', message, { text: 'fixed' });
    expect(edited).toMatchObject({ status: 200, body: { text: 'fixed', editedAt: expect.stringMatching(ISO) } });
    expect(await bob.ask('PATCH', message, {})).toMatchObject(refusal('invalid', 400));
    expect(await bob.ask('DELETE', `${message}?for=all`)).toMatchObject({ status: 204, body: null });
    expect((await ann.ask('GET', `/rooms/${roomId}/messages`)).body).toMatchObject({
      messages: [{ id: idOf(sent), seq: 1, text: null, attachment: null, deletedAt: expect.stringMatching(ISO) }],
      lastSeq: 1,
    });
    expect((await ann.ask('DELETE', message)).status).toBe(204);
  });
});

describe('rooms and members', () => {
  it('follow the roles', async () => {
    const [ann, bob, cat] = [await client('ann'), await client('bob'), await client('cat')];
    const path = `/rooms/${await room(ann.id, bob.id)}`;
    expect(await bob.ask('POST', `${path}/members`, { userIds: [cat.id] })).toMatchObject(
      refusal('permission-denied', 403),
    );
    expect(await bob.ask('PATCH', path, { name: 'Bobs' })).toMatchObject(refusal('permission-denied', 403));
    const added = await ann.ask('POST', `${path}/members`, { userIds: [cat.id], role: 'admin' });
    expect(added).toMatchObject({ status: 200 });
    expect(field(added, 'members')).toContainEqual({
      userId: cat.id,
      role: 'admin',
      readSeq: expect.any(Number),
      readAt: null,
      deliveredSeq: expect.any(Number),
      deliveredAt: null,
      joinedAt: expect.stringMatching(ISO),
      nickname: null,
    });
    expect(await cat.ask('PATCH', path, { name: 'Cats', metadata: { a: 1 } })).toMatchObject({
      status: 200,
      body: { name: 'Cats', metadata: { a: 1 }, createdBy: ann.id },
    });
    expect(await cat.ask('DELETE', path)).toMatchObject(refusal('permission-denied', 403));
    expect((await server('DELETE', `${path}/members/${bob.id}?by=${cat.id}`)).status).toBe(204);
    expect(await bob.ask('GET', path)).toMatchObject(refusal('not-found', 404));
    expect((await cat.ask('DELETE', `${path}/members/${cat.id}`)).status).toBe(204);
    expect((await ann.ask('DELETE', path)).status).toBe(204);
    expect(await ann.ask('GET', path)).toMatchObject(refusal('not-found', 404));
  });

  it('bind no server, whatever the roles say', async () => {
    const [ann, bob] = [await user('ann'), await user('bob')];
    const path = `/rooms/${await room(ann, bob)}`;
    expect((await server('PATCH', path, { name: 'By the server' })).status).toBe(200);
    expect(await server('PATCH', path, { name: 'By bob', by: bob })).toMatchObject(refusal('permission-denied', 403));
    expect((await server('DELETE', `${path}/members/${ann}`)).status).toBe(204);
    const own = await server('POST', '/rooms', { kind: 'group', memberIds: [ann] });
    expect(own).toMatchObject({ status: 201, body: { createdBy: null } });
    expect((await server('DELETE', path)).status).toBe(204);
  });

  it('refuse what does not fit a room', async () => {
    const [ann, bob] = [await user('ann'), await user('bob')];
    const direct = await server('POST', '/rooms', { kind: 'direct', memberIds: [ann, bob] });
    expect(await server('POST', '/rooms', { kind: 'direct', memberIds: [ann] })).toMatchObject(refusal('invalid', 400));
    expect(await server('POST', '/rooms', { kind: 'circle', memberIds: [ann] })).toMatchObject({
      status: 400,
      body: { error: { details: { fields: { kind: expect.any(String) } } } },
    });
    expect(await server('POST', '/rooms', { kind: 'group', memberIds: ['nobody'] })).toMatchObject(
      refusal('not-found', 404),
    );
    expect(await server('POST', `/rooms/${idOf(direct)}/members`, { userIds: [await user('cat')] })).toMatchObject(
      refusal('invalid', 400),
    );
    const id = unique('room');
    expect(await server('POST', '/rooms', { kind: 'group', memberIds: [ann], id })).toMatchObject({ body: { id } });
    expect(await server('POST', '/rooms', { kind: 'group', memberIds: [bob], id })).toMatchObject(
      refusal('conflict', 409),
    );
    expect(await server('POST', '/rooms', { kind: 'group', memberIds: [], createdBy: ann })).toMatchObject({
      status: 201,
      body: { createdBy: ann },
    });
  });

  it('page through rooms and members', async () => {
    const people = [await user('ann'), await user('bob'), await user('cat')];
    const [ann = ''] = people;
    const ids = [await room(...people), await room(...people), await room(...people)];
    const first = await server('GET', `/users/${ann}/rooms?limit=2`);
    const second = await server('GET', `/users/${ann}/rooms?limit=2&cursor=${String(field(first, 'nextCursor'))}`);
    const listed = [first, second].flatMap((page) => column(page, 'rooms', 'id'));
    expect(listed.sort()).toEqual(ids.sort());
    expect(field(second, 'nextCursor')).toBeUndefined();

    const members = `/rooms/${String(ids[0])}/members`;
    const page = await server('GET', `${members}?limit=2`);
    const cursor = String(field(page, 'nextCursor'));
    await server('DELETE', `${members}/${String(column(page, 'members', 'userId')[0])}`);
    const rest = await server('GET', `${members}?limit=2&cursor=${cursor}`);
    const seen = [page, rest].flatMap((one) => column(one, 'members', 'userId'));
    expect(seen.sort()).toEqual([...people].sort());
    expect(await server('GET', `${members}?cursor=nonsense`)).toMatchObject(refusal('invalid', 400));
  });
});
