import { describe, expect, it } from 'vitest';
import { owedFacts, type Stay } from './owed.js';

const stay = (more: Partial<Stay>): Stay => ({ roomId: 'r', joinPos: 1, leavePos: null, head: 10, seen: 0, ...more });

describe('owedFacts', () => {
  it.each([
    ['nothing new', stay({ seen: 10 }), [], []],
    ['new since the time', stay({ seen: 7 }), [], [{ roomId: 'r', afterPos: 7, toPos: null }]],
    ['a cursor behind the time', stay({ seen: 10 }), [4], [{ roomId: 'r', afterPos: 4, toPos: null }]],
    ['a cursor ahead of the time', stay({ seen: 2 }), [9], [{ roomId: 'r', afterPos: 9, toPos: null }]],
    ['a cursor at the head', stay({ seen: 2 }), [10], []],
    [
      'joined meanwhile: from the join on',
      stay({ joinPos: 6, seen: 3 }),
      [],
      [{ roomId: 'r', afterPos: 5, toPos: null }],
    ],
    ['left meanwhile: up to the leave', stay({ leavePos: 8, seen: 3 }), [], [{ roomId: 'r', afterPos: 3, toPos: 8 }]],
    ['left before the time', stay({ leavePos: 3, seen: 5 }), [], []],
    [
      'left, but the leave is not confirmed',
      stay({ leavePos: 8, seen: 10 }),
      [7],
      [{ roomId: 'r', afterPos: 7, toPos: 8 }],
    ],
  ])('%s', (_, one, cursors, expected) => {
    expect(
      owedFacts(
        [one],
        cursors.map((pos) => ({ roomId: 'r', pos })),
      ),
    ).toEqual(expected);
  });

  it('leaves out what happened between two stays', () => {
    const stays = [stay({ leavePos: 4, seen: 2, head: 12 }), stay({ joinPos: 9, seen: 2, head: 12 })];
    expect(owedFacts(stays, [])).toEqual([
      { roomId: 'r', afterPos: 2, toPos: 4 },
      { roomId: 'r', afterPos: 8, toPos: null },
    ]);
  });
});
