import { pullLog } from '@parlance/contracts';
import { describe, expect, it } from 'vitest';
import type { Fact } from '@parlance/domain';
import {
  aConnection,
  addedAt,
  aDialect,
  busPair,
  entryOf,
  group,
  messageAt,
  removedAt,
  TENANT,
} from './parts.fixture.js';
import type { TestConnection } from './parts.fixture.js';
import { Replayer } from './replayer.js';

const roomId = group.room.id;

async function replay(log: readonly unknown[], { connection }: TestConnection, toPos: number | null = null) {
  const { edge, service } = busPair();
  await service.serve(pullLog, async ({ afterPos = 0 }) => ({
    // Two at a time: a page is never the whole log.
    facts: log.slice(afterPos, afterPos + 2),
    head: log.length,
    truncated: false,
  }));
  const given: number[] = [];
  const left: string[] = [];
  const replayer = new Replayer({
    bus: edge,
    deliver: async (_, entry) => void given.push(entry.pos),
    left: (_, id) => left.push(id),
  });
  const ended = replayer.run(connection, TENANT, 'ann', [{ roomId, afterPos: 0, toPos }]);
  await ended.finally(() => Promise.all([edge.drain(), service.drain()]));
  return { given, left };
}

const ann = (): TestConnection => aConnection(aDialect('plain'), 'ann');

describe('Replayer', () => {
  it('gives everything after the cursor, page after page', async () => {
    const log = [1, 2, 3, 4, 5].map((pos) => messageAt(pos));
    expect(await replay(log, ann())).toEqual({ given: [1, 2, 3, 4, 5], left: [] });
    expect((await replay(log, ann(), 3)).given).toEqual([1, 2, 3]);
  });

  it('gives nothing after a leave, takes the connection out, and drops what was kept for it since', async () => {
    const one = ann();
    const others = messageAt(9, { ...group, room: { ...group.room, id: '64a0000000000000000000e1' } });
    one.connection.backlog = [messageAt(2), messageAt(4), others].map(entryOf);
    const log: Fact[] = [messageAt(1), removedAt(2, 'ann'), messageAt(3)];
    expect(await replay(log, one)).toEqual({ given: [1, 2], left: [roomId] });
    expect(one.connection.backlog.map((entry) => entry.pos)).toEqual([2, 9]);
  });

  it('goes on with the next stay', async () => {
    const log = [messageAt(1), removedAt(2, 'ann'), messageAt(3), addedAt(4, 'ann'), messageAt(5)];
    expect(await replay(log, ann())).toEqual({ given: [1, 2, 4, 5], left: [] });
  });

  it('keeps what came after a join that the log did not show yet', async () => {
    const one = ann();
    one.connection.backlog = [messageAt(3), addedAt(4, 'ann'), messageAt(5)].map(entryOf);
    expect((await replay([messageAt(1), removedAt(2, 'ann')], one)).left).toEqual([]);
    expect(one.connection.backlog.map((entry) => entry.pos)).toEqual([4, 5]);
  });

  it('passes over what this version cannot read', async () => {
    const log = [messageAt(1), { from: 'the future' }, { ...messageAt(3), type: 'room.painted' }, messageAt(4)];
    expect((await replay(log, ann())).given).toEqual([1, 2, 3, 4]);
  });

  it('stops when the connection closes', async () => {
    const one = ann();
    one.connection.become('closed');
    await expect(replay([messageAt(1)], one)).rejects.toMatchObject({ code: 'unavailable' });
  });
});
