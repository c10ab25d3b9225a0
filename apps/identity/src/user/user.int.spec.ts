import { findUsers, IDENTITY_CHANGED_ADDRESS, identityChanged, noteSeen, putUser } from '@parlance/contracts';
import type { User, UserFields, UserRef } from '@parlance/domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeTenant, startDatabase, startIdentity, type Database, type Identity } from '../identity.fixture.js';

let database: Database;
let identity: Identity;
let tenantId: string;

beforeAll(async () => {
  database = await startDatabase();
  identity = await startIdentity(database);
  tenantId = await makeTenant(database, { id: 'acme' });
});

afterAll(async () => {
  await identity.close();
  await database.stop();
});

const put = (ref: { id: string } | { username: string }, fields: UserFields = {}, tenant = tenantId) =>
  identity.edge.request(putUser, { tenantId: tenant, ref, fields });

async function find(refs: readonly UserRef[], tenant = tenantId): Promise<readonly (User | null)[]> {
  return (await identity.edge.request(findUsers, { tenantId: tenant, refs: [...refs] })).users;
}

describe('a user put by id', () => {
  it('gets the defaults of the native API', async () => {
    const { user, created } = await put({ id: 'ann' });
    expect(created).toBe(true);
    expect(user).toEqual({
      id: 'ann',
      number: expect.any(Number),
      name: 'ann',
      username: 'ann',
      identifier: 'ann',
      photo: null,
      isBot: false,
      verified: true,
      timeZone: null,
      metadata: {},
      lastSeenAt: null,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    });
    expect(await find([{ id: 'ann' }])).toEqual([user]);
  });

  it('takes its name from its username', async () => {
    const { user } = await put({ id: 'u-1' }, { username: 'berta' });
    expect(user).toMatchObject({ name: 'berta', username: 'berta', identifier: 'u-1' });
  });

  it('keeps what later calls leave out and changes what they give, null included', async () => {
    const fields = { name: 'Cid', photo: 'https://x.example/c.png', timeZone: 'UTC', metadata: { a: 1, b: [null] } };
    const first = await put({ id: 'cid' }, { ...fields, isBot: true, verified: false });
    const second = await put({ id: 'cid' }, { name: 'Cid II', photo: null, metadata: { c: 'é' } });
    expect(second).toEqual({
      created: false,
      user: { ...first.user, name: 'Cid II', photo: null, metadata: { c: 'é' } },
    });
    expect(second.user).toMatchObject({ isBot: true, verified: false, timeZone: 'UTC', username: 'cid' });
  });

  it('is told to the edges when it is new or changed, and only then', async () => {
    const heard: unknown[] = [];
    const subscription = await identity.edge.listen(identityChanged, IDENTITY_CHANGED_ADDRESS, (change) => {
      heard.push(change);
    });
    await put({ id: 'dora' }, { metadata: { deep: { x: 1 } } });
    await put({ id: 'dora' }, { metadata: { deep: { x: 1 } }, verified: true });
    await put({ id: 'dora' });
    await put({ id: 'dora' }, { name: 'Dora' });
    await identity.edge.flush();
    await subscription.stop();
    expect(heard).toEqual([
      { kind: 'user', tenantId, id: 'dora' },
      { kind: 'user', tenantId, id: 'dora' },
    ]);
  });

  it.each(['username', 'identifier'] as const)('cannot take the %s of another', async (field) => {
    const taken = `taken ${field}`;
    await put({ id: `owner of ${field}` }, { [field]: taken });
    const conflict = { code: 'conflict', details: { fields: { [field]: 'is taken by another user' } } };
    await expect(put({ id: `late for ${field}` }, { [field]: taken })).rejects.toMatchObject(conflict);
    expect(await find([{ id: `late for ${field}` }])).toEqual([null]);
    await put({ id: `late for ${field}` }, { name: 'kept' });
    await expect(put({ id: `late for ${field}` }, { [field]: taken, name: 'lost' })).rejects.toMatchObject(conflict);
    expect(await find([{ id: `late for ${field}` }])).toMatchObject([{ name: 'kept' }]);
  });

  it('cannot take a default that is taken', async () => {
    await put({ id: 'squatter' }, { username: 'erna' });
    const details = { fields: { username: 'is taken by another user' } };
    await expect(put({ id: 'erna' })).rejects.toMatchObject({ code: 'conflict', details });
  });

  it.each([
    'ann@x.io',
    '*',
    '>',
    'a b  c',
    ' leading and trailing ',
    "Robert'); DROP TABLE identity.app_user;--",
    '%_\\',
    '__proto__',
    'constructor',
    '{"id":1}',
    'ü'.repeat(64),
    '🙂'.repeat(32),
    'x'.repeat(128),
  ])('may be called %j', async (id) => {
    const { user } = await put({ id }, { metadata: { id } });
    expect(user).toMatchObject({ id, username: id, identifier: id, name: id, metadata: { id } });
    expect(await find([{ id }, { username: id }, { number: user.number }])).toEqual([user, user, user]);
  });

  it('is one user per spelling: case, accents and composition count', async () => {
    const spellings = ['Zoé', 'zoé', 'Zoe', 'Zoe\u0301'];
    const users = await Promise.all(spellings.map((id) => put({ id })));
    expect(new Set(users.map(({ user }) => user.number)).size).toBe(4);
  });

  it.each<[string, { id: string } | { username: string }, UserFields, string]>([
    ['a NUL in the name', { id: 'bad' }, { name: 'a\u0000b' }, 'name'],
    ['half a surrogate pair in the id', { id: 'bad\ud83d' }, {}, 'id'],
    ['a NUL in the username', { username: 'a\u0000b' }, {}, 'username'],
    ['a NUL deep in the metadata', { id: 'bad' }, { metadata: { a: ['\u0000'] } }, 'metadata'],
    ['a NUL in a key of the metadata', { id: 'bad' }, { metadata: { 'a\u0000': 1 } }, 'metadata'],
    ['metadata nested 17 deep', { id: 'bad' }, { metadata: { a: nested(16) } }, 'metadata'],
  ])('is refused with %s, naming the field', async (_what, ref, fields, field) => {
    const details = { fields: { [field]: expect.any(String) } };
    await expect(put(ref, fields)).rejects.toMatchObject({ code: 'invalid', details });
    expect(await find([{ id: 'bad' }])).toEqual([null]);
  });

  it('keeps a backslash followed by u0000 as the text it is', async () => {
    const metadata = { text: 'C:\\u0000 and \\\\ud83d' };
    expect((await put({ id: 'slash' }, { metadata })).user.metadata).toEqual(metadata);
  });

  it('may have 100 metadata keys of 64 KB, not one more of either', async () => {
    const keys = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, index]));
    expect(Object.keys((await put({ id: 'meta' }, { metadata: keys(100) })).user.metadata)).toHaveLength(100);
    const tooLarge = { code: 'too-large', details: { fields: { metadata: expect.any(String) } } };
    await expect(put({ id: 'meta' }, { metadata: keys(101) })).rejects.toMatchObject(tooLarge);
    await expect(put({ id: 'meta' }, { metadata: { a: 'x'.repeat(65_536) } })).rejects.toMatchObject(tooLarge);
    await put({ id: 'meta' }, { metadata: { a: 'x'.repeat(65_000) } });
  });

  it('needs a tenant that exists', async () => {
    await expect(put({ id: 'ann' }, {}, 'nobody')).rejects.toMatchObject({ code: 'not-found' });
  });
});

