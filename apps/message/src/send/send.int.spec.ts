import { roomAddress, userAddress } from '@parlance/contracts';
import { textDraft } from '@parlance/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sharedWorld } from '../testing/shared-world.js';
import { codeOf, Ear, logOf, makeRoom, say, TENANT } from '../testing/test-world.js';

const world = sharedWorld(['message-1', 'message-2']);

describe('sending', () => {
  it('answers the stored message and publishes the fact at the room', async () => {
    const room = await makeRoom(world.bus, ['ann', 'bob']);
    const ear = await Ear.at(world.bus, roomAddress(TENANT, room.id));
    const { message, repeated } = await say(world.bus, room.id, 'ann', 'hello');
    expect(message).toMatchObject({
      seq: 1,
      roomId: room.id,
      senderId: 'ann',
      type: 'text',
      text: 'hello',
      metadata: {},
      extras: {},
    });
    expect(repeated).toBe(false);
    await ear.until(({ facts }) => facts.length > 0);
    expect(ear.facts[0]).toMatchObject({
      type: 'message.created',
      pos: 2,
      prevAt: room.createdAt,
      origin: 'socket-1',
      message,
    });
    expect((await logOf(world.bus, room.id))[1]).toEqual(ear.facts[0]);
  });

  it('publishes a direct room at both of its users', async () => {
    const room = await makeRoom(world.bus, ['dora', 'eve'], { kind: 'direct' });
    const ears = await Promise.all(['dora', 'eve'].map(async (id) => Ear.at(world.bus, userAddress(TENANT, id))));
    await say(world.bus, room.id, 'eve', 'hi');
    for (const ear of ears) {
      await ear.until(({ facts }) => facts.length > 0);
      expect(ear.facts[0]?.room.pair).toEqual(['dora', 'eve']);
    }
  });

  it('keeps everything a draft carries', async () => {
    const room = await makeRoom(world.bus, ['ann']);
    const draft = textDraft('a “quoted” \\ {x,y} NULL', {
      attachment: { url: 'https://x.io/a.png', size: 12 },
      replyTo: 'some-message',
      metadata: { deep: { list: [1, null, 'ü'] } },
      extras: { minchat: { file: true } },
    });
    const { message } = await say(world.bus, room.id, 'ann', '', { draft });
    expect(message).toMatchObject(draft);
    const again = await say(world.bus, room.id, 'ann', '', { draft, clientMessageId: message.clientMessageId });
    expect(again.message).toEqual(message);
  });

  it('numbers without gap under concurrent writers, in every room, from two replicas', async () => {
    const plan = fc.array(fc.tuple(fc.nat(4), fc.nat(7)), { minLength: 200, maxLength: 400 });
    await fc.assert(
      fc.asyncProperty(plan, async (sends) => {
        const members = Array.from({ length: 8 }, (_, index) => `writer-${index}`);
        const rooms = await Promise.all(Array.from({ length: 5 }, async () => makeRoom(world.bus, members)));
        const sent = await Promise.all(
          sends.map(async ([room, writer], index) =>
            say(world.bus, rooms[room]?.id ?? '', `writer-${writer}`, String(index)),
          ),
        );
        for (const room of rooms) {
          const facts = await logOf(world.bus, room.id);
          const own = sent.filter(({ message }) => message.roomId === room.id);
          expect(facts.map((fact) => fact.pos)).toEqual(
            Array.from({ length: own.length + 1 }, (_, index) => index + 1),
          );
          const messages = facts.flatMap((fact) => ('message' in fact ? [fact.message] : []));
          expect(messages.map((message) => message.seq)).toEqual(messages.map((_, index) => index + 1));
          const byId = new Map(own.map(({ message }) => [message.id, message]));
          for (const message of messages) expect(byId.get(message.id)).toEqual(message);
          facts.slice(1).forEach((fact, index) => {
            expect(fact.prevAt).toBe(facts[index]?.at);
            expect(fact.at >= (fact.prevAt ?? '')).toBe(true);
          });
        }
      }),
      { numRuns: 6, seed: Number(process.hrtime.bigint() % 1_000_000n), endOnFailure: true },
    );
  }, 60_000);

  it("keeps the order of one connection's messages in a room", async () => {
    const room = await makeRoom(world.bus, ['ann']);
    const texts = Array.from({ length: 40 }, (_, index) => `message ${index}`);
    for (const text of texts) await say(world.bus, room.id, 'ann', text);
    const said = (await logOf(world.bus, room.id)).flatMap((fact) => ('message' in fact ? [fact.message.text] : []));
    expect(said).toEqual(texts);
  });
});

