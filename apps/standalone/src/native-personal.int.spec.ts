import { describe, expect, it } from 'vitest';
import { column, field, idOf, refusal, unique } from './api.fixture.js';
import { sharedApi } from './shared-api.fixture.js';

const { server, client, room, world } = sharedApi();

type Client = Awaited<ReturnType<typeof client>>;

const send = async (as: Client, roomId: string, text: string, more: object = {}) =>
  as.ask('POST', `/rooms/${roomId}/messages`, { text, ...more });
const texts = async (as: Client, roomId: string, query = '') =>
  column(await as.ask('GET', `/rooms/${roomId}/messages${query}`), 'messages', 'text');

describe('preferences over the native API', () => {
  it('are set, read and removed by their user, or by the server for that user', async () => {
    const ann = await client('ann');
    const path = `/users/${ann.id}/preferences`;
    expect(await ann.ask('PUT', `${path}/ui`, { value: { dark: true } })).toMatchObject({ status: 200 });
    expect(await server('PUT', `${path}/a%2Fb`, { value: null })).toMatchObject({ status: 200 });
    expect(await ann.ask('GET', `${path}/ui`)).toMatchObject({
      status: 200,
      body: { key: 'ui', value: { dark: true } },
    });
    expect((await server('GET', path)).body).toEqual({ preferences: { ui: { dark: true }, 'a/b': null } });
    expect(await ann.ask('DELETE', `${path}/ui`)).toMatchObject({ status: 204 });
    expect(await ann.ask('GET', `${path}/ui`)).toMatchObject(refusal('not-found', 404));
    expect(await ann.ask('DELETE', `${path}/ui`)).toMatchObject(refusal('not-found', 404));
  });

  it("are nobody else's", async () => {
    const [ann, bob] = [await client('ann'), await client('bob')];
    const path = `/users/${ann.id}/preferences/ui`;
    for (const [method, body] of [['GET'], ['PUT', { value: 1 }], ['DELETE']] as const) {
      expect(await bob.ask(method, path, body)).toMatchObject(refusal('permission-denied', 403));
    }
    expect(await server('GET', '/users/nobody/preferences')).toMatchObject(refusal('not-found', 404));
  });

  it.each([
    ['no value', 'ui', {}, 'invalid', 400],
    ['too much', 'ui', { value: 'x'.repeat(70_000) }, 'too-large', 413],
    ['a key that is too long', 'k'.repeat(129), { value: 1 }, 'invalid', 400],
  ])('refuse %s', async (_, key, body, code, status) => {
    const ann = await client('ann');
    expect(await ann.ask('PUT', `/users/${ann.id}/preferences/${key}`, body)).toMatchObject(refusal(code, status));
    expect((await ann.ask('GET', `/users/${ann.id}/preferences`)).body).toEqual({ preferences: {} });
  });

  it('of a room change one by one and hide it from the list until the next message', async () => {
    const [ann, bob] = [await client('ann'), await client('bob')];
    const roomId = await room(ann.id, bob.id);
    const path = `/rooms/${roomId}/preferences`;
    const changed = await ann.ask('PUT', path, { muted: true, tags: ['work'] });
    expect(changed.body).toEqual({
      ...{ muted: true, archived: false, hidden: false, pinned: false, folder: null },
      ...{ tags: ['work'], nickname: null, translateTo: null },
    });
    expect(await server('PUT', path, { userId: ann.id, hidden: true })).toMatchObject({
      body: { muted: true, hidden: true },
    });
    expect(column(await ann.ask('GET', `/users/${ann.id}/rooms`), 'rooms', 'id')).toEqual([]);
    expect((await ann.ask('GET', path)).body).toMatchObject({ hidden: true });
    await send(bob, roomId, 'hello');
    expect(column(await ann.ask('GET', `/users/${ann.id}/rooms`), 'rooms', 'id')).toEqual([roomId]);
    expect(await server('PUT', path, { hidden: true })).toMatchObject(refusal('invalid', 400));
    const stranger = await client('eve');
    expect(await stranger.ask('PUT', path, { muted: true })).toMatchObject(refusal('not-found', 404));
    expect(await stranger.ask('GET', path)).toMatchObject(refusal('not-found', 404));
    expect(await ann.ask('PUT', path, { tags: [1] })).toMatchObject(refusal('invalid', 400));
  });
});

