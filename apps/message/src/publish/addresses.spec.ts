import { factSchema, type Fact, type RoomKind } from '@parlance/domain';
import { describe, expect, it } from 'vitest';
import { affectedUsers } from './addresses.js';

const at = '2026-01-02T03:04:05.678Z';

function factOf(kind: RoomKind, own: Readonly<Record<string, unknown>>): Fact {
  const room = { id: 'r', number: 1, uuid: '00000000-0000-4000-8000-000000000000', kind, version: 1, pair: null };
  const base = { id: '1', v: 1, tenantId: 't', room, pos: 2, prevAt: at, at, actor: null, origin: null };
  return factSchema.parse({ ...base, ...own });
}

const added = {
  type: 'member.added',
  members: [
    { userId: 'ann', role: 'admin' },
    { userId: 'bob', role: 'member' },
  ],
};
const removed = { type: 'member.removed', userId: 'bob', reason: 'removed' };

describe('whom a fact is told beside the room', () => {
  it('are those who come and go', () => {
    expect(affectedUsers(factOf('group', added))).toEqual(['ann', 'bob']);
    expect(affectedUsers(factOf('group', removed))).toEqual(['bob']);
    expect(affectedUsers(factOf('group', { type: 'room.deleted', memberIds: ['ann'] }))).toEqual(['ann']);
  });

  it('are never the recipients of a broadcast room', () => {
    expect(affectedUsers(factOf('broadcast', added))).toEqual(['ann']);
    expect(affectedUsers(factOf('broadcast', removed))).toEqual([]);
  });

  it('is nobody when no membership changes', () => {
    const facts = [
      { type: 'member.changed', userId: 'bob', role: 'admin', nickname: null },
      { type: 'room.cleared', throughSeq: 1, count: 1 },
    ];
    for (const fact of facts) expect(affectedUsers(factOf('group', fact))).toEqual([]);
  });
});
