import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_PENDING, RoomSequencer } from './sequencer.js';
import type { Positioned } from './sequencer.js';

const WHOLE = 1_000_000;

/** The log of one room: a fact a second, the first 100 of them from before this gateway listened. */
function factAt(pos: number): Positioned {
  const atMs = WHOLE + (pos - 100) * 1_000;
  return { pos, atMs, prevAtMs: pos === 1 ? null : atMs - 1_000 };
}

const positions = (facts: readonly Positioned[]): number[] => facts.map((fact) => fact.pos);

describe('RoomSequencer', () => {
  it('releases facts that come in order at once', () => {
    const room = new RoomSequencer(null, WHOLE);
    expect(positions(room.offer(factAt(101)).release)).toEqual([101]);
    expect(positions(room.offer(factAt(102)).release)).toEqual([102]);
    expect(room.behind).toBe(false);
  });

  it('starts with the first fact of a new room', () => {
    expect(positions(new RoomSequencer(null, 0).offer(factAt(1)).release)).toEqual([1]);
  });

  it('pulls from the moment it became whole when the first fact heard shows that one was missed', () => {
    const room = new RoomSequencer(null, WHOLE);
    const step = room.offer(factAt(103));
    expect(step).toEqual({ release: [], gap: true, pull: true });
    expect(room.pullFrom()).toEqual({ afterTimeMs: WHOLE });
    expect(positions(room.pulled([101, 102, 103].map(factAt), 103, false).release)).toEqual([101, 102, 103]);
    expect(room.behind).toBe(false);
  });

  it('drops what was released before', () => {
    const room = new RoomSequencer(10, WHOLE);
    expect(positions(room.offer(factAt(10)).release)).toEqual([10]);
    expect(room.offer(factAt(10)).release).toEqual([]);
    expect(room.offer(factAt(9)).release).toEqual([]);
  });

  it('keeps early facts until the gap closes', () => {
    const room = new RoomSequencer(10, WHOLE);
    expect(room.offer(factAt(12))).toEqual({ release: [], gap: true, pull: false });
    expect(room.offer(factAt(11)).release).toEqual([]);
    expect(positions(room.offer(factAt(10)).release)).toEqual([10, 11, 12]);
  });

  it('learns from a head that the last fact was lost, also in a room it never heard', () => {
    const known = new RoomSequencer(10, WHOLE);
    expect(known.hear(9, WHOLE)).toEqual({ release: [], gap: false, pull: false });
    expect(known.hear(10, WHOLE)).toEqual({ release: [], gap: true, pull: true });
    const unheard = new RoomSequencer(null, WHOLE);
    expect(unheard.hear(100, WHOLE).pull).toBe(false);
    expect(unheard.hear(101, WHOLE + 1_000).pull).toBe(true);
  });

  it('holds at most MAX_PENDING early facts, then drops them and pulls', () => {
    const room = new RoomSequencer(1, WHOLE);
    for (let pos = 2; pos <= MAX_PENDING + 1; pos += 1) expect(room.offer(factAt(pos)).pull).toBe(false);
    expect(room.offer(factAt(MAX_PENDING + 2)).pull).toBe(true);
    const all = Array.from({ length: MAX_PENDING + 2 }, (_, index) => factAt(index + 1));
    expect(room.pulled(all, all.length, false).release).toHaveLength(MAX_PENDING + 2);
  });

  it('skips what the log no longer has', () => {
    const room = new RoomSequencer(5, WHOLE);
    room.offer(factAt(22));
    expect(positions(room.pulled([20, 21].map(factAt), 22, true).release)).toEqual([20, 21, 22]);
  });

  it('releases every position once and in order, whatever the bus does (random)', () => {
    const events = fc.array(
      fc.record({ pos: fc.integer({ min: 101, max: 130 }), kind: fc.constantFrom('fact', 'head', 'pull') }),
      { maxLength: 200 },
    );
    fc.assert(
      fc.property(events, (steps) => {
        const room = new RoomSequencer(null, WHOLE);
        const released: number[] = [];
        const pull = (head: number): void => {
          const from = room.pullFrom();
          const start = 'afterPos' in from ? from.afterPos + 1 : 101;
          const page = Array.from({ length: Math.max(0, head - start + 1) }, (_, index) => factAt(start + index));
          released.push(...positions(room.pulled(page, head, false).release));
        };
        for (const { pos, kind } of steps) {
          if (kind === 'fact') released.push(...positions(room.offer(factAt(pos)).release));
          else if (kind === 'head') room.hear(pos, factAt(pos).atMs);
          else pull(pos);
        }
        pull(130);
        expect(released).toEqual(Array.from({ length: 30 }, (_, index) => 101 + index));
      }),
      { verbose: true },
    );
  });
});