describe('messages over the native API', () => {
  it('are deleted for oneself alone', async () => {
    const [ann, bob, eve] = [await client('ann'), await client('bob'), await client('eve')];
    const roomId = await room(ann.id, bob.id);
    const id = idOf(await send(ann, roomId, 'secret'));
    expect(await eve.ask('DELETE', `/messages/${id}?for=me`)).toMatchObject(refusal('not-found', 404));
    expect(await bob.ask('DELETE', `/messages/unknown?for=me`)).toMatchObject(refusal('not-found', 404));
    expect(await bob.ask('DELETE', `/messages/${id}?for=me`)).toMatchObject({ status: 204 });
    expect(await texts(bob, roomId)).not.toContain('secret');
    expect(await texts(ann, roomId)).toContain('secret');
    expect(await server('DELETE', `/messages/${id}?for=me&by=${ann.id}`)).toMatchObject({ status: 204 });
    expect(await texts(ann, roomId)).not.toContain('secret');
  });

  it('are found, forwarded, starred, pinned and reacted to', async () => {
    const [ann, bob, eve] = [await client('ann'), await client('bob'), await client('eve')];
    const roomId = await room(ann.id, bob.id);
    const id = idOf(await send(ann, roomId, 'see https://x.io/a'));
    const copy = await send(bob, roomId, 'see https://x.io/a 100%', { forwardOf: id });
    expect(copy).toMatchObject({ status: 201, body: { forwardOf: id, broadcastOf: null } });
    expect(await texts(ann, roomId, `?text=${encodeURIComponent('100%')}`)).toEqual(['see https://x.io/a 100%']);
    expect(await texts(ann, roomId, '?only=links')).toHaveLength(2);
    expect(await texts(ann, roomId, '?type=image')).toEqual([]);
    expect(await bob.ask('PUT', `/messages/${id}/star`, {})).toMatchObject({ status: 200, body: { id } });
    expect(await texts(bob, roomId, '?only=starred')).toEqual(['see https://x.io/a']);
    expect(await texts(ann, roomId, '?only=starred')).toEqual([]);
    await bob.ask('DELETE', `/messages/${id}/star`);
    expect(await texts(bob, roomId, '?only=starred')).toEqual([]);
    const reaction = `/messages/${id}/reactions/${encodeURIComponent('❤️')}`;
    expect((await bob.ask('PUT', reaction, {})).body).toMatchObject({ reactions: [{ userId: bob.id, value: '❤️' }] });
    expect((await ann.ask('GET', `/messages/${id}`)).body).toMatchObject({ reactions: [{ userId: bob.id }] });
    expect(field(await bob.ask('DELETE', reaction), 'reactions')).toBeUndefined();
    expect(field(await ann.ask('PUT', `/messages/${id}/pin`, {}), 'pinnedAt')).toEqual(expect.any(String));
    expect(await texts(bob, roomId, '?only=pinned')).toEqual(['see https://x.io/a']);
    expect(field(await bob.ask('DELETE', `/messages/${id}/pin`), 'pinnedAt')).toBeUndefined();
    for (const path of [`/messages/${id}/star`, reaction, `/messages/${id}/pin`, '/messages/unknown/star']) {
      expect(await eve.ask('PUT', path, {})).toMatchObject(refusal('not-found', 404));
    }
    expect(await eve.ask('GET', `/messages/${id}`)).toMatchObject(refusal('not-found', 404));
    expect(await server('PUT', `/messages/${id}/star`, {})).toMatchObject(refusal('invalid', 400));
  });
});

describe('streams over the native API', () => {
  const bot = async () => {
    const id = unique('bot');
    await server('PUT', `/users/${id}`, { isBot: true });
    return id;
  };

  it('become one message of the id they were opened with', async () => {
    const [ann, botId] = [await client('ann'), await bot()];
    const roomId = await room(ann.id, botId);
    const opened = await server('POST', `/rooms/${roomId}/streams`, { senderId: botId });
    expect(opened).toMatchObject({ status: 201, body: { messageId: expect.any(String) } });
    const path = `/streams/${String(field(opened, 'messageId'))}`;
    expect(await server('POST', `${path}/chunks`, { index: 0, text: 'Hello ' })).toMatchObject({
      status: 202,
      body: null,
    });
    expect(await server('POST', `${path}/chunks`, { index: 2, text: 'x' })).toMatchObject({
      status: 409,
      body: { error: { code: 'conflict', details: { expected: 1 } } },
    });
    await server('POST', `${path}/chunks`, { index: 1, text: 'world' });
    await server('POST', `${path}/chunks`, { index: 1, text: 'world' });
    const done = await server('POST', `${path}/finish`, {});
    expect(done).toMatchObject({
      status: 200,
      body: { id: field(opened, 'messageId'), text: 'Hello world', senderId: botId },
    });
    expect((await server('POST', `${path}/finish`, { text: 'other' })).body).toEqual(done.body);
    expect(await server('POST', `${path}/chunks`, { index: 2, text: 'late' })).toMatchObject(refusal('not-found', 404));
    expect(await texts(ann, roomId)).toContain('Hello world');
  });

  it('are opened by bots and the server, and written by their sender alone', async () => {
    const [ann, botId] = [await client('ann'), await bot()];
    const roomId = await room(ann.id, botId);
    expect(await ann.ask('POST', `/rooms/${roomId}/streams`, {})).toMatchObject(refusal('permission-denied', 403));
    expect(await server('POST', `/rooms/${roomId}/streams`, {})).toMatchObject(refusal('invalid', 400));
    expect(await server('POST', '/rooms/unknown/streams', { senderId: botId })).toMatchObject(
      refusal('not-found', 404),
    );
    const token = String(field(await server('POST', `/users/${botId}/tokens`, {}), 'token'));
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const opened = await fetch(`${world().url}/api/v1/rooms/${roomId}/streams`, {
      method: 'POST',
      headers,
      body: '{}',
    });
    expect(opened.status).toBe(201);
    const path = `/streams/${String(Reflect.get(Object(await opened.json()), 'messageId'))}`;
    expect(await ann.ask('POST', `${path}/chunks`, { index: 0, text: 'x' })).toMatchObject(refusal('not-found', 404));
    expect(await ann.ask('POST', `${path}/finish`, { text: 'x' })).toMatchObject(refusal('not-found', 404));
    expect(await server('POST', `${path}/chunks`, { index: -1, text: 'x' })).toMatchObject(refusal('invalid', 400));
    expect(await server('POST', `${path}/finish`, {})).toMatchObject(refusal('invalid', 400));
  });
});
