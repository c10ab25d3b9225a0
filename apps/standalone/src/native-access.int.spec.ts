import { describe, expect, it } from 'vitest';
import { answerOf, caller, field, idOf, refusal } from './api.fixture.js';
import { sharedApi } from './shared-api.fixture.js';

const { server, user, client, room, world } = sharedApi();

describe('who may act', () => {
  it('a user token acts as its user alone', async () => {
    const [ann, bob] = [await client('ann'), await client('bob')];
    const roomId = await room(ann.id, bob.id);
    const message = await bob.ask('POST', `/rooms/${roomId}/messages`, { text: 'mine' });
    const asBob: [string, string, unknown?][] = [
      ['PUT', `/users/${bob.id}`, { name: 'Robbed' }],
      ['POST', `/users/${bob.id}/tokens`, {}],
      ['POST', `/users/${ann.id}/tokens`, {}],
      ['GET', `/users/${bob.id}/rooms`],
      ['POST', '/rooms', { kind: 'group', memberIds: [ann.id], createdBy: bob.id }],
      ['PATCH', `/rooms/${roomId}`, { name: 'x', by: bob.id }],
      ['DELETE', `/rooms/${roomId}?by=${bob.id}`],
      ['POST', `/rooms/${roomId}/members`, { userIds: [ann.id], by: bob.id }],
      ['DELETE', `/rooms/${roomId}/members/${ann.id}?by=${bob.id}`],
      ['POST', `/rooms/${roomId}/messages`, { senderId: bob.id, text: 'spoofed' }],
      ['PATCH', `/messages/${idOf(message)}`, { text: 'spoofed', by: bob.id }],
      ['DELETE', `/messages/${idOf(message)}?by=${bob.id}`],
      ['POST', `/rooms/${roomId}/read`, { userId: bob.id, seq: 1 }],
      ['POST', `/rooms/${roomId}/delivered`, { userId: bob.id, seq: 1 }],
    ];
    for (const [method, path, body] of asBob) {
      expect(await ann.ask(method, path, body), `${method} ${path}`).toMatchObject(refusal('permission-denied', 403));
    }
    expect((await bob.ask('GET', `/rooms/${roomId}/messages`)).body).toMatchObject({
      messages: [{ text: 'mine' }],
      lastSeq: 1,
    });
    expect(await ann.ask('PUT', `/users/${ann.id}`, { name: 'Ann herself' })).toMatchObject({ status: 200 });
  });

  it('the secret key names who acts, and must where somebody has to', async () => {
    const ann = await user('ann');
    const roomId = await room(ann);
    expect(await server('POST', `/rooms/${roomId}/messages`, { senderId: ann, text: 'x' })).toMatchObject({
      status: 201,
    });
    const anonymous: [string, string, object][] = [
      ['messages', 'senderId', { text: 'x' }],
      ['read', 'userId', { seq: 1 }],
      ['delivered', 'userId', { seq: 1 }],
    ];
    for (const [noun, name, body] of anonymous) {
      expect(await server('POST', `/rooms/${roomId}/${noun}`, body)).toMatchObject({
        status: 400,
        body: { error: { code: 'invalid', details: { fields: { [name]: expect.any(String) } } } },
      });
    }
    expect(await server('POST', `/rooms/${roomId}/messages`, { senderId: 'nobody', text: 'x' })).toMatchObject(
      refusal('not-found', 404),
    );
  });

  it('refuses other credentials', async () => {
    const bad = ['demo-secret-kez', 'Bearer', 'a.b.c', 'x'.repeat(9000)];
    for (const credential of [null, ...bad]) {
      expect(await caller(world().url, credential)('GET', '/users/ann')).toMatchObject(refusal('unauthenticated', 401));
    }
    const publishable = caller(world().url, 'demo-public-key');
    const operator = caller(world().url, 'demo-operator-key');
    for (const ask of [publishable, operator]) {
      expect(await ask('PUT', '/users/ann', {})).toMatchObject(refusal('permission-denied', 403));
      expect(await ask('POST', '/rooms', { kind: 'group', memberIds: ['ann'] })).toMatchObject(
        refusal('permission-denied', 403),
      );
    }
    const origin = { authorization: 'Bearer demo-secret-key', origin: 'https://evil.example' };
    const leaked = await answerOf(await fetch(`${world().url}/api/v1/users/ann`, { headers: origin }));
    expect(leaked).toMatchObject(refusal('permission-denied', 403));
    expect(leaked.headers.get('access-control-allow-origin')).toBe('https://evil.example');
  });

  it('answers foreign rooms and messages as unknown ones, and changes nothing', async () => {
    const [ann, eve] = [await client('ann'), await client('eve')];
    const roomId = await room(ann.id);
    const message = await ann.ask('POST', `/rooms/${roomId}/messages`, { text: 'private' });
    const asks = (theRoom: string, theMessage: string): [string, string, unknown?][] => [
      ['GET', `/rooms/${theRoom}`],
      ['PATCH', `/rooms/${theRoom}`, { name: 'x' }],
      ['DELETE', `/rooms/${theRoom}`],
      ['GET', `/rooms/${theRoom}/members`],
      ['POST', `/rooms/${theRoom}/members`, { userIds: [eve.id] }],
      ['DELETE', `/rooms/${theRoom}/members/${ann.id}`],
      ['GET', `/rooms/${theRoom}/messages`],
      ['POST', `/rooms/${theRoom}/messages`, { text: 'x' }],
      ['POST', `/rooms/${theRoom}/read`, { seq: 1 }],
      ['PATCH', `/messages/${theMessage}`, { text: 'x' }],
      ['DELETE', `/messages/${theMessage}`],
    ];
    const unknown = asks('unknown', 'unknown');
    for (const [index, [method, path, body]] of asks(roomId, idOf(message)).entries()) {
      const foreign = await eve.ask(method, path, body);
      const [otherMethod, otherPath, otherBody] = unknown[index] ?? ['GET', '/'];
      expect(foreign, `${method} ${path}`).toMatchObject(refusal('not-found', 404));
      expect(foreign.body).toEqual((await eve.ask(otherMethod, otherPath, otherBody)).body);
    }
    expect((await ann.ask('GET', `/rooms/${roomId}/messages`)).body).toMatchObject({
      messages: [message.body],
      lastSeq: 1,
    });
    expect(field(await ann.ask('GET', `/rooms/${roomId}/members`), 'members')).toHaveLength(1);
  });

  it('tells who is online', async () => {
    const [ann, bob] = [await user('ann'), await user('bob')];
    expect((await server('GET', `/presence?userIds=${ann},nobody,${bob}`)).body).toEqual({
      users: [
        { id: ann, online: false, lastSeenAt: null },
        { id: bob, online: false, lastSeenAt: null },
      ],
    });
    expect(await server('GET', '/presence')).toMatchObject(refusal('invalid', 400));
  });
});
