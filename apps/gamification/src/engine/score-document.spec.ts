import { readFileSync } from 'node:fs';
import { DEFAULT_SCORE_RULES, REEL_SEEN, scoreDaySchema, weekdaySchema, type ScoreRules } from '@parlance/domain';
import { describe, expect, it } from 'vitest';
import { tallyDay } from './day-tally.js';
import { LocalDays } from './local-day.js';
import { actionsOf, documentOf, weekdayOf } from './score-document.js';

describe('a score document', () => {
  it('is the page’s example, byte for byte, from three reels and one reply on that saturday in Kolkata', () => {
    const at = Date.parse('2025-11-08T10:00:00+05:30');
    const { day, startsAt } = new LocalDays().at('Asia/Kolkata', at);
    const facts = [
      ...['a', 'b', 'c'].map((ref) => ({ factId: ref, type: REEL_SEEN, ref, at })),
      { factId: 'd', type: 'mindful-comment-reply', ref: null, at },
    ];
    const tally = tallyDay(actionsOf(DEFAULT_SCORE_RULES, weekdayOf(day)), facts);
    const document = documentOf(DEFAULT_SCORE_RULES, { day, startsAt, ...tally });
    const example: unknown = JSON.parse(
      readFileSync(new URL('../../../../libs/dialects/reels/transcripts/score-updated.json', import.meta.url), 'utf8'),
    );
    expect(JSON.stringify(document)).toBe(JSON.stringify(example));
    expect(JSON.stringify(scoreDaySchema.parse(document))).toBe(JSON.stringify(example));
  });

  const rules: ScoreRules = {
    social: { monday: [{ type: 'walk', label: 'Walk', points: 5, maxPerDay: 3 }] },
    mindfulness: [
      { type: 'rest', label: 'Rest', points: 2, maxPerDay: 1, startAt: 4 },
      { type: 'read', label: 'Read', points: 1, maxPerDay: 1 },
      { type: 'write', label: 'Write', points: 1, maxPerDay: 1 },
    ],
  };
  const of = (day: string, counts: Record<string, number>) =>
    documentOf(rules, { day, startsAt: Date.parse(`${day}T00:00:00Z`), reelsSeen: 4, counts });

  it.each<[string, string, Record<string, number>, number, number, number]>([
    ['nothing', '2026-01-05', {}, 0, 0, 0],
    ['points by facts', '2026-01-05', { walk: 2 }, 2, 0, 10],
    ['a third of a section', '2026-01-05', { rest: 1 }, 0, 1 / 3, 2],
    ['all of a section', '2026-01-05', { rest: 1, read: 1, write: 1 }, 0, 1, 4],
    ['a weekday without actions', '2026-01-06', { walk: 2, read: 1 }, 0, 1 / 3, 1],
  ])('weighs %s', (_, day, counts, social, mindfulness, total) => {
    expect(of(day, counts)).toMatchObject({
      totalScore: total,
      social: { score: social },
      mindfulness: { score: mindfulness },
    });
  });

  it('says `completed` only where it is true, and `startAt` only where the rule has one', () => {
    const { social, mindfulness } = of('2026-01-05', { walk: 1 });
    expect(social.actions).toEqual([{ label: 'Walk', type: 'walk', value: 5, completed: true }]);
    expect(mindfulness.actions[0]).toEqual({ label: 'Rest', type: 'rest', value: 0, startAt: 4 });
  });

  it('names the weekday of its day', () => {
    const week = ['2026-01-04', '2026-01-05', '2026-01-06', '2026-01-07', '2026-01-08', '2026-01-09', '2026-01-10'];
    expect(week.map(weekdayOf)).toEqual(weekdaySchema.options);
  });
});
