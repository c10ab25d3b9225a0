import { roomPublished, userAddress } from '@parlance/contracts';
import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { answerOf, caller, column, field, idOf, refusal, unique, type Answer } from './api.fixture.js';
import { sharedApi } from './shared-api.fixture.js';

const HASH_KEY = 'the secret that the app shares';

/** As an app's own server would make it. */
function userProof(key: string, userId: string): string {
  return createHmac('sha256', key).update(userId).digest('base64url');
}

type Ask = ReturnType<typeof caller>;

const people = sharedApi();
const { world } = people;
const operator: Ask = (...call) => caller(world().url, 'demo-operator-key')(...call);

interface Shop {
  readonly id: string;
  readonly secret: string;
  readonly publishable: string;
  readonly server: Ask;
}

async function makeKey(tenantId: string, kind: string): Promise<{ readonly id: string; readonly key: string }> {
  const made = await operator('POST', `/tenants/${tenantId}/keys`, { kind });
  expect(made).toMatchObject({ status: 201, body: { kind } });
  return { id: idOf(made), key: String(field(made, 'key')) };
}

async function makeShop(fields: object = {}): Promise<Shop> {
  const made = await operator('POST', '/tenants', { name: 'Shop', ...fields });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  const id = idOf(made);
  const [secret, publishable] = [await makeKey(id, 'secret'), await makeKey(id, 'publishable')];
  return { id, secret: secret.key, publishable: publishable.key, server: caller(world().url, secret.key) };
}

describe('tenants and keys', () => {
  it('are the operator’s alone', async () => {
    const user = await people.client('ann');
    const calls: [string, string, object?][] = [
      ['POST', '/tenants', { name: 'x' }],
      ['PATCH', '/tenants', { name: 'x' }],
      ['PATCH', '/tenants/demo', { payloadIdentity: 'refuse' }],
      ['POST', '/tenants/demo/keys', { kind: 'secret' }],
    ];
    for (const ask of [people.server, user.ask, caller(world().url, 'demo-public-key')]) {
      for (const [method, path, body] of calls)
        expect(await ask(method, path, body), `${method} ${path}`).toMatchObject(refusal('permission-denied', 403));
    }
    expect(await user.ask('DELETE', '/keys/demo-secret-key')).toMatchObject(refusal('permission-denied', 403));
    const others: [string, string, object?][] = [
      ['GET', '/users/ann'],
      ['POST', '/rooms', { kind: 'group', memberIds: ['ann'] }],
      ['POST', '/users/ann/terminate', {}],
    ];
    for (const [method, path, body] of others)
      expect(await operator(method, path, body)).toMatchObject(refusal('permission-denied', 403));
  });

  it('are made, used, changed and revoked', async () => {
    const shop = await makeShop({ hosts: ['shop.example'], options: { reelsBothNames: true } });
    expect(await shop.server('PUT', '/users/ann', { name: 'Ann' })).toMatchObject({ status: 200 });
    const changed = await operator('PATCH', `/tenants/${shop.id}`, {
      name: 'Store',
      options: { classicCalendar: 'jalali' },
    });
    expect(changed.body).toEqual({
      id: shop.id,
      name: 'Store',
      hosts: ['shop.example'],
      origins: [],
      payloadIdentity: 'refuse',
      dialects: null,
      defaultDialect: null,
      options: { reelsBothNames: true, classicCalendar: 'jalali' },
    });
    expect(await operator('PATCH', '/tenants', { id: shop.id, defaultDialect: 'classic' })).toMatchObject({
      status: 200,
      body: { id: shop.id, name: 'Store', defaultDialect: 'classic' },
    });
    const { id, key } = await makeKey(shop.id, 'secret');
    const temporary = caller(world().url, key);
    expect(await temporary('GET', '/users/ann')).toMatchObject({ status: 200 });
    expect(await operator('DELETE', `/keys/${id}`)).toMatchObject({ status: 204 });
    expect(await temporary('GET', '/users/ann')).toMatchObject(refusal('unauthenticated', 401));
    expect(await operator('DELETE', `/keys/${id}`)).toMatchObject(refusal('not-found', 404));
  });

  it('of another tenant are answered as unknown ones', async () => {
    const [mine, theirs] = [await makeShop(), await makeShop()];
    const { id } = await makeKey(theirs.id, 'secret');
    const foreign = await mine.server('DELETE', `/keys/${id}`);
    expect(foreign).toMatchObject(refusal('not-found', 404));
    expect(foreign.body).toEqual((await mine.server('DELETE', '/keys/000000000000000000000000')).body);
    expect(await theirs.server('DELETE', `/keys/${id}`)).toMatchObject({ status: 204 });
    expect(await operator('POST', '/tenants/nobody/keys', { kind: 'secret' })).toMatchObject(refusal('not-found', 404));
    expect(await operator('PATCH', '/tenants/nobody', {})).toMatchObject(refusal('not-found', 404));
  });

  it.each([
    ['dialects.0', { dialects: ['klingon'] }],
    ['defaultDialect', { defaultDialect: 'klingon' }],
    ['payloadIdentity', { payloadIdentity: 'sometimes' }],
    ['hosts', { hosts: ['no host'] }],
    ['origins', { origins: ['*'] }],
    ['encryptHashKey', { encryptHashKey: 'short' }],
    ['tokenKeys', { tokenKeys: [{ jwks: { keys: [{ kty: 'none' }] } }] }],
  ])('with an unfit %s are refused by that name', async (name, body) => {
    const refused = await operator('POST', '/tenants', body);
    expect(refused).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid', details: { fields: { [name]: expect.any(String) } } } },
    });
  });

  it('give each host to one of them', async () => {
    const host = `${unique('host')}.example`;
    await makeShop({ hosts: [host] });
    expect(await operator('POST', '/tenants', { hosts: [host] })).toMatchObject(refusal('conflict', 409));
  });
});

