import { REEL_SEEN, type RuleAction } from '@parlance/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tallyDay, verdictWithin, type ActionEdges, type DayFact } from './day-tally.js';

const rule = (type: string, over: Partial<RuleAction> = {}): RuleAction => ({
  type,
  label: type,
  points: 1,
  maxPerDay: 1,
  ...over,
});
const reel = (ref: string, at: number, factId = `${ref}@${at}`): DayFact => ({ factId, type: REEL_SEEN, ref, at });
const act = (type: string, at: number, factId = `${type}@${at}`): DayFact => ({ factId, type, ref: null, at });

const RULES = [rule('reply', { points: 3, maxPerDay: 2 }), rule('video', { startAt: 2 })];

describe('a day’s tally', () => {
  it.each<[string, DayFact[], number, number, readonly string[]]>([
    ['nothing', [], 0, 0, []],
    ['an action', [act('reply', 1)], 0, 3, ['counted']],
    [
      'an action too often',
      [act('reply', 1), act('reply', 2), act('reply', 3)],
      0,
      6,
      ['counted', 'counted', 'capped'],
    ],
    [
      'the later ones are too many, however they came',
      [act('reply', 9), act('reply', 2), act('reply', 3)],
      0,
      6,
      ['capped', 'counted', 'counted'],
    ],
    ['an action of no rule', [act('sing', 1)], 0, 0, ['locked']],
    ['a reel twice', [reel('a', 1), reel('a', 2), reel('b', 3)], 2, 0, ['counted', 'capped', 'counted']],
    ['a reel without an id', [{ ...reel('a', 1), ref: null }], 0, 0, ['capped']],
    ['a locked action', [reel('a', 1), act('video', 2)], 1, 0, ['counted', 'locked']],
    [
      'the same reel again unlocks nothing',
      [reel('a', 1), reel('a', 2), act('video', 3)],
      1,
      0,
      ['counted', 'capped', 'locked'],
    ],
    ['an unlocked action', [reel('a', 1), reel('b', 2), act('video', 3)], 2, 1, ['counted', 'counted', 'counted']],
    [
      'reels of the same moment come first',
      [act('video', 2), reel('a', 2), reel('b', 2)],
      2,
      1,
      ['counted', 'counted', 'counted'],
    ],
    [
      'reels that came in late but were seen before',
      [act('video', 5), reel('a', 1), reel('b', 4)],
      2,
      1,
      ['counted', 'counted', 'counted'],
    ],
    [
      'reels that were seen after',
      [reel('a', 1), act('video', 2), reel('b', 3)],
      2,
      0,
      ['counted', 'locked', 'counted'],
    ],
    ['the same fact twice', [act('reply', 1, 'x'), act('reply', 1, 'x')], 0, 3, ['counted', 'counted']],
  ])('%s', (_, facts, reelsSeen, total, verdicts) => {
    const tally = tallyDay(RULES, facts);
    expect([tally.reelsSeen, tally.total, tally.verdicts]).toEqual([reelsSeen, total, verdicts]);
  });

  const fact = fc.record({
    factId: fc.integer({ min: 0, max: 60 }).map(String),
    type: fc.constantFrom(REEL_SEEN, 'reply', 'video', 'sing'),
    ref: fc.constantFrom('a', 'b', 'c', null),
    at: fc.integer({ min: 0, max: 8 }),
  });
  const distinct = fc.uniqueArray(fact, { selector: ({ factId }) => factId, maxLength: 40 });

  it('depends on the set of facts, not on their order or repetition', () => {
    fc.assert(
      fc.property(distinct, fc.integer(), (facts, turn) => {
        const other = facts.toSorted(
          (a, b) => ((Number(a.factId) * 31 + turn) % 17) - ((Number(b.factId) * 31 + turn) % 17),
        );
        const { verdicts: _, ...tally } = tallyDay(RULES, facts);
        expect(tallyDay(RULES, [...other, ...other.slice(0, 5)])).toMatchObject(tally);
      }),
    );
  });

  it('says of each action what its edges say', () => {
    fc.assert(
      fc.property(distinct, (facts) => {
        const { verdicts } = tallyDay(RULES, facts);
        facts.forEach((one, index) => {
          if (one.type !== REEL_SEEN) expect(verdictWithin(edgesOf(one.type, facts), one)).toBe(verdicts[index]);
        });
      }),
    );
  });
});

/** As the database reads them: the moment of the n-th distinct reel, and the last of the first so many facts since. */
function edgesOf(type: string, facts: readonly DayFact[]): ActionEdges | undefined {
  const found = RULES.find((one) => one.type === type);
  if (found === undefined) return undefined;
  const firsts = new Map<string, number>();
  for (const { type: kind, ref, at } of facts) {
    if (kind === REEL_SEEN && ref !== null) firsts.set(ref, Math.min(at, firsts.get(ref) ?? at));
  }
  const startAt = found.startAt ?? 0;
  const unlockAt = startAt === 0 ? 0 : ([...firsts.values()].sort((a, b) => a - b)[startAt - 1] ?? null);
  const open = facts.filter((one) => one.type === type && unlockAt !== null && one.at >= unlockAt);
  const last = open
    .sort((a, b) => a.at - b.at || (a.factId < b.factId ? -1 : 1))
    .slice(0, found.maxPerDay)
    .at(-1);
  return { unlockAt, lastAt: last?.at ?? null, lastFact: last?.factId ?? null };
}
