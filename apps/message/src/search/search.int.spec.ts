import {
  deleteMessage,
  hideMessages,
  listMessages,
  pinMessage,
  reactToMessage,
  searchMessages,
  starMessage,
} from '@parlance/contracts';
import { textDraft, type Draft } from '@parlance/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sharedWorld } from '../testing/shared-world.js';
import { codeOf, makeRoom, say, TENANT } from '../testing/test-world.js';

const world = sharedWorld();

async function page(viewerId: string | null, roomId: string, more: object = {}, tenantId = TENANT) {
  const asked = { tenantId, viewerId, roomId, skip: 0, limit: 200, visibleOnly: true, ...more };
  return world.bus.request(listMessages, asked);
}
const texts = async (viewerId: string | null, roomId: string, more: object = {}) =>
  (await page(viewerId, roomId, more)).messages.map((message) => message.text);
async function search(viewerId: string | null, more: object = {}, tenantId = TENANT) {
  return world.bus.request(searchMessages, { tenantId, viewerId, offset: 0, limit: 50, ...more });
}
const found = async (viewerId: string | null, more: object = {}) =>
  (await search(viewerId, more)).messages.map((message) => message.text);

async function talk(roomId: string, sender: string, drafts: readonly (string | Partial<Draft>)[]) {
  const ids: string[] = [];
  for (const one of drafts) {
    const draft = typeof one === 'string' ? textDraft(one) : textDraft('', { ...one });
    ids.push((await say(world.bus, roomId, sender, '', { draft })).message.id);
  }
  return ids;
}