function nested(levels: number): unknown {
  return levels === 0 ? 1 : [nested(levels - 1)];
}

describe('a user put by username', () => {
  it('is made once with a 24-hex id, then found and changed', async () => {
    const first = await put({ username: 'fritz' }, { name: 'Fritz' });
    expect(first.created).toBe(true);
    expect(first.user.id).toMatch(/^[0-9a-f]{24}$/);
    expect(first.user).toMatchObject({ username: 'fritz', name: 'Fritz', identifier: first.user.id });
    const second = await put({ username: 'fritz' }, { photo: 'f.png' });
    expect(second).toEqual({ created: false, user: { ...first.user, photo: 'f.png' } });
  });

  it('may be renamed, and is then found by the new name alone', async () => {
    const { user } = await put({ username: 'gerd' });
    await put({ username: 'gerd' }, { username: 'gerda' });
    expect(await find([{ username: 'gerd' }, { username: 'gerda' }])).toMatchObject([null, { id: user.id }]);
  });
});

describe('a user number', () => {
  it.each(['0', '7', '4711', '9007199254740991'])('is the id %s itself', async (id) => {
    expect((await put({ id })).user.number).toBe(Number(id));
  });

  it.each(['007', '-1', '1.0', '1e3', ' 8', '9007199254740992', '٣'])(
    'is allotted from 10^12 for the id %j',
    async (id) => {
      expect((await put({ id })).user.number).toBeGreaterThanOrEqual(1e12);
    },
  );

  it('is allotted when the id is a number that another user has, and passes by ids that were numbers', async () => {
    const { user } = await put({ id: 'number holder' });
    const next = user.number + 1;
    await put({ id: String(next) });
    const squeezed = await put({ id: String(user.number) });
    expect(squeezed.user.number).toBeGreaterThan(next);
    const numbers = await Promise.all([1, 2, 3].map((index) => put({ id: `after ${index}` })));
    expect(new Set(numbers.map((answer) => answer.user.number)).size).toBe(3);
  });

  it('gives up with a retryable error when a whole stretch of numbers is taken, and goes on after it', async () => {
    const { user } = await put({ id: 'before the stretch' });
    for (let index = 1; index <= 25; index += 1) await put({ id: String(user.number + index) });
    await expect(put({ id: 'squeezed out' })).rejects.toMatchObject({ code: 'unavailable', retryable: true });
    const { user: after } = await put({ id: 'squeezed out' });
    expect(after.number).toBeGreaterThan(user.number + 25);
  });
});

