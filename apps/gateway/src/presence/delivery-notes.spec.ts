import { markDelivered } from '@parlance/contracts';
import { sampleFactBase, sampleMessage } from '@parlance/dialect-kit/conformance';
import { ParlanceError, type FactOf } from '@parlance/domain';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aConnection, aDialect, busPair, group, quiet } from '../parts.fixture.js';
import { DeliveryNotes } from './delivery-notes.js';

const dialect = aDialect('red');
let pair: ReturnType<typeof busPair>;
let marked: string[][];
let away: boolean;
let notes: DeliveryNotes;

beforeEach(async () => {
  pair = busPair();
  [marked, away] = [[], false];
  await pair.service.serve(markDelivered, async ({ marks }) => {
    if (away) throw new ParlanceError('unavailable', 'away');
    marked.push(marks.map(({ roomId, user, seq }) => `${user.id} ${roomId} ${seq}`));
    return {};
  });
  notes = new DeliveryNotes(pair.edge, quiet);
});
afterEach(() => Promise.all([pair.edge.drain(), pair.service.drain()]));

function message(seq: number, senderId = 'bob', roomId = group.room.id): FactOf<'message.created'> {
  const base = sampleFactBase(group, { pos: seq });
  const room = { ...base.room, id: roomId };
  return { ...base, room, type: 'message.created', message: sampleMessage({ roomId, seq, senderId }) };
}

describe('delivery by heartbeats', () => {
  it('notes what was written before an answered heartbeat, the newest of each room, all together', async () => {
    const { connection } = aConnection(dialect);
    for (const seq of [1, 2, 3]) notes.sent(connection, message(seq));
    notes.sent(connection, message(7, 'bob', 'r2'));
    notes.mark(connection);
    notes.sent(connection, message(4));
    notes.mark(connection);
    notes.confirm(connection);
    await notes.flush();
    notes.confirm(connection);
    await notes.flush();
    await notes.flush();
    expect(marked).toEqual([[`ann ${group.room.id} 3`, 'ann r2 7'], [`ann ${group.room.id} 4`]]);
  });

  it('takes no heartbeat that was under way before for an answer to what came after', async () => {
    const { connection } = aConnection(dialect);
    connection.cursor.sent('other', 1);
    connection.cursor.mark();
    notes.sent(connection, message(1));
    notes.confirm(connection);
    await notes.flush();
    expect(marked).toEqual([]);
    notes.mark(connection);
    notes.confirm(connection);
    await notes.flush();
    expect(marked).toHaveLength(1);
  });

  it('notes nothing of own messages, nor where clients say it themselves, nor for whom the connection was before', async () => {
    const own = aConnection(dialect).connection;
    notes.sent(own, message(1, 'ann'));
    const telling = aConnection({ ...dialect, confirmsDelivery: true }).connection;
    notes.sent(telling, message(1));
    const former = aConnection(dialect).connection;
    notes.sent(former, message(1));
    notes.mark(former);
    notes.forget(former);
    for (const one of [own, telling, former]) {
      notes.mark(one);
      notes.confirm(one);
    }
    await notes.flush();
    expect(marked).toEqual([]);
  });

  it('keeps a watermark while the store is away, a newer one in its place, and no more than a bounded number', async () => {
    const { connection } = aConnection(dialect);
    away = true;
    for (const seq of [1, 2]) {
      notes.sent(connection, message(seq));
      notes.mark(connection);
      notes.confirm(connection);
      await notes.flush();
    }
    for (let n = 0; n < 20_010; n += 1) notes.sent(connection, message(1, 'bob', `r${n}`));
    notes.mark(connection);
    notes.confirm(connection);
    expect(notes.size).toBe(20_000);
    away = false;
    await notes.flush();
    expect(marked[0]?.[0]).toBe(`ann ${group.room.id} 2`);
    expect(marked.every((page) => page.length <= 250)).toBe(true);
    expect(notes.size).toBe(0);
  });
});
