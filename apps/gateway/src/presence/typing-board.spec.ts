import { sampleEvents } from '@parlance/dialect-kit/conformance';
import type { TypingChanged } from '@parlance/domain';
import { beforeEach, describe, expect, it } from 'vitest';
import { group } from '../parts.fixture.js';
import { TypingBoard } from './typing-board.js';

let now: number;
let told: string[];
let heard: boolean;
let board: TypingBoard;

beforeEach(() => {
  [now, told, heard] = [1_000_000, [], true];
  board = new TypingBoard({
    isHeard: () => heard,
    tell: ({ status, user }, only) => told.push(`${status} ${user.id}${only === null ? '' : ` for ${only}`}`),
    repeat: ({ user }) => told.push(`again ${user.id}`),
    now: () => now,
  });
});

const [sample] = sampleEvents(group)['typing.changed'];

function typing(part: Partial<TypingChanged> = {}): TypingChanged {
  if (sample === undefined) throw new Error('no sample');
  return { ...sample, status: 'typing', ...part };
}

function pass(ms: number): void {
  for (const end = now + ms; now < end; now += 250) board.tick();
  board.tick();
}

describe('the typing board', () => {
  const { user } = typing();

  it('ends typing after 30 s when nobody else does, and repeats it every 5 s until then', () => {
    board.heard(typing(), null);
    pass(29_750);
    expect(told).toEqual(Array.from({ length: 5 }, () => `again ${user.id}`));
    pass(250);
    expect(told.at(-1)).toBe(`stop ${user.id}`);
    pass(60_000);
    expect([told.length, board.size]).toEqual([6, 0]);
  });

  it('ends it after 6 s where the wire has no word for the end, and recording after 300 s', () => {
    board.heard(typing({ lastsMs: 6_000 }), null);
    pass(6_000);
    expect(told.at(-1)).toBe(`stop ${user.id}`);
    board.heard(typing({ status: 'recording' }), null);
    pass(299_000);
    expect(told.at(-1)).toBe(`again ${user.id}`);
    pass(1_000);
    expect(told.at(-1)).toBe(`stop ${user.id}`);
  });

  it('lasts anew with each signal, and is over with a stop', () => {
    board.heard(typing({ lastsMs: 6_000 }), null);
    pass(4_000);
    board.heard(typing({ lastsMs: 6_000 }), null);
    pass(4_000);
    expect(told).toEqual([]);
    board.heard(typing({ status: 'stop' }), null);
    pass(60_000);
    expect(told).toEqual([]);
  });

  it('ends it when its user goes offline, each as it was told', () => {
    board.heard(typing(), null);
    board.heard(typing(), 'cleo');
    board.gone(typing().tenantId, 'somebody else');
    board.gone('another tenant', user.id);
    expect(told).toEqual([]);
    board.gone(typing().tenantId, user.id);
    expect(told.sort()).toEqual([`stop ${user.id}`, `stop ${user.id} for cleo`]);
    expect(board.size).toBe(0);
  });

  it('keeps nothing that nobody here hears, and a bounded number of what is heard', () => {
    heard = false;
    board.heard(typing(), null);
    expect(board.size).toBe(0);
    heard = true;
    for (let n = 0; n < 20_005; n += 1) board.heard(typing({ user: { ...user, id: `u${n}` } }), null);
    expect(board.size).toBe(20_000);
  });
});