describe('a repeated client id', () => {
  it('answers the same message, also when both come in one batch or through two replicas', async () => {
    const room = await makeRoom(world.bus, ['ann']);
    for (const times of [2, 30]) {
      const clientMessageId = `same-${times}`;
      const answers = await Promise.all(
        Array.from({ length: times }, async () => say(world.bus, room.id, 'ann', 'once', { clientMessageId })),
      );
      expect(new Set(answers.map(({ message }) => message.id)).size).toBe(1);
      expect(answers.filter(({ repeated }) => !repeated)).toHaveLength(1);
    }
    expect(await logOf(world.bus, room.id)).toHaveLength(3);
  });

  it('is a conflict with another body, and stores nothing', async () => {
    const room = await makeRoom(world.bus, ['ann']);
    const clientMessageId = 'key';
    const both = await Promise.all([
      codeOf(say(world.bus, room.id, 'ann', 'one', { clientMessageId })),
      codeOf(say(world.bus, room.id, 'ann', 'two', { clientMessageId })),
    ]);
    expect(both.sort()).toEqual(['conflict', 'ok']);
    expect(await codeOf(say(world.bus, room.id, 'ann', 'three', { clientMessageId }))).toBe('conflict');
    expect(await logOf(world.bus, room.id)).toHaveLength(2);
  });

  it('does not mind the order of keys', async () => {
    const room = await makeRoom(world.bus, ['ann']);
    const first = textDraft('x', { metadata: { a: 1, b: { c: 2, d: 3 } } });
    const second = textDraft('x', { metadata: { b: { d: 3, c: 2 }, a: 1 } });
    const { message } = await say(world.bus, room.id, 'ann', '', { draft: first, clientMessageId: 'k' });
    expect(await say(world.bus, room.id, 'ann', '', { draft: second, clientMessageId: 'k' })).toMatchObject({
      message,
      repeated: true,
    });
  });

  it("is another sender's, room's or tenant's own", async () => {
    const tenants = ['acme', 'other'];
    const made = await Promise.all(
      tenants.map(async (tenantId) => makeRoom(world.bus, ['ann', 'bob'], { tenantId, id: 'the-same' })),
    );
    expect(made).toHaveLength(2);
    const answers = await Promise.all(
      tenants.flatMap((tenantId) =>
        ['ann', 'bob'].map(async (sender) =>
          say(world.bus, 'the-same', sender, tenantId, { tenantId, clientMessageId: 'k' }),
        ),
      ),
    );
    expect(new Set(answers.map(({ message }) => message.id)).size).toBe(4);
    // Repeats of two tenants in one batch, with the same room and seq: each gets its own.
    const again = await Promise.all(
      tenants.map(async (tenantId) => say(world.bus, 'the-same', 'ann', tenantId, { tenantId, clientMessageId: 'k' })),
    );
    expect(again.map(({ message }) => message.text)).toEqual(tenants);
  });
});

describe('a send that is refused', () => {
  it('does not fail those that travel with it', async () => {
    const room = await makeRoom(world.bus, ['ann']);
    const codes = await Promise.all([
      codeOf(say(world.bus, room.id, 'ann', 'good')),
      codeOf(say(world.bus, room.id, 'mallory', 'no member')),
      codeOf(say(world.bus, 'no-such-room', 'ann', 'no room')),
      codeOf(say(world.bus, room.id, 'ann', 'foreign tenant', { tenantId: 'other' })),
      codeOf(say(world.bus, room.id, 'ann', 'nul \u0000')),
      codeOf(say(world.bus, room.id, 'ann', 'half \ud800')),
      codeOf(say(world.bus, room.id, 'ann', '', { draft: textDraft('x', { metadata: { a: 'nul \u0000' } }) })),
      codeOf(say(world.bus, room.id, 'ann', '', { draft: textDraft('x', { metadata: { a: 'half \udfff' } }) })),
      codeOf(say(world.bus, room.id, 'ann', '')),
      codeOf(say(world.bus, room.id, 'ann', 'x'.repeat(20_001))),
      codeOf(say(world.bus, room.id, 'ann', 'k', { clientMessageId: 'nul \u0000' })),
      codeOf(say(world.bus, room.id, 'ann', 'good too')),
    ]);
    const invalid = ['invalid', 'invalid', 'invalid', 'invalid', 'invalid'];
    const foreign = ['not-found', 'not-found', 'not-found'];
    expect(codes).toEqual(['ok', ...foreign, ...invalid, 'too-large', 'invalid', 'ok']);
    expect(await logOf(world.bus, room.id)).toHaveLength(3);
  });

  it('takes odd ids and keys as they are', async () => {
    for (const odd of ['ann@x.io', '*', '>', 'a b', "o'hara", '%_', 'ü€😀', '{"a":1}', 'x'.repeat(128)]) {
      const room = await makeRoom(world.bus, [odd], { id: odd });
      const { message } = await say(world.bus, room.id, odd, odd, { clientMessageId: odd });
      expect(message).toMatchObject({ roomId: odd, senderId: odd, text: odd, clientMessageId: odd });
    }
  });
});
