import { describe, expect, it } from 'vitest';
import { DeliveryCursor } from './cursor.js';

const of = (cursor: DeliveryCursor): Record<string, number> =>
  Object.fromEntries(cursor.snapshot().map(({ roomId, pos }) => [roomId, pos]));

describe('DeliveryCursor', () => {
  it('owes everything that no heartbeat covered', () => {
    const cursor = new DeliveryCursor();
    cursor.sent('a', 5);
    cursor.sent('a', 6);
    expect(of(cursor)).toEqual({ a: 4 });
  });

  it('confirms with the k-th heartbeat what was sent before the k-th mark', () => {
    const cursor = new DeliveryCursor();
    cursor.sent('a', 5);
    cursor.mark();
    cursor.sent('a', 6);
    cursor.sent('b', 1);
    cursor.mark();
    cursor.sent('b', 2);
    expect(cursor.confirm()).toBe(true);
    expect(of(cursor)).toEqual({ a: 5, b: 0 });
    expect(cursor.confirm()).toBe(true);
    expect(of(cursor)).toEqual({ a: 6, b: 1 });
    expect(cursor.confirm()).toBe(false);
    expect(cursor.unmarked).toBe(true);
  });

  it('keeps what a resumed session was owed until it is confirmed here', () => {
    const cursor = new DeliveryCursor([{ roomId: 'a', pos: 3 }]);
    cursor.sent('a', 4);
    expect(of(cursor)).toEqual({ a: 3 });
  });

  it('is not confirmed by the answers to what was written before it began', () => {
    const before = new DeliveryCursor();
    before.mark();
    const cursor = new DeliveryCursor([], [{ roomId: 'a', pos: 4 }], before.outstanding);
    cursor.sent('a', 5);
    cursor.mark();
    expect(cursor.confirm()).toBe(false);
    expect(of(cursor)).toEqual({ a: 4 });
    expect(cursor.confirm()).toBe(true);
    expect(of(cursor)).toEqual({ a: 5 });
  });

  it('never confirms early when more marks are unanswered than it keeps', () => {
    const cursor = new DeliveryCursor();
    for (let pos = 1; pos <= 100; pos += 1) {
      cursor.sent('a', pos);
      cursor.mark();
    }
    for (let heartbeat = 1; heartbeat < 64; heartbeat += 1) {
      cursor.confirm();
      expect(of(cursor)['a']).toBe(heartbeat);
    }
  });

  it('forgets the oldest confirmed rooms beyond its bound', () => {
    const cursor = new DeliveryCursor();
    for (let room = 0; room < 1_000; room += 1) cursor.sent(`r${room}`, 1);
    cursor.mark();
    cursor.confirm();
    cursor.sent('new', 1);
    expect(cursor.snapshot()).toHaveLength(1_000);
    expect(of(cursor)).toMatchObject({ new: 0, r999: 1 });
    expect(of(cursor)).not.toHaveProperty('r0');
    expect(cursor.full).toBe(false);
  });

  it('forgets no unconfirmed room, and says when there are too many to save', () => {
    const cursor = new DeliveryCursor();
    for (let room = 0; room < 999; room += 1) cursor.sent(`r${room}`, 1);
    expect(cursor.full).toBe(false);
    cursor.sent('one more', 1);
    expect(cursor.full).toBe(true);
    expect(of(cursor)).toMatchObject({ r0: 0, 'one more': 0 });
  });

  it('starts with at most as many rooms as can be saved, what is owed before all, and is not full with them', () => {
    const many = (name: string, count: number, pos: number) =>
      Array.from({ length: count }, (_, index) => ({ roomId: `${name}${index}`, pos }));
    const cursor = new DeliveryCursor(many('recent', 1_200, 9), many('owed', 300, 4));
    expect(cursor.snapshot()).toHaveLength(1_000);
    expect(of(cursor)).toMatchObject({ owed0: 4, owed299: 4, recent0: 9 });
    expect(cursor.full).toBe(false);
  });

  it('owes a room with several stays from the first of them', () => {
    const owed = [2, 7].map((pos) => ({ roomId: 'a', pos }));
    expect(of(new DeliveryCursor([{ roomId: 'a', pos: 9 }], owed))).toEqual({ a: 2 });
  });

  it('forgets no room that is still to be replayed, however many others come', () => {
    const cursor = new DeliveryCursor([], [{ roomId: 'owed', pos: 4 }]);
    const pass = (name: string): void => {
      for (let room = 0; room < 1_000; room += 1) {
        cursor.sent(`${name}${room}`, 1);
        cursor.mark();
        cursor.confirm();
      }
    };
    pass('before');
    expect(of(cursor)).toMatchObject({ owed: 4 });
    cursor.replayed('owed');
    pass('after');
    expect(of(cursor)).not.toHaveProperty('owed');
  });

  it('knows what it was told already, confirmed or not', () => {
    const cursor = new DeliveryCursor([{ roomId: 'a', pos: 3 }]);
    expect([cursor.newest('a'), cursor.newest('b')]).toEqual([3, 0]);
    cursor.sent('a', 5);
    expect(cursor.newest('a')).toBe(5);
  });
});
