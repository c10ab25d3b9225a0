import { describe, expect, it } from 'vitest';
import { RelaySchedule, type ChangedRoom } from './relay.schedule.js';

const room = (roomId: string, pos: number, more: Partial<ChangedRoom> = {}): ChangedRoom => ({
  tenantId: 't',
  roomId,
  pos,
  at: '2026-01-01T00:00:00.000Z',
  addresses: [`room.${roomId}`],
  ...more,
});

/** Asks every quarter of a second and tells when which room came, in seconds. */
function run(schedule: RelaySchedule, from: number, to: number): [number, string, number][] {
  const heard: [number, string, number][] = [];
  for (let now = from; now <= to; now += 250) {
    for (const { roomId, pos } of schedule.due(now)) heard.push([now / 1_000, roomId, pos]);
  }
  return heard;
}

describe('RelaySchedule', () => {
  it('repeats a head after 1, 5 and 30 s, then forgets the room', () => {
    const schedule = new RelaySchedule();
    schedule.add(room('r', 7), 0);
    expect(run(schedule, 0, 60_000)).toEqual([
      [1, 'r', 7],
      [5, 'r', 7],
      [30, 'r', 7],
    ]);
    expect(schedule.size).toBe(0);
  });

  it('waits until a burst is over, and then tells its last', () => {
    const schedule = new RelaySchedule();
    for (let now = 0; now <= 10_000; now += 500) {
      schedule.add(room('r', now), now);
      expect(schedule.due(now)).toEqual([]);
    }
    expect(run(schedule, 10_250, 60_000)).toEqual([
      [11, 'r', 10_000],
      [15, 'r', 10_000],
      [40, 'r', 10_000],
    ]);
  });

  it('begins again when a room changes between two repetitions', () => {
    const schedule = new RelaySchedule();
    schedule.add(room('r', 1), 0);
    expect(run(schedule, 0, 6_000)).toHaveLength(2);
    schedule.add(room('r', 2), 6_000);
    expect(run(schedule, 6_250, 60_000)).toEqual([
      [7, 'r', 2],
      [11, 'r', 2],
      [36, 'r', 2],
    ]);
  });

  it('never goes back, and reaches everybody concerned', () => {
    const schedule = new RelaySchedule();
    schedule.add(room('r', 5, { addresses: ['room.r', 'user.new'] }), 0);
    schedule.add(room('r', 4), 100);
    expect(schedule.due(2_000)).toEqual([room('r', 5, { addresses: ['room.r', 'user.new'] })]);
  });

  it('keeps tenants apart', () => {
    const schedule = new RelaySchedule();
    schedule.add(room('r', 1), 0);
    schedule.add(room('r', 9, { tenantId: 'other' }), 0);
    expect(schedule.due(1_000).map(({ tenantId, pos }) => [tenantId, pos])).toEqual([
      ['t', 1],
      ['other', 9],
    ]);
  });

  it('neither hurries nor forgets at odd times', () => {
    const schedule = new RelaySchedule();
    schedule.add(room('r', 7), 130);
    const heard: number[] = [];
    for (let now = 130; now <= 60_000; now += 77) if (schedule.due(now).length > 0) heard.push(now - 130);
    expect(heard).toHaveLength(3);
    [1_000, 5_000, 30_000].forEach((wait, index) => {
      expect(heard[index]).toBeGreaterThanOrEqual(wait);
      expect(heard[index]).toBeLessThan(wait + 350);
    });
    expect(schedule.size).toBe(0);
  });

  it('is told late without losing anything', () => {
    const schedule = new RelaySchedule();
    schedule.add(room('r', 1), 0);
    expect(schedule.due(20_000)).toHaveLength(1);
    expect(run(schedule, 20_250, 60_000)).toEqual([[30, 'r', 1]]);
  });

  it('holds a bounded number of rooms: the oldest goes out early', () => {
    const schedule = new RelaySchedule(3);
    for (const [index, id] of ['a', 'b', 'c', 'd', 'a'].entries()) schedule.add(room(id, index), index);
    expect(schedule.size).toBe(3);
    expect(schedule.due(5).map(({ roomId }) => roomId)).toEqual(['a', 'b']);
    expect(schedule.due(2_000).map(({ roomId, pos }) => [roomId, pos])).toEqual([
      ['c', 2],
      ['d', 3],
      ['a', 4],
    ]);
  });
});
