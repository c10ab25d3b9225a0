import { userEventSchema, type RoomStamp, type UserSnapshot } from '@parlance/domain';
import { describe, expect, it } from 'vitest';
import { audienceOf, eventsFor, MAX_EVENTS } from './audience.js';

function stamp(id: string): RoomStamp {
  return { id, number: 1, uuid: '6a0f2a9e-6f0e-4c53-9d2c-0b6a3a8f1c11', kind: 'group', version: 1, pair: null };
}

function snapshot(id: string): UserSnapshot {
  const createdAt = '2026-01-01T00:00:00.000Z';
  return {
    id,
    number: 1,
    name: id,
    username: id,
    identifier: id,
    photo: null,
    isBot: false,
    lastSeenAt: null,
    createdAt,
  };
}

const room = (id: string, ...memberIds: string[]) => ({ room: stamp(id), memberIds });

describe('the audience', () => {
  it('is who shares a room, once for each room, never oneself', () => {
    const audience = audienceOf(new Set(['ann', 'bob']), [
      room('r1', 'ann', 'cleo'),
      room('r2', 'ann', 'bob', 'cleo'),
      room('r3', 'cleo', 'dan'),
    ]);
    const told = [...audience].map(([peer, of]) => [
      peer,
      [...of].map(([id, shared]) => `${id} in ${shared.map((one) => one.id).join()}`),
    ]);
    expect(Object.fromEntries(told)).toEqual({
      cleo: ['ann in r1,r2', 'bob in r2'],
      bob: ['ann in r2'],
      ann: ['bob in r2'],
    });
  });

  it('names at most a hundred shared rooms', () => {
    const rooms = Array.from({ length: 250 }, (_, n) => room(`r${n}`, 'ann', 'bob'));
    expect(
      audienceOf(new Set(['ann']), rooms)
        .get('bob')
        ?.get('ann'),
    ).toHaveLength(100);
  });

  it('is told in events that every reader knows, so many in one publication', () => {
    const ids = Array.from({ length: MAX_EVENTS + 1 }, (_, n) => `u${n}`);
    const at = Date.parse('2026-02-03T04:05:06.789Z');
    const changes = new Map(ids.map((id) => [id, { subject: snapshot(id), online: id === 'u0', at }]));
    const told = new Map([...ids, 'unknown'].map((id) => [id, [stamp('r1')]]));
    const pages = eventsFor('t', 'cleo', told, changes);
    expect(pages.map((page) => page.length)).toEqual([MAX_EVENTS, 1]);
    for (const event of pages.flat()) expect(userEventSchema.parse(event)).toEqual(event);
    expect(pages[0]?.[0]).toMatchObject({ userId: 'cleo', online: true, lastSeenAt: null });
    expect(pages[1]?.[0]).toMatchObject({ online: false, lastSeenAt: '2026-02-03T04:05:06.789Z' });
  });
});
