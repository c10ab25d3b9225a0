import { sampleStamp, sampleUser } from '@parlance/dialect-kit/conformance';
import { snapshotOf, type TypingStatus } from '@parlance/domain';
import { beforeEach, describe, expect, it } from 'vitest';
import { aConnection, aDialect, direct, group, TENANT } from '../parts.fixture.js';
import { TypingDesk } from './typing-desk.js';

const dialect = aDialect('red');
let now: number;
let emitted: string[];
let desk: TypingDesk;

beforeEach(() => {
  [now, emitted] = [0, []];
  desk = new TypingDesk({
    emit: ({ status, user, room, origin }) => emitted.push(`${status} ${user.id} in ${room.id} by ${origin}`),
    now: () => now,
    intervalMs: 3_000,
  });
});

function set(connection: ReturnType<typeof aConnection>['connection'], status: TypingStatus, view = group): void {
  const user = snapshotOf(sampleUser(connection.identity?.user.id ?? ''));
  desk.set(connection, { tenantId: TENANT, room: sampleStamp(view), user, status, text: null });
}

describe('the typing desk', () => {
  it('passes one equal signal per user and room in 3 s, and always the stop that somebody waits for', () => {
    const { connection } = aConnection(dialect);
    set(connection, 'typing');
    expect(() => set(connection, 'typing')).toThrow(expect.objectContaining({ code: 'rate-limited' }));
    set(connection, 'typing', direct);
    set(connection, 'recording');
    set(connection, 'stop');
    set(connection, 'stop', direct);
    expect(emitted.map((line) => line.split(' ')[0])).toEqual(['typing', 'typing', 'recording', 'stop', 'stop']);
    now = 3_000;
    set(connection, 'typing');
    set(connection, 'stop');
    expect(emitted).toHaveLength(7);
    set(connection, 'stop');
    expect(() => set(connection, 'stop')).toThrow(expect.objectContaining({ code: 'rate-limited' }));
  });

  it('says when to come again', () => {
    const { connection } = aConnection(dialect);
    set(connection, 'typing');
    now = 1_000;
    expect(() => set(connection, 'typing')).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ retryAfterMs: 2_000 }) }),
    );
  });

  it('stops in every room for a connection that goes in mid-typing, unless another one of the user types there', () => {
    const phone = aConnection(dialect, 'ann', 'phone').connection;
    const laptop = aConnection(dialect, 'ann', 'laptop').connection;
    set(phone, 'typing');
    set(phone, 'typing', direct);
    now = 3_000;
    set(laptop, 'typing');
    emitted.length = 0;
    desk.gone(phone);
    desk.gone(phone);
    expect(emitted).toEqual([`stop ann in ${direct.room.id} by phone`]);
    desk.gone(laptop);
    expect(emitted.at(-1)).toBe(`stop ann in ${group.room.id} by laptop`);
  });

  it('has nothing to stop for a connection that stopped itself', () => {
    const { connection } = aConnection(dialect);
    set(connection, 'typing');
    set(connection, 'stop');
    emitted.length = 0;
    desk.gone(connection);
    expect(emitted).toEqual([]);
  });

  it('refuses typing in more rooms than a person has hands for', () => {
    const { connection } = aConnection(dialect);
    const inRoom = (n: number) => set(connection, 'typing', { ...group, room: { ...group.room, id: `r${n}` } });
    for (let n = 0; n < 20; n += 1) inRoom(n);
    expect(() => inRoom(20)).toThrow(expect.objectContaining({ code: 'rate-limited' }));
    emitted.length = 0;
    desk.gone(connection);
    expect(emitted).toHaveLength(20);
  });
});
