import { pullLog, roomAddress, sendMessage } from '@parlance/contracts';
import { ParlanceError, textDraft } from '@parlance/domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCutLine, type CutLine } from '../testing/cut-line.js';
import { codeOf, Ear, makeRoom, openWorld, say, TENANT, user, type World } from '../testing/test-world.js';

let world: World;
let line: CutLine;

beforeAll(async () => {
  world = await openWorld();
  line = await openCutLine(world.url);
  await world.start('message', { url: line.url, env: { PARLANCE_MESSAGE_QUEUE_ITEMS: '4' } });
}, 60_000);
afterAll(async () => {
  await world.stop();
  await line.close();
});

/** Holds a room's lock, as a slow writer would, until told to let go. */
async function holdRoom(roomId: string) {
  const client = await world.db.connect();
  await client.query('begin');
  await client.query('select 1 from message.room_head where tenant_id = $1 and room_id = $2 for update', [
    TENANT,
    roomId,
  ]);
  return async () => {
    await client.query('commit');
    client.release();
  };
}

/** Waits until a backend waits for a lock, and says which. */
async function waitingBackend(): Promise<number> {
  for (;;) {
    const rows = await world.query(
      "select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%send_batch%'",
    );
    if (rows[0] !== undefined) return Number(rows[0].pid);
  }
}

async function storedTexts(roomId: string): Promise<unknown[]> {
  const rows = await world.query(
    'select text from message.message where tenant_id = $1 and room_id = $2 order by seq',
    [TENANT, roomId],
  );
  return rows.map((row) => row.text);
}

describe('an acknowledgement', () => {
  it('comes only after the commit, and so does the publication', async () => {
    const room = await makeRoom(world.bus, ['ann']);
    const ear = await Ear.at(world.bus, roomAddress(TENANT, room.id));
    const release = await holdRoom(room.id);
    let answered = false;
    const sending = say(world.bus, room.id, 'ann', 'held').finally(() => (answered = true));
    await waitingBackend();
    expect([answered, ear.facts.length]).toEqual([false, 0]);
    await release();
    expect((await sending).message.seq).toBe(1);
    await ear.until(({ facts }) => facts.length === 1);
  });

  it('is `unavailable` when the connection dies before the commit; the repeat stores it once', async () => {
    const room = await makeRoom(world.bus, ['ann']);
    const release = await holdRoom(room.id);
    const sending = codeOf(say(world.bus, room.id, 'ann', 'words', { clientMessageId: 'k' }));
    await world.query('select pg_terminate_backend($1)', [await waitingBackend()]);
    expect(await sending).toBe('unavailable');
    await release();
    expect(await storedTexts(room.id)).toEqual([]);
    expect(await say(world.bus, room.id, 'ann', 'words', { clientMessageId: 'k' })).toMatchObject({ repeated: false });
    expect(await storedTexts(room.id)).toEqual(['words']);
  });

  it('is `unavailable` when the connection dies in the commit; the repeat finds what was stored', async () => {
    const room = await makeRoom(world.bus, ['ann']);
    const release = await holdRoom(room.id);
    const sending = codeOf(say(world.bus, room.id, 'ann', 'words', { clientMessageId: 'k' }));
    await waitingBackend();
    line.mute();
    await release();
    while ((await storedTexts(room.id)).length === 0);
    line.cut();
    expect(await sending).toBe('unavailable');
    const again = await say(world.bus, room.id, 'ann', 'words', { clientMessageId: 'k' });
    expect([again.repeated, again.message.seq]).toEqual([true, 1]);
    expect(await storedTexts(room.id)).toEqual(['words']);
  });
});

describe('backpressure', () => {
  it('answers `overloaded` at once when the queue is full, and says when to come back', async () => {
    const room = await makeRoom(world.bus, ['ann']);
    const release = await holdRoom(room.id);
    const admitted = [1, 2, 3, 4].map(async (index) => say(world.bus, room.id, 'ann', `admitted ${index}`));
    await waitingBackend();
    const refusal = await say(world.bus, room.id, 'ann', 'too many').catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ParlanceError);
    expect(refusal).toMatchObject({ code: 'overloaded' });
    expect((refusal as ParlanceError).details?.retryAfterMs).toBeGreaterThan(0);
    await release();
    expect((await Promise.all(admitted)).map(({ message }) => message.seq)).toEqual([1, 2, 3, 4]);
  });

  it('drops what nobody waits for any longer before it is stored', async () => {
    const room = await makeRoom(world.bus, ['ann']);
    const release = await holdRoom(room.id);
    const first = say(world.bus, room.id, 'ann', 'first');
    await waitingBackend();
    const draft = textDraft('late');
    const request = {
      tenantId: TENANT,
      roomId: room.id,
      sender: user('ann'),
      origin: null,
      clientMessageId: 'late',
      draft,
    };
    const late = await codeOf(world.bus.request(sendMessage, request, { timeoutMs: 50 }));
    expect(late).toBe('unavailable');
    await release();
    await first;
    await say(world.bus, room.id, 'ann', 'after');
    expect(await storedTexts(room.id)).toEqual(['first', 'after']);
  });
});

describe('a room that two batches need in another order', () => {
  it('locks no two writers against each other', async () => {
    const rooms = await Promise.all(Array.from({ length: 4 }, async () => makeRoom(world.bus, ['ann'])));
    const other = await world.start('message-2');
    for (let round = 0; round < 30; round += 1) {
      const order = round % 2 === 0 ? rooms : [...rooms].reverse();
      await Promise.all(order.map(async (room) => say(world.bus, room.id, 'ann', String(round))));
    }
    const rows = await world.query('select deadlocks from pg_stat_database where datname = current_database()');
    expect(Number(rows[0]?.deadlocks)).toBe(0);
    for (const room of rooms) {
      const { head } = await world.bus.request(pullLog, { tenantId: TENANT, roomId: room.id, afterPos: 0, limit: 1 });
      expect(head).toBe(31);
    }
    await other.close();
  });
});
