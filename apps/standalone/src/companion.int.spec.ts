import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerOf, caller, startApiWorld, type Answer, type ApiWorld } from './api.fixture.js';

/** A dialect's REST companion, as its clients call it: through the registry, by its own paths and shapes. */

let world: ApiWorld;
beforeAll(async () => {
  world = await startApiWorld();
});
afterAll(async () => world.close());

const KEY = { authorization: 'Bearer demo-public-key' };

function form(fields: Readonly<Record<string, string | readonly string[]>>): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    for (const one of typeof value === 'string' ? [value] : value) data.append(name, one);
  }
  return data;
}

async function send(method: string, path: string, body?: FormData | object, headers: object = KEY): Promise<Answer> {
  const json = body === undefined || body instanceof FormData ? null : JSON.stringify(body);
  const init =
    json === null
      ? { method, headers: { ...headers }, ...(body instanceof FormData ? { body } : {}) }
      : { method, headers: { ...headers, 'content-type': 'application/json' }, body: json };
  return answerOf(await fetch(`${world.url}${path}`, init));
}

function at(answer: Answer, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => Reflect.get(Object(value), key), answer.body);
}

let made = 0;
async function user(name: string): Promise<{ readonly id: string; readonly username: string }> {
  const username = `${name}-${++made}`;
  const answer = await send('POST', '/v1/user', form({ username, name, metadata: '{"a":1}' }));
  expect(answer).toMatchObject({ status: 200, body: { user: { username, name } } });
  return { id: String(at(answer, 'user', 'id')), username };
}