describe('concurrent puts', () => {
  it.each<[string, { id: string } | { username: string }]>([
    ['id', { id: 'storm-id' }],
    ['numeric id', { id: '31337' }],
    ['username', { username: 'storm-name' }],
  ])('of one new user by %s all succeed and make one row', async (_kind, ref) => {
    const replica = await startIdentity(database, { hub: identity.hub });
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, index) => put(ref, { metadata: { index: index % 7 } })),
    );
    await replica.close();
    expect(new Set(answers.map(({ user }) => user.id)).size).toBe(1);
    expect(answers.filter(({ created }) => created)).toHaveLength(1);
    const count = await database.persistence.prisma.appUser.count({
      where: { tenantId, id: answers[0]?.user.id ?? '' },
    });
    expect(count).toBe(1);
  });

  it('for one username give it to exactly one user', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) => put({ id: `rival-${index}` }, { username: 'coveted' })),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'conflict' });
    }
  });

  it('of different fields of one user lose none', async () => {
    await put({ id: 'shared' });
    await Promise.all([
      put({ id: 'shared' }, { name: 'Shared' }),
      put({ id: 'shared' }, { photo: 's.png' }),
      put({ id: 'shared' }, { timeZone: 'Europe/Berlin' }),
    ]);
    expect(await find([{ id: 'shared' }])).toMatchObject([
      { name: 'Shared', photo: 's.png', timeZone: 'Europe/Berlin' },
    ]);
  });
});

describe('users', () => {
  it('are found in the order asked, each as often as asked, null where there is none', async () => {
    const { user: ann } = await put({ id: 'ann' });
    const { user: hugo } = await put({ id: 'hugo' }, { username: 'hugo the first' });
    const refs = [
      { username: 'hugo the first' },
      { id: 'nobody' },
      { number: ann.number },
      { id: 'ann' },
      { id: 'ann' },
    ];
    expect(await find(refs)).toEqual([hugo, null, ann, ann, ann]);
    expect(await find([])).toEqual([]);
    expect(await find([{ username: 'a\u0000b' }, { id: 'ann\ud83d' }, { number: 9007199254740990 }])).toEqual([
      null,
      null,
      null,
    ]);
  });

  it('are found for many requests of several tenants at once, each its own', async () => {
    const other = await makeTenant(database, { id: 'crowd' });
    const ids = Array.from({ length: 300 }, (_, index) => `crowd-${index}`);
    await Promise.all(ids.map((id) => put({ id }, { name: `Crowd ${id}` }, other)));
    const answers = await Promise.all(ids.flatMap((id) => [find([{ id }], other), find([{ id }])]));
    ids.forEach((id, index) => {
      expect(answers[2 * index]).toMatchObject([{ id, name: `Crowd ${id}` }]);
      expect(answers[2 * index + 1]).toEqual([null]);
    });
  });

  it('with equal ids, usernames and numbers live in two tenants and know nothing of each other', async () => {
    const other = await makeTenant(database, { id: 'twin' });
    await put({ id: '555' }, { username: 'same', identifier: 'same', name: 'Here' });
    await put({ id: '555' }, { username: 'same', identifier: 'same', name: 'There' }, other);
    await put({ id: '555' }, { photo: 'there.png' }, other);
    await identity.edge.request(noteSeen, { tenantId: other, userIds: ['555'], at: '2026-02-02T00:00:00.000Z' });
    const refs = [{ id: '555' }, { number: 555 }, { username: 'same' }];
    const here = { name: 'Here', photo: null, lastSeenAt: null };
    const there = { name: 'There', photo: 'there.png', lastSeenAt: '2026-02-02T00:00:00.000Z' };
    expect(await find(refs)).toMatchObject([here, here, here]);
    expect(await find(refs, other)).toMatchObject([there, there, there]);
  });

  it('are noted as seen at the latest time told, in whatever order it is told', async () => {
    await Promise.all([put({ id: 'seen-a' }), put({ id: 'seen-b' })]);
    const note = (at: string, userIds: string[]) => identity.edge.request(noteSeen, { tenantId, userIds, at });
    await note('2026-01-01T00:00:02.500Z', ['seen-a', 'unknown', 'seen-b']);
    await note('2026-01-01T00:00:01.000Z', ['seen-a']);
    await note('2026-01-01T00:00:03.000Z', ['seen-b', 'seen-b']);
    await note('2026-01-01T00:00:04.000Z', []);
    expect(await find([{ id: 'seen-a' }, { id: 'seen-b' }])).toMatchObject([
      { lastSeenAt: '2026-01-01T00:00:02.500Z' },
      { lastSeenAt: '2026-01-01T00:00:03.000Z' },
    ]);
  });

  it('noted in crossing orders by many at once never deadlock', async () => {
    const ids = Array.from({ length: 50 }, (_, index) => `cross-${index}`);
    await Promise.all(ids.map((id) => put({ id })));
    const notes = Array.from({ length: 20 }, (_, index) => {
      const userIds = index % 2 === 0 ? ids : [...ids].reverse();
      return identity.edge.request(noteSeen, { tenantId, userIds, at: new Date(index * 1000).toISOString() });
    });
    await Promise.all(notes);
    const users = await find(ids.map((id) => ({ id })));
    expect(new Set(users.map((user) => user?.lastSeenAt))).toEqual(new Set(['1970-01-01T00:00:19.000Z']));
  });
});