describe('a terminated user', () => {
  it('is told, and is nobody whatever it comes with', async () => {
    const [ann, bob] = [await people.client('ann'), await people.client('bob')];
    const roomId = await people.room(ann.id, bob.id);
    const heard: unknown[] = [];
    const bus = world().hub.connect(unique('listener'));
    await bus.listen(roomPublished, userAddress('demo', ann.id), (published) => void heard.push(published));
    expect(await people.server('POST', `/users/${ann.id}/terminate`, { message: 'Enough.' })).toMatchObject({
      status: 204,
      body: null,
    });
    await expect.poll(() => JSON.stringify(heard)).toContain('"user.terminated"');
    await bus.drain();
    expect(await ann.ask('GET', `/rooms/${roomId}`)).toMatchObject(refusal('unauthenticated', 401));
    expect(await people.server('POST', `/users/${ann.id}/tokens`, {})).toMatchObject(refusal('permission-denied', 403));
    const asAnn = { senderId: ann.id, text: 'from beyond' };
    expect(await people.server('POST', `/rooms/${roomId}/messages`, asAnn)).toMatchObject(
      refusal('permission-denied', 403),
    );
    const claimed = await fetch(`${world().url}/v1/chat/list?user_id=${ann.id}`, {
      headers: { authorization: 'Bearer demo-public-key' },
    });
    expect(claimed.status).toBe(401);
    expect(await bob.ask('GET', `/users/${ann.id}`)).toMatchObject({ status: 200, body: { name: 'ann' } });
    expect(await bob.ask('POST', `/rooms/${roomId}/messages`, { text: 'still here' })).toMatchObject({ status: 201 });
    expect(await people.server('POST', `/users/${ann.id}/terminate`)).toMatchObject({ status: 204 });
  });

  it('is oneself or the server’s choice, never another’s', async () => {
    const [ann, bob] = [await people.client('ann'), await people.client('bob')];
    for (const id of [bob.id, 'nobody'])
      expect(await ann.ask('POST', `/users/${id}/terminate`, {})).toMatchObject(refusal('permission-denied', 403));
    expect(await bob.ask('GET', `/users/${bob.id}`)).toMatchObject({ status: 200 });
    expect(await ann.ask('POST', `/users/${ann.id}/terminate`, {})).toMatchObject({ status: 204 });
    expect(await ann.ask('GET', `/users/${bob.id}`)).toMatchObject(refusal('unauthenticated', 401));
    expect(await people.server('POST', '/users/nobody/terminate', {})).toMatchObject(refusal('not-found', 404));
  });
});