describe('the MinChat companion', () => {
  it('carries a conversation from users to the list, and the native API sees it', async () => {
    const [ann, bob] = [await user('ann'), await user('bob')];
    const chat = await send('POST', '/v1/chat', { usernames: [ann.username, bob.username], user_id: ann.id });
    expect(chat).toMatchObject({ status: 200, body: { success: true, participant_user_ids: expect.any(Array) } });
    const chatId = String(at(chat, 'id'));
    expect(at(await send('POST', '/v1/chat', { usernames: [bob.username, ann.username] }), 'id')).toBe(chatId);

    const sent = await send('POST', '/v1/messages', form({ chat_id: chatId, user_id: ann.id, text: 'hello' }));
    expect(sent.status).toBe(200);
    const urlencoded = await fetch(`${world.url}/v1/messages`, {
      method: 'POST',
      headers: KEY,
      body: new URLSearchParams({ chat_id: chatId, user_id: bob.id, text: 'ümläut & all' }),
    });
    expect(urlencoded.status).toBe(200);

    const listed = await send('GET', `/v1/messages?chat_id=${chatId}&user_id=${bob.id}`);
    expect(listed).toMatchObject({
      status: 200,
      body: { success: true, messages: [{ text: 'hello' }, { text: 'ümläut & all' }], total_messages: 2, page: 1 },
    });
    const messageId = String(at(listed, 'messages', '0', 'id'));
    expect(await send('POST', `/v1/messages/${messageId}/seen`, { user_id: bob.id })).toMatchObject({ status: 200 });
    expect(await send('PATCH', `/v1/messages/${messageId}`, form({ text: 'hello!', user_id: ann.id }))).toMatchObject({
      status: 200,
    });
    expect(await send('GET', `/v1/chat/list?user_id=${bob.id}`)).toMatchObject({
      body: { chats: [{ id: chatId, last_message: { text: 'ümläut & all' } }], total_chats: 1 },
    });

    const native = caller(world.url, 'demo-secret-key');
    expect(await native('GET', `/rooms/${chatId}/messages`)).toMatchObject({
      status: 200,
      body: {
        messages: [
          { text: 'hello!', senderId: ann.id },
          { text: 'ümläut & all', senderId: bob.id },
        ],
        lastSeq: 2,
      },
    });
  });

  it('makes groups by form with repeated usernames', async () => {
    const people = [await user('ann'), await user('bob'), await user('cat')];
    const fields = { usernames: people.map((one) => one.username), title: 'Three' };
    const group = await send('POST', '/v1/chat', form(fields));
    expect(group).toMatchObject({ status: 200, body: { title: 'Three' } });
    expect(at(group, 'participant_user_ids')).toHaveLength(3);
  });

  it('recovers the boundary that a multipart header lacks', async () => {
    const body = '--cut-here\r\nContent-Disposition: form-data; name="username"\r\n\r\nby-hand\r\n--cut-here--\r\n';
    const headers = { ...KEY, 'content-type': 'multipart/form-data' };
    const answer = await answerOf(await fetch(`${world.url}/v1/user`, { method: 'POST', headers, body }));
    expect(answer).toMatchObject({ status: 200, body: { user: { username: 'by-hand' } } });
    const without = await fetch(`${world.url}/v1/user`, { method: 'POST', headers, body: 'no boundary at all' });
    expect(await answerOf(without)).toMatchObject({ status: 400, body: { message: expect.any(String) } });
  });

  it('answers every error in its own shape', async () => {
    const ann = await user('ann');
    const wrong = { authorization: 'Bearer no-such-key' };
    expect(await send('GET', `/v1/user?id=${ann.id}`, undefined, wrong)).toMatchObject({
      status: 401,
      body: { message: expect.any(String) },
    });
    expect(await send('GET', '/v1/user?id=nobody')).toMatchObject({
      status: 404,
      body: { message: expect.any(String) },
    });
    expect(await send('PATCH', '/v1/user/nobody', form({ name: 'x' }))).toMatchObject({ status: 404 });
    expect(await send('POST', '/v1/chat', {})).toMatchObject({ status: 400, body: { message: expect.any(String) } });
    expect(await send('GET', '/v1/nothing')).toMatchObject({ status: 404, body: { message: expect.any(String) } });
    const cut = await fetch(`${world.url}/v1/chat`, { method: 'POST', headers: KEY, body: '{"usernames":' });
    expect(await answerOf(cut)).toMatchObject({ status: 400, body: { message: expect.any(String) } });
  });

  it('refuses hostile forms and lives', async () => {
    const hostile = [
      form({ '__proto__[polluted]': 'x', username: 'a' }),
      form({ username: ['a', 'b'] }),
      form(Object.fromEntries(Array.from({ length: 1_100 }, (_, index) => [`f${index}`, 'x']))),
      form({ 'usernames[999999999]': 'x' }),
      form({ username: 'x'.repeat(300_000) }),
    ];
    for (const body of hostile) {
      const { status } = await send('POST', '/v1/user', body);
      expect([400, 413]).toContain(status);
    }
    const file = form({ username: `with-file-${++made}` });
    file.append('avatar_file', new Blob(['picture']), 'me.png');
    expect(await send('POST', '/v1/user', file)).toMatchObject({ status: 400, body: { message: expect.any(String) } });
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
    expect((await fetch(`${world.url}/health/live`)).status).toBe(200);
  });

  it('lets a user token act as its user alone', async () => {
    const [ann, bob] = [await user('ann'), await user('bob')];
    const server = caller(world.url, 'demo-secret-key');
    const token = String(at(await server('POST', `/users/${ann.id}/tokens`, {}), 'token'));
    const as = { authorization: token };
    const chat = await send('POST', '/v1/chat', { usernames: [ann.username, bob.username] }, as);
    expect(chat.status).toBe(200);
    const chatId = String(at(chat, 'id'));
    const spoofed = await send('POST', '/v1/messages', form({ chat_id: chatId, user_id: bob.id, text: 'x' }), as);
    expect(spoofed).toMatchObject({ status: 401 });
    expect((await send('POST', '/v1/messages', form({ chat_id: chatId, text: 'mine' }), as)).status).toBe(200);
    expect(at(await server('GET', `/rooms/${chatId}/messages`), 'lastSeq')).toBe(1);
  });
});
