import { signInProof, userProof } from '@parlance/auth';
import {
  findUsers,
  issueToken,
  listUsers,
  putDevice,
  putTenant,
  putUser,
  revokeTokens,
  roomPublished,
  sendPush,
  signIn,
  terminateUser,
  userAddress,
  verifyUserProof,
} from '@parlance/contracts';
import { userEventSchema } from '@parlance/domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { makeTenant, startDatabase, startIdentity, type Database, type Identity } from '../identity.fixture.js';

const KEY = 'the secret of the app';
const refused = { code: 'unauthenticated' };

let database: Database;
let identity: Identity;

beforeAll(async () => {
  database = await startDatabase();
  identity = await startIdentity(database);
  for (const id of ['acme', 'other', 'keyless']) await makeTenant(database, { id });
  await identity.edge.request(putTenant, { id: 'acme', mustExist: true, fields: { encryptHashKey: KEY } });
  await identity.edge.request(putTenant, { id: 'other', mustExist: true, fields: { encryptHashKey: `${KEY} too` } });
});

afterAll(async () => {
  await identity.close();
  await database.stop();
});

interface Attempt {
  readonly tenantId?: string;
  readonly proof?: string;
  readonly name?: string;
  readonly deviceId?: string;
}

const enter = (identifier: string, { tenantId = 'acme', proof, name, deviceId = 'phone' }: Attempt = {}) =>
  identity.edge.request(signIn, {
    tenantId,
    identifier,
    proof: proof ?? signInProof(KEY, identifier),
    fields: name === undefined ? {} : { name },
    deviceId,
    dialect: 'some',
  });
const makeUser = (id: string, tenantId = 'acme') =>
  identity.edge.request(putUser, { tenantId, ref: { id }, fields: { name: id } });
const issue = (userId: string, deviceId?: string) =>
  identity.edge.request(issueToken, { tenantId: 'acme', userId, deviceId });
const terminate = (userId: string, message = 'Goodbye.', tenantId = 'acme') =>
  identity.edge.request(terminateUser, { tenantId, userId, message });

describe('a sign-in', () => {
  it('makes the user at the first time and finds it from then on, with a token bound to the device', async () => {
    const first = await enter('ann@x.io', { name: 'Ann' });
    expect(first).toMatchObject({ created: true, user: { identifier: 'ann@x.io', name: 'Ann' } });
    const again = await enter('ann@x.io', { name: 'Anna', deviceId: 'tablet' });
    expect(again).toMatchObject({ created: false, user: { id: first.user.id, name: 'Anna' } });
    await expect(identity.verify(first.token)).resolves.toMatchObject({
      userId: first.user.id,
      deviceId: 'phone',
      dialect: 'some',
    });
    await expect(identity.verify(again.token)).resolves.toMatchObject({ deviceId: 'tablet' });
  });

  it('by many at once makes one user', async () => {
    const all = await Promise.all([1, 2, 3, 4].map((n) => enter('crowd', { deviceId: `d${n}` })));
    expect(new Set(all.map(({ user }) => user.id)).size).toBe(1);
    expect(all.filter(({ created }) => created)).toHaveLength(1);
  });

  it('finds a user whom the server made with that identifier', async () => {
    const { user } = await identity.edge.request(putUser, {
      tenantId: 'acme',
      ref: { id: 'made' },
      fields: { identifier: 'made@x.io' },
    });
    await expect(enter('made@x.io')).resolves.toMatchObject({ created: false, user: { id: user.id } });
  });

  it.each([
    ['none', ''],
    ['of another identifier', signInProof(KEY, 'bob')],
    ['of another key', signInProof('guess', 'eve')],
    ['in upper case', signInProof(KEY, 'eve').toUpperCase()],
    ['cut', signInProof(KEY, 'eve').slice(1)],
    ['of the kind that signs users', userProof(KEY, 'eve')],
  ])('with a proof that is %s is refused, and makes nobody', async (_, proof) => {
    await expect(enter('eve', { proof })).rejects.toMatchObject(refused);
    const { users } = await identity.edge.request(findUsers, { tenantId: 'acme', refs: [{ identifier: 'eve' }] });
    expect(users).toEqual([null]);
  });

  it('is refused where no key is set, where it is another, and where there is no tenant', async () => {
    for (const tenantId of ['keyless', 'other', 'nobody'])
      await expect(enter('ann@x.io', { tenantId })).rejects.toMatchObject(refused);
    await expect(enter('ann@x.io', { tenantId: 'keyless', proof: signInProof('', 'ann@x.io') })).rejects.toMatchObject(
      refused,
    );
  });

  it('follows a change of the key at once, and leaves no trace of it that could be read', async () => {
    await makeTenant(database, { id: 'moving' });
    const change = (encryptHashKey: string | null) =>
      identity.edge.request(putTenant, { id: 'moving', mustExist: true, fields: { encryptHashKey } });
    const attempt = (key: string) => enter('ann', { tenantId: 'moving', proof: signInProof(key, 'ann') });
    await change('the first key');
    await expect(attempt('the first key')).resolves.toMatchObject({ created: true });
    await change('the second key');
    await expect(attempt('the first key')).rejects.toMatchObject(refused);
    await expect(attempt('the second key')).resolves.toMatchObject({ created: false });
    const rows = await database.persistence.prisma.$queryRaw`SELECT t::text FROM identity.tenant t`;
    expect(JSON.stringify(rows)).not.toContain('the second key');
    await change(null);
    await expect(attempt('the second key')).rejects.toMatchObject(refused);
  });
});