describe('a page of messages', () => {
  it('is narrowed by text, type and links, and says how many there are', async () => {
    const room = await makeRoom(world.bus, ['ann']);
    const image = { type: 'image' as const, text: 'A CAT', attachment: { url: 'x:y' } };
    await talk(room.id, 'ann', ['a cat', 'dogs', image, 'look: https://x.io', 'www.cats.org', 'no http link']);
    expect(await texts('ann', room.id, { text: 'cat' })).toEqual(['a cat', 'A CAT', 'www.cats.org']);
    expect(await texts('ann', room.id, { text: 'cat', types: ['image'] })).toEqual(['A CAT']);
    expect(await texts('ann', room.id, { types: ['video'] })).toEqual([]);
    expect(await texts('ann', room.id, { types: [] })).toEqual([]);
    expect(await texts('ann', room.id, { links: true })).toEqual(['look: https://x.io', 'www.cats.org']);
    expect(await page('ann', room.id, { text: 'cat', limit: 1 })).toMatchObject({
      total: 3,
      lastSeq: 6,
      messages: [{ seq: 5 }],
    });
    expect(await texts('ann', room.id, { text: 'cat', limit: 1, skip: 1 })).toEqual(['A CAT']);
    expect(await texts('ann', room.id, { text: 'cat', afterSeq: 1, limit: 1 })).toEqual(['A CAT']);
    expect(await texts('ann', room.id, { text: 'cat', beforeSeq: 3 })).toEqual(['a cat']);
  });

  it('shows what the viewer starred, and only that if asked', async () => {
    const room = await makeRoom(world.bus, ['ann', 'bob']);
    const [one, two] = await talk(room.id, 'ann', ['one', 'two']);
    const star = async (userId: string, messageId: string, starred = true) =>
      world.bus.request(starMessage, { tenantId: TENANT, userId, messageId, starred });
    await star('bob', two ?? '');
    await star('bob', two ?? '');
    expect((await page('bob', room.id)).starred).toEqual([two]);
    expect((await page('ann', room.id)).starred).toEqual([]);
    expect(await page('bob', room.id, { starredOnly: true })).toMatchObject({ total: 1, messages: [{ id: two }] });
    expect(await texts('ann', room.id, { starredOnly: true })).toEqual([]);
    expect(await texts(null, room.id, { starredOnly: true })).toEqual([]);
    expect(await found('bob', { starredOnly: true })).toEqual(['two']);
    await star('bob', two ?? '', false);
    expect(await texts('bob', room.id, { starredOnly: true })).toEqual([]);
    expect(await codeOf(star('mallory', one ?? ''))).toBe('not-found');
    expect(await codeOf(star('bob', 'unknown'))).toBe('not-found');
    expect(await world.query("select 1 from message.star where user_id = 'mallory'")).toEqual([]);
  });

  it('shows pins and reactions, until the message is deleted', async () => {
    const room = await makeRoom(world.bus, ['ann', 'bob']);
    const [one = ''] = await talk(room.id, 'ann', ['one', 'two']);
    const pin = async (pinned: boolean, userId = 'bob') =>
      (await world.bus.request(pinMessage, { tenantId: TENANT, userId, messageId: one, pinned })).message;
    const react = async (userId: string, value: string, present = true) =>
      (await world.bus.request(reactToMessage, { tenantId: TENANT, userId, messageId: one, value, present })).message;
    const first = await pin(true);
    expect((await pin(true)).pinnedAt).toBe(first.pinnedAt);
    await react('ann', '👍');
    await react('bob', '👍');
    await react('bob', '👍');
    await react('bob', '❤️');
    expect((await react('ann', '👍', false)).reactions).toEqual([
      { userId: 'bob', value: '👍' },
      { userId: 'bob', value: '❤️' },
    ]);
    const pinned = await page('ann', room.id, { pinnedOnly: true });
    expect(pinned).toMatchObject({ total: 1, messages: [{ id: one, pinnedAt: first.pinnedAt, reactions: [{}, {}] }] });
    expect(await codeOf(pin(true, 'mallory'))).toBe('not-found');
    expect(await codeOf(react('mallory', 'x'))).toBe('not-found');
    expect((await pin(false)).pinnedAt).toBeUndefined();
    expect(await texts('ann', room.id, { pinnedOnly: true })).toEqual([]);
    await pin(true);
    await world.bus.request(deleteMessage, { tenantId: TENANT, actor: null, origin: null, messageId: one });
    const [gone] = (await page('ann', room.id, { visibleOnly: false })).messages;
    expect(gone).not.toHaveProperty('reactions');
    expect(gone).not.toHaveProperty('pinnedAt');
    expect(await codeOf(react('bob', 'late'))).toBe('not-found');
    expect(await texts('ann', room.id, { pinnedOnly: true, visibleOnly: false })).toEqual([]);
  });

  it('never has more than 200 reactions to a message, however many come at once', async () => {
    const room = await makeRoom(world.bus, ['ann']);
    const [one = ''] = await talk(room.id, 'ann', ['one']);
    await world.query(
      `insert into message.reaction (tenant_id, room_id, seq, user_id, value, created_at)
       select $1, $2, 1, 'ann', 'v' || i, now() from generate_series(1, 197) i`,
      [TENANT, room.id],
    );
    const codes = await Promise.all(
      Array.from({ length: 8 }, async (_, index) =>
        codeOf(
          world.bus.request(reactToMessage, {
            tenantId: TENANT,
            userId: 'ann',
            messageId: one,
            value: `n${index}`,
            present: true,
          }),
        ),
      ),
    );
    expect(codes.filter((code) => code === 'ok')).toHaveLength(3);
    expect(codes.filter((code) => code === 'too-large')).toHaveLength(5);
    expect((await page('ann', room.id)).messages[0]?.reactions).toHaveLength(200);
  });

  it('brings what its messages answer, where the viewer may see it', async () => {
    const [room, secret] = await Promise.all([makeRoom(world.bus, ['ann', 'bob']), makeRoom(world.bus, ['ann'])]);
    const [question = ''] = await talk(room.id, 'ann', ['question']);
    const [hidden = ''] = await talk(secret.id, 'ann', ['secret']);
    await talk(room.id, 'ann', [
      { text: 'answer', replyTo: question },
      { text: 'again', replyTo: question },
      { text: 'leak?', replyTo: hidden },
      { text: 'unknown', replyTo: 'unknown' },
    ]);
    const ofBob = await page('bob', room.id, { limit: 4 });
    expect(ofBob.replied.map((message) => message.text)).toEqual(['question']);
    const ofAnn = await page('ann', room.id, { limit: 4 });
    expect(ofAnn.replied.map((message) => message.text).toSorted()).toEqual(['question', 'secret']);
  });
});

