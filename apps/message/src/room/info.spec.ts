import { infoSchema, type UserSnapshot } from '@parlance/domain';
import { describe, expect, it } from 'vitest';
import { infoOf, isTold } from './info.repository.js';

const ann: UserSnapshot = {
  id: 'ann',
  number: 1,
  name: 'Ann',
  username: 'ann',
  identifier: 'ann',
  photo: null,
  isBot: false,
  lastSeenAt: null,
  createdAt: '2026-01-01T00:00:00.000Z',
};

describe('what an info message says', () => {
  it('names those concerned as the asker called them, the actor as itself, unknown ones by id', () => {
    const info = infoOf(
      { actor: ann, names: { bob: 'Bob', ann: 'old name' } },
      { action: 'members.added', targets: ['bob', 'ann', 'cat'] },
    );
    expect(infoSchema.parse(info)).toEqual({
      action: 'members.added',
      by: { id: 'ann', name: 'Ann' },
      targets: [
        { id: 'bob', name: 'Bob' },
        { id: 'ann', name: 'Ann' },
        { id: 'cat', name: 'cat' },
      ],
      title: null,
    });
    expect(infoOf({ actor: null }, { action: 'room.renamed', title: 'T' })).toMatchObject({ by: null, title: 'T' });
  });

  it('survives ids that are names of objects’ own things', () => {
    const { targets } = infoOf(
      { actor: null, names: {} },
      { action: 'members.added', targets: ['constructor', '__proto__'] },
    );
    expect(targets.map(({ name }) => name)).toEqual(['constructor', '__proto__']);
  });

  it('is said in groups and broadcast rooms, unless silence is asked for', () => {
    expect([isTold({ kind: 'direct' }, {}), isTold({ kind: 'direct' }, { announce: true })]).toEqual([false, false]);
    expect([isTold({ kind: 'group' }, {}), isTold({ kind: 'broadcast' }, {})]).toEqual([true, true]);
    expect(isTold({ kind: 'group' }, { announce: false })).toBe(false);
  });
});
