import { createHmac } from 'node:crypto';
import { jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { column, field, idOf, peopleAt, refusal, unique } from './api.fixture.js';
import { sharedApi } from './shared-api.fixture.js';

const { server, user, client, room, world } = sharedApi();

describe('rooms', () => {
  it('are described, frozen and told what happens to them', async () => {
    const [ann, bob] = [await client('ann'), await client('bob')];
    const made = await ann.ask('POST', '/rooms', { kind: 'group', memberIds: [bob.id], description: 'About us' });
    expect(made).toMatchObject({ status: 201, body: { description: 'About us', frozen: false, lastSeq: 0 } });
    expect(made.body).not.toHaveProperty('extras');
    const path = `/rooms/${idOf(made)}`;
    expect(await ann.ask('PATCH', path, { name: 'Team', frozen: true, description: null })).toMatchObject({
      status: 200,
      body: { name: 'Team', frozen: true, description: null },
    });
    expect(await bob.ask('POST', `${path}/messages`, { text: 'x' })).toMatchObject(refusal('permission-denied', 403));
    await ann.ask('PATCH', path, { frozen: false, name: 'Crew', announce: false });
    expect(await bob.ask('POST', `${path}/messages`, { text: 'x' })).toMatchObject({ status: 201, body: { seq: 2 } });
    expect((await bob.ask('GET', `${path}/messages`)).body).toMatchObject({
      messages: [
        { type: 'info', senderId: ann.id, attachment: { data: { action: 'room.renamed', title: 'Team' } } },
        { type: 'text', text: 'x' },
      ],
    });
  });

  it('name those whom an info message is about', async () => {
    const ann = await client('ann');
    const [bob, roomId] = [await user('Bob'), await room(ann.id)];
    await server('PUT', `/users/${bob}`, { name: 'Bob the Builder' });
    await ann.ask('POST', `/rooms/${roomId}/members`, { userIds: [bob] });
    await ann.ask('DELETE', `/rooms/${roomId}/members/${bob}`);
    const told = column(await ann.ask('GET', `/rooms/${roomId}/messages`), 'messages', 'attachment');
    const targets = [{ id: bob, name: 'Bob the Builder' }];
    expect(told).toMatchObject([
      { data: { action: 'members.added', targets } },
      { data: { action: 'member.removed', targets } },
    ]);
  });

  it('change roles and nicknames of their members', async () => {
    const [ann, bob] = [await client('ann'), await client('bob')];
    const members = `/rooms/${await room(ann.id, bob.id)}/members`;
    expect(await bob.ask('PATCH', `${members}/${bob.id}`, { role: 'admin' })).toMatchObject(
      refusal('permission-denied', 403),
    );
    expect(await bob.ask('PATCH', `${members}/${bob.id}`, { nickname: 'Bobby' })).toMatchObject({
      status: 200,
      body: { userId: bob.id, role: 'member', nickname: 'Bobby' },
    });
    expect(await server('PATCH', `${members}/${bob.id}`, { role: 'owner', by: ann.id })).toMatchObject({
      status: 200,
      body: { role: 'owner' },
    });
    expect((await ann.ask('GET', members)).body).toMatchObject({
      members: expect.arrayContaining([expect.objectContaining({ userId: ann.id, role: 'admin' })]),
    });
    expect(await ann.ask('PATCH', `${members}/${bob.id}`, { role: 'member' })).toMatchObject(
      refusal('permission-denied', 403),
    );
    expect(await ann.ask('PATCH', `${members}/${ann.id}`, { role: 'king' })).toMatchObject(refusal('invalid', 400));
  });
});

describe('invitations', () => {
  it('are made, listed, accepted, rejected and taken back', async () => {
    const [ann, bob, cat, dan] = [await client('ann'), await client('bob'), await client('cat'), await client('dan')];
    const path = `/rooms/${await room(ann.id)}`;
    const made = await ann.ask('POST', `${path}/invitations`, { userIds: [bob.id, cat.id, dan.id, ann.id] });
    expect(made.status).toBe(201);
    expect(column(made, 'invitations', 'inviteeId')).toEqual([bob.id, cat.id, dan.id]);
    const [toBob, toCat, toDan] = column(made, 'invitations', 'id').map(String);
    expect((await bob.ask('GET', `/users/${bob.id}/invitations`)).body).toMatchObject({
      invitations: [{ id: toBob, state: 'open', inviterId: ann.id }],
    });
    expect(await bob.ask('GET', `${path}/invitations`)).toMatchObject(refusal('not-found', 404));
    expect(column(await ann.ask('GET', `${path}/invitations`), 'invitations', 'id')).toHaveLength(3);

    expect(await cat.ask('POST', `/invitations/${toBob}/accept`, {})).toMatchObject(refusal('not-found', 404));
    expect(await bob.ask('POST', `/invitations/${toBob}/accept`)).toMatchObject({
      status: 200,
      body: { state: 'accepted' },
    });
    expect(await bob.ask('GET', path)).toMatchObject({ status: 200 });
    expect(await server('POST', `/invitations/${toCat}/reject`, { by: cat.id })).toMatchObject({
      status: 200,
      body: { state: 'rejected' },
    });
    expect(await cat.ask('POST', `/invitations/${toCat}/accept`, {})).toMatchObject(refusal('conflict', 409));
    expect(await dan.ask('DELETE', `/invitations/${toDan}`)).toMatchObject(refusal('not-found', 404));
    expect(await bob.ask('DELETE', `/invitations/${toDan}`)).toMatchObject(refusal('permission-denied', 403));
    expect((await ann.ask('DELETE', `/invitations/${toDan}`)).status).toBe(204);
    expect(await dan.ask('POST', `/invitations/${toDan}/accept`, {})).toMatchObject(refusal('conflict', 409));
    expect(await bob.ask('GET', `${path}/invitations`)).toMatchObject(refusal('permission-denied', 403));
  });
});

describe('bans', () => {
  it('keep somebody out until they are lifted', async () => {
    const [ann, bob] = [await client('ann'), await client('bob')];
    const path = `/rooms/${await room(ann.id, bob.id)}`;
    expect(await bob.ask('PUT', `${path}/bans/${ann.id}`)).toMatchObject(refusal('permission-denied', 403));
    expect(await ann.ask('PUT', `${path}/bans/${bob.id}`, {})).toMatchObject({ status: 200, body: { userId: bob.id } });
    expect(await ann.ask('PUT', `${path}/bans/${bob.id}`, {})).toMatchObject(refusal('conflict', 409));
    expect(await bob.ask('GET', path)).toMatchObject(refusal('not-found', 404));
    expect((await ann.ask('GET', `${path}/bans`)).body).toMatchObject({ bans: [{ userId: bob.id, byId: ann.id }] });
    const added = await ann.ask('POST', `${path}/members`, { userIds: [bob.id] });
    expect(column(added, 'members', 'userId')).toEqual([ann.id]);
    expect((await ann.ask('DELETE', `${path}/bans/${bob.id}`)).status).toBe(204);
    expect(await ann.ask('DELETE', `${path}/bans/${bob.id}`)).toMatchObject(refusal('not-found', 404));
  });
});

describe('blocks', () => {
  it('keep two users from writing to each other, and show from either side', async () => {
    const [ann, bob] = [await client('ann'), await client('bob')];
    const direct = await ann.ask('POST', '/rooms', { kind: 'direct', memberIds: [ann.id, bob.id] });
    const own = `/users/${ann.id}/blocks`;
    expect(await ann.ask('PUT', `${own}/${bob.id}`)).toEqual(
      expect.objectContaining({
        status: 200,
        body: { userId: bob.id, blockedByMe: true, blockedMe: false, roomId: idOf(direct) },
      }),
    );
    expect((await bob.ask('GET', `/users/${bob.id}/blocks/${ann.id}`)).body).toMatchObject({
      blockedByMe: false,
      blockedMe: true,
    });
    expect((await ann.ask('GET', own)).body).toMatchObject({ blocks: [{ userId: bob.id }] });
    expect(await bob.ask('PUT', `${own}/${bob.id}`)).toMatchObject(refusal('permission-denied', 403));
    const path = `/rooms/${idOf(direct)}/messages`;
    expect(await bob.ask('POST', path, { text: 'hey' })).toMatchObject(refusal('permission-denied', 403));
    expect((await server('DELETE', `${own}/${bob.id}`)).status).toBe(204);
    expect(await bob.ask('POST', path, { text: 'hey' })).toMatchObject({ status: 201 });
    expect(await ann.ask('PUT', `${own}/${ann.id}`)).toMatchObject(refusal('invalid', 400));
    expect(await ann.ask('PUT', `${own}/nobody`)).toMatchObject(refusal('not-found', 404));
  });
});

describe('broadcast rooms', () => {
  it('copy what their owner writes into direct rooms, and are nobody else’s', async () => {
    const [ann, bob, cat] = [await client('ann'), await client('bob'), await client('cat')];
    const made = await ann.ask('POST', '/rooms', { kind: 'broadcast', memberIds: [bob.id, cat.id], name: 'News' });
    expect(made).toMatchObject({ status: 201, body: { kind: 'broadcast', createdBy: ann.id } });
    const path = `/rooms/${idOf(made)}`;
    expect(await bob.ask('GET', path)).toMatchObject(refusal('not-found', 404));
    const members = await ann.ask('GET', `${path}/members`);
    expect(column(members, 'members', 'userId').sort()).toEqual([ann.id, bob.id, cat.id].sort());
    const sent = await ann.ask('POST', `${path}/messages`, { text: 'news' });
    expect(sent.status).toBe(201);
    const last = async (asker: typeof bob): Promise<unknown> =>
      column(await asker.ask('GET', `/users/${asker.id}/rooms`), 'rooms', 'lastMessage')[0];
    for (const asker of [bob, cat]) {
      await expect.poll(async () => last(asker), { timeout: 15_000 }).toMatchObject({ text: 'news', senderId: ann.id });
    }
    const rooms = await bob.ask('GET', `/users/${bob.id}/rooms`);
    expect(column(rooms, 'rooms', 'kind')).toEqual(['direct']);
  });
});

describe('unknown and foreign ids', () => {
  it('answer alike', async () => {
    const [ann, mallory] = [await client('ann'), await client('mallory')];
    const bob = await user('bob');
    const roomId = await room(ann.id, bob);
    const made = await ann.ask('POST', `/rooms/${roomId}/invitations`, { userIds: [await user('cat')] });
    const invitation = String(column(made, 'invitations', 'id')[0]);
    const calls = (id: string, invitationId: string): [string, string, unknown?][] => [
      ['PATCH', `/rooms/${id}/members/${bob}`, { role: 'admin' }],
      ['PATCH', `/rooms/${id}/members/${mallory.id}`, { nickname: 'm' }],
      ['POST', `/rooms/${id}/invitations`, { userIds: [mallory.id] }],
      ['GET', `/rooms/${id}/invitations`],
      ['GET', `/rooms/${id}/bans`],
      ['PUT', `/rooms/${id}/bans/${bob}`, {}],
      ['DELETE', `/rooms/${id}/bans/${bob}`],
      ['POST', `/invitations/${invitationId}/accept`, {}],
      ['POST', `/invitations/${invitationId}/reject`, {}],
      ['DELETE', `/invitations/${invitationId}`],
    ];
    const foreign = calls(roomId, invitation);
    const unknown = calls(unique('room'), unique('invitation'));
    for (const [index, [method, path, body]] of foreign.entries()) {
      const other = unknown[index] ?? [method, path, body];
      const [hidden, missing] = [
        await mallory.ask(method, path, body),
        await mallory.ask(other[0], other[1], other[2]),
      ];
      expect(hidden, `${method} ${path}`).toMatchObject(refusal('not-found', 404));
      expect(field(hidden, 'error')).toEqual(field(missing, 'error'));
    }
    const members = await ann.ask('GET', `/rooms/${roomId}/members`);
    expect(column(members, 'members', 'role').sort()).toEqual(['member', 'owner']);
  });
});

describe('the media of calls', () => {
  it('finds its way over a TURN server with credentials of whoever asks', async () => {
    const [ann, bob] = [await client('ann'), await client('bob')];
    const answer = await ann.ask('GET', '/turn');
    const username = String(field(answer, 'username'));
    const credential = createHmac('sha1', 'demo-turn-secret').update(username).digest('base64');
    expect(answer).toMatchObject({ status: 200, body: { credential, ttl: 3_600, uris: ['turn:127.0.0.1:3478'] } });
    expect(username).toMatch(new RegExp(`^\\d{10}:demo\\.${ann.id}$`));

    expect(field(await server('GET', `/turn?userId=${bob.id}`), 'username')).toMatch(new RegExp(`:demo\\.${bob.id}$`));
    expect(field(await server('GET', '/turn'), 'username')).toMatch(/^\d{10}:demo$/);
    expect(await ann.ask('GET', `/turn?userId=${bob.id}`)).toMatchObject(refusal('permission-denied', 403));
  });

  it('finds its way over a media server, for the members of a room', async () => {
    const apiSecret = 'a secret of the specs, 32 characters or more';
    const media = peopleAt(
      await world().startApi({
        PARLANCE_MEDIA_PROVIDER: 'livekit',
        PARLANCE_LIVEKIT_URL: 'wss://media.sample.test',
        PARLANCE_LIVEKIT_KEY: 'key',
        PARLANCE_LIVEKIT_SECRET: apiSecret,
      }),
    );
    const [ann, bob, eve] = [await media.client('ann'), await media.client('bob'), await media.client('eve')];
    const path = `/rooms/${await media.room(ann.id, bob.id)}/media-token`;
    const issued = await bob.ask('POST', path);
    expect(issued).toMatchObject({ status: 201, body: { url: 'wss://media.sample.test' } });
    const { payload } = await jwtVerify(String(field(issued, 'token')), new TextEncoder().encode(apiSecret));
    expect(payload).toMatchObject({ iss: 'key', sub: bob.id, name: 'bob', video: { roomJoin: true } });

    expect(await eve.ask('POST', path)).toMatchObject(refusal('not-found', 404));
    expect(await eve.ask('POST', '/rooms/nowhere/media-token')).toMatchObject(refusal('not-found', 404));
    expect(await media.server('POST', path)).toMatchObject(refusal('invalid', 400));
    expect(await media.server('POST', path, { userId: ann.id })).toMatchObject({ status: 201 });
    const direct = idOf(await ann.ask('POST', '/rooms', { kind: 'direct', memberIds: [ann.id, eve.id] }));
    expect(await ann.ask('POST', `/rooms/${direct}/media-token`)).toMatchObject({ status: 201 });
    await eve.ask('PUT', `/users/${eve.id}/blocks/${ann.id}`);
    for (const one of [ann, eve])
      expect(await one.ask('POST', `/rooms/${direct}/media-token`)).toMatchObject(refusal('permission-denied', 403));
  });

  it('does without a media server where none is set up', async () => {
    const ann = await client('ann');
    expect(await ann.ask('POST', `/rooms/${await room(ann.id)}/media-token`)).toMatchObject(
      refusal('unsupported', 501),
    );
  });
});