describe('a search', () => {
  it("goes through the viewer's rooms, the newest first, and nobody else's", async () => {
    const [one, two, other] = await Promise.all([
      makeRoom(world.bus, ['cid', 'dan']),
      makeRoom(world.bus, ['cid']),
      makeRoom(world.bus, ['dan']),
    ]);
    const [first = '', second = '', third = ''] = [
      ...(await talk(one.id, 'dan', ['needle 1'])),
      ...(await talk(two.id, 'cid', ['a Needle 2'])),
      ...(await talk(one.id, 'cid', ['NEEDLE 3', 'hay'])),
    ];
    await talk(other.id, 'dan', ['needle 4']);
    const needles = { text: 'needle' };
    expect(await found('cid', needles)).toEqual(['NEEDLE 3', 'a Needle 2', 'needle 1']);
    expect(await found('cid', { ...needles, roomId: one.id })).toEqual(['NEEDLE 3', 'needle 1']);
    expect(await found('cid', { ...needles, beforeId: third })).toEqual(['a Needle 2', 'needle 1']);
    expect(await found('cid', { ...needles, offset: 1, limit: 1 })).toEqual(['a Needle 2']);
    expect(await search('cid', { ...needles, limit: 1 })).toMatchObject({ total: 3 });
    expect(await found(null, { ...needles, roomId: other.id })).toEqual(['needle 4']);
    expect(await codeOf(search('cid', { ...needles, roomId: other.id }))).toBe('not-found');
    expect(await codeOf(search('mallory', { ...needles, beforeId: first }))).toBe('not-found');
    expect(await codeOf(search(null, needles))).toBe('invalid');
    expect(await found('mallory', needles)).toEqual([]);
    expect((await search('cid', needles, 'other')).messages).toEqual([]);
    const hide = { tenantId: TENANT, userId: 'cid', origin: null, messageIds: [second], all: false };
    await world.bus.request(hideMessages, hide);
    await world.bus.request(deleteMessage, { tenantId: TENANT, actor: null, origin: null, messageId: third });
    expect(await found('cid', needles)).toEqual(['needle 1']);
    expect(await search('cid', needles)).toMatchObject({ total: 1, starred: [], replied: [] });
  });

  it('finds exactly what contains the text, whatever is in it', async () => {
    const seed = Number(process.hrtime.bigint() % 1_000_000n);
    const odd = fc.constantFrom(
      '%',
      '_',
      '\\',
      "'",
      '"',
      '--',
      ';',
      ' or 1=1',
      '$1',
      '${x}',
      '()',
      '[a-z]',
      '*',
      '?',
      'ß',
      '😀',
      'a',
      'B',
    );
    const text = fc.array(odd, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(''));
    const tables = async () => world.query("select count(*)::int as n from pg_tables where schemaname = 'message'");
    const before = await tables();
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 8 }), text, async (said, asked) => {
        const room = await makeRoom(world.bus, ['eve']);
        await Promise.all(said.map(async (one) => say(world.bus, room.id, 'eve', one)));
        const expected = said.filter((one) => one.toLowerCase().includes(asked.toLowerCase())).toSorted();
        expect((await texts('eve', room.id, { text: asked })).toSorted()).toEqual(expected);
        expect((await found('eve', { text: asked, roomId: room.id })).toSorted()).toEqual(expected);
      }),
      { numRuns: 40, seed, endOnFailure: true },
    );
    expect(await tables()).toEqual(before);
  }, 60_000);

  it.each([
    ['a NUL', 'a\u0000'],
    ['half a character', '\ud800'],
    ['a text that is too long', 'x'.repeat(257)],
  ])('refuses %s', async (_, text) => {
    expect(await codeOf(search('ann', { text }))).toBe('invalid');
  });
});