describe('the proof of a user', () => {
  const ask = (tenantId: string, userId: string, proof: string) =>
    identity.edge.request(verifyUserProof, { tenantId, userId, proof });

  it('is judged by the key of its tenant', async () => {
    const proof = userProof(KEY, 'ann');
    await expect(ask('acme', 'ann', proof)).resolves.toEqual({ valid: true });
    for (const [tenantId, userId] of [
      ['acme', 'bob'],
      ['other', 'ann'],
      ['keyless', 'ann'],
      ['nobody', 'ann'],
    ] as const)
      await expect(ask(tenantId, userId, proof)).resolves.toEqual({ valid: false });
  });
});

describe('a terminated user', () => {
  it('is told once, is nobody from then on, and stays named', async () => {
    const { user, token } = await enter('leaver@x.io', { name: 'Leaver' });
    await identity.edge.request(putDevice, {
      tenantId: 'acme',
      userId: user.id,
      deviceId: 'phone',
      kind: 'fcm',
      pushToken: 'push-leaver',
    });
    await expect(identity.verify(token)).resolves.toMatchObject({ userId: user.id });
    const heard: unknown[] = [];
    const address = userAddress('acme', user.id);
    const listening = await identity.edge.listen(roomPublished, address, (published) => void heard.push(published));
    await identity.edge.flush();
    await terminate(user.id, 'You broke the rules.');
    await expect.poll(() => heard.length).toBe(1);
    const [{ events } = { events: [] }] = z.array(z.object({ events: z.array(userEventSchema) })).parse(heard);
    expect(events[0]).toMatchObject({
      tenantId: 'acme',
      userId: user.id,
      message: 'You broke the rules.',
      room: null,
    });
    await expect(identity.verify(token)).rejects.toMatchObject(refused);
    await expect(enter('leaver@x.io')).rejects.toMatchObject(refused);
    await expect(issue(user.id)).rejects.toMatchObject({ code: 'permission-denied' });
    const found = await identity.edge.request(findUsers, { tenantId: 'acme', refs: [{ id: user.id }] });
    expect(found).toMatchObject({ users: [{ name: 'Leaver' }], terminated: [user.id] });
    const push = { tenantId: 'acme', userIds: [user.id], payload: {} };
    await expect(identity.edge.request(sendPush, push)).resolves.toEqual({ accepted: 0 });
    await listening.stop();
  });

  it('is refused by the other replicas too, as soon as they hear', async () => {
    const { user, token } = await enter('both@x.io');
    const other = await startIdentity(database, { hub: identity.hub });
    await expect(other.verify(token)).resolves.toMatchObject({ userId: user.id });
    await terminate(user.id);
    // Either replica may answer; both must refuse.
    for (let round = 0; round < 4; round += 1)
      await expect
        .poll(() =>
          identity.verify(token).then(String, (error: unknown): unknown => Reflect.get(Object(error), 'code')),
        )
        .toBe('unauthenticated');
    await other.close();
  });

  it('can be terminated again, which changes nothing', async () => {
    const { user } = await makeUser('twice');
    await terminate(user.id, 'First.');
    const before = await database.persistence.prisma.appUser.findFirst({ where: { id: user.id } });
    await terminate(user.id, 'Second.');
    const after = await database.persistence.prisma.appUser.findFirst({ where: { id: user.id } });
    expect(after).toEqual(before);
    expect(after?.terminationMessage).toBe('First.');
  });

  it('of another tenant is not found, and not touched', async () => {
    await makeUser('twin');
    await makeUser('twin', 'other');
    await expect(terminate('nobody')).rejects.toMatchObject({ code: 'not-found' });
    await terminate('twin', 'Goodbye.', 'other');
    const { token } = await issue('twin');
    await expect(identity.verify(token)).resolves.toMatchObject({ userId: 'twin', tenant: { id: 'acme' } });
  });
});