describe('the list of users', () => {
  it('is searched and paged, tenant by tenant', async () => {
    const [shop, other] = [await makeShop(), await makeShop()];
    for (const name of ['Cleo', 'anna', 'Annabel', 'Bert'])
      await shop.server('PUT', `/users/${name.toLowerCase()}`, { name });
    await other.server('PUT', '/users/annika', { name: 'Annika' });
    expect(column(await shop.server('GET', '/users?search=ANN'), 'users', 'id')).toEqual(['anna', 'annabel']);
    const first = await shop.server('GET', '/users?limit=3');
    expect(column(first, 'users', 'id')).toEqual(['anna', 'annabel', 'bert']);
    const rest = await shop.server('GET', `/users?limit=3&cursor=${String(field(first, 'nextCursor'))}`);
    expect(rest.body).toEqual({ users: [expect.objectContaining({ id: 'cleo' })] });
    await shop.server('POST', '/users/bert/terminate', {});
    expect(column(await shop.server('GET', '/users?search=bert'), 'users', 'id')).toEqual([]);
    expect(await shop.server('GET', '/users?limit=1000')).toMatchObject(refusal('invalid', 400));
  });
});

describe('a user that a request merely claims to be', () => {
  const chats = async (key: string, userId: string, proof?: string): Promise<Answer> =>
    answerOf(
      await fetch(`${world().url}/v1/chat/list?user_id=${userId}`, {
        headers: { authorization: `Bearer ${key}`, ...(proof === undefined ? {} : { 'x-parlance-proof': proof }) },
      }),
    );

  async function shopThat(payloadIdentity: string): Promise<Shop & { readonly token: string }> {
    const shop = await makeShop({ payloadIdentity, encryptHashKey: HASH_KEY });
    for (const id of ['ann', 'bob']) await shop.server('PUT', `/users/${id}`, {});
    const issued = await shop.server('POST', '/users/ann/tokens', {});
    return { ...shop, token: String(field(issued, 'token')) };
  }

  it.each([
    ['refuse', 401, 401],
    ['signed', 401, 200],
    ['trust', 200, 200],
  ])(
    '%s: an app key alone gets %i, with a proof %i; a token and the secret key are good',
    async (rule, bare, proven) => {
      const { publishable, secret, token } = await shopThat(rule);
      expect((await chats(publishable, 'ann')).status).toBe(bare);
      expect((await chats(publishable, 'ann', userProof(HASH_KEY, 'ann'))).status).toBe(proven);
      const wrong = [userProof(HASH_KEY, 'bob'), userProof('another key', 'ann'), HASH_KEY, ''];
      for (const proof of wrong) expect((await chats(publishable, 'ann', proof)).status, proof).toBe(bare);
      expect((await chats(token, 'ann')).status).toBe(200);
      expect((await chats(token, 'bob', userProof(HASH_KEY, 'bob'))).status).toBe(401);
      expect((await chats(secret, 'bob')).status).toBe(200);
    },
  );

  it('is believed as the tenant says from the moment it is changed', async () => {
    const { id, publishable } = await shopThat('trust');
    expect((await chats(publishable, 'ann')).status).toBe(200);
    await operator('PATCH', `/tenants/${id}`, { payloadIdentity: 'signed' });
    await expect.poll(async () => (await chats(publishable, 'ann')).status).toBe(401);
    await operator('PATCH', `/tenants/${id}`, { encryptHashKey: null });
    await expect.poll(async () => (await chats(publishable, 'ann', userProof(HASH_KEY, 'ann'))).status).toBe(401);
  });
});