describe('a revoked token', () => {
  beforeAll(async () => {
    await makeUser('roamer');
  });

  it('is refused, and no other one', async () => {
    const [lost, kept] = [await issue('roamer'), await issue('roamer')];
    const { credentialId } = await identity.verify(lost.token);
    await identity.edge.request(revokeTokens, {
      tenantId: 'acme',
      userId: 'roamer',
      credentialId: credentialId ?? '',
      expiresAt: lost.expiresAt,
    });
    await expect(identity.verify(lost.token)).rejects.toMatchObject(refused);
    await expect(identity.verify(kept.token)).resolves.toMatchObject({ userId: 'roamer' });
  });

  it('goes with all of its device, but a sign-in right after it is good', async () => {
    const [one, two, elsewhere] = [
      await issue('roamer', 'phone'),
      await issue('roamer', 'phone'),
      await issue('roamer', 'tv'),
    ];
    await identity.edge.request(revokeTokens, { tenantId: 'acme', userId: 'roamer', deviceId: 'phone' });
    const { token: fresh } = await issue('roamer', 'phone');
    for (const { token } of [one, two]) await expect(identity.verify(token)).rejects.toMatchObject(refused);
    for (const token of [fresh, elsewhere.token])
      await expect(identity.verify(token)).resolves.toMatchObject({ userId: 'roamer' });
  });

  it('goes with all of its user, but one issued right after it is good', async () => {
    const before = [await issue('roamer', 'phone'), await issue('roamer')];
    await identity.edge.request(revokeTokens, { tenantId: 'acme', userId: 'roamer', all: true });
    const after = [await issue('roamer', 'phone'), await issue('roamer')];
    for (const { token } of before) await expect(identity.verify(token)).rejects.toMatchObject(refused);
    for (const { token } of after) await expect(identity.verify(token)).resolves.toMatchObject({ userId: 'roamer' });
  });

  it('takes with it what was issued for it, which never outlives it', async () => {
    const parent = await issue('roamer');
    const { credentialId } = await identity.verify(parent.token);
    const from = { credentialId: credentialId ?? '', expiresAt: parent.expiresAt };
    const heir = (over: object = {}) =>
      identity.edge.request(issueToken, { tenantId: 'acme', userId: 'roamer', ttlSeconds: 31_536_000, from, ...over });
    const child = await heir();
    expect(Date.parse(child.expiresAt)).toBeLessThanOrEqual(Date.parse(parent.expiresAt));
    await expect(identity.verify(child.token)).resolves.toMatchObject({ userId: 'roamer' });
    const late = heir({ from: { ...from, expiresAt: new Date(Date.now() - 1).toISOString() } });
    await expect(late).rejects.toMatchObject(refused);
    await identity.edge.request(revokeTokens, { tenantId: 'acme', userId: 'roamer', credentialId: from.credentialId });
    await expect(identity.verify(child.token)).rejects.toMatchObject(refused);
  });

  it('cannot be one of somebody else', async () => {
    await makeUser('victim');
    const { token } = await issue('victim', 'phone');
    const { credentialId } = await identity.verify(token);
    const revoke = (userId: string) =>
      identity.edge.request(revokeTokens, {
        tenantId: 'acme',
        userId,
        credentialId: credentialId ?? '',
        deviceId: 'phone',
      });
    await revoke('roamer');
    await expect(identity.verify(token)).resolves.toMatchObject({ userId: 'victim' });
    await expect(revoke('nobody')).rejects.toMatchObject({ code: 'not-found' });
    const nothing = identity.edge.request(revokeTokens, { tenantId: 'acme', userId: 'victim' });
    await expect(nothing).rejects.toMatchObject({ code: 'invalid' });
  });

  it('is forgotten when it has expired anyhow', async () => {
    const revoke = (credentialId: string, expiresAt: string) =>
      identity.edge.request(revokeTokens, { tenantId: 'acme', userId: 'roamer', credentialId, expiresAt });
    await revoke('old', new Date(Date.now() - 1_000).toISOString());
    await revoke('new', new Date(Date.now() + 60_000).toISOString());
    const rows = await database.persistence.prisma.revocation.findMany({ where: { userId: 'roamer' } });
    expect(rows.map(({ ref }) => ref)).toContain('new');
    expect(rows.map(({ ref }) => ref)).not.toContain('old');
  });
});

describe('the users of a tenant', () => {
  beforeAll(async () => {
    await makeTenant(database, { id: 'crowd' });
    const make = (id: string, fields: object) =>
      identity.edge.request(putUser, { tenantId: 'crowd', ref: { id }, fields });
    await make('u1', { name: 'bea', username: 'B100%' });
    await make('u2', { name: 'Ada', identifier: 'ada@x.io' });
    await make('u3', { name: 'Carl_the_3rd' });
    await make('u4', { name: 'Ada the terminated' });
    await identity.edge.request(terminateUser, { tenantId: 'crowd', userId: 'u4', message: '' });
  });

  const list = async (search?: string, offset = 0, limit = 50) => {
    const { users, total } = await identity.edge.request(listUsers, { tenantId: 'crowd', search, offset, limit });
    return { ids: users.map(({ id }) => id), total };
  };

  it('are listed by name, without the terminated ones, in pages', async () => {
    expect(await list()).toEqual({ ids: ['u2', 'u1', 'u3'], total: 3 });
    expect(await list(undefined, 1, 1)).toEqual({ ids: ['u1'], total: 3 });
    expect(await list(undefined, 9)).toEqual({ ids: [], total: 3 });
  });

  it.each([
    ['ADA', ['u2']],
    ['x.IO', ['u2']],
    ['b100', ['u1']],
    ['%', ['u1']],
    ['_', ['u3']],
    ["' OR true --", []],
    ['\u0000', []],
  ])('are found by %j in name, username or identifier', async (search, ids) => {
    expect(await list(search)).toEqual({ ids, total: ids.length });
  });
});
