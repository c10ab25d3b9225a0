import { readFileSync } from 'node:fs';
import { explainScore, getScoreRules, listLeaderboard, putScoreRules } from '@parlance/contracts';
import { DEFAULT_SCORE_RULES, MAX_FACTS, REEL_SEEN, type ScoreRules } from '@parlance/domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DAY_GAP_MS } from '../notice/notice.service.js';
import { toldTo, type Source, type Told } from '../testing/told.js';
import { codeOf, Ear, openWorld, TENANT, type World } from '../testing/test-world.js';

let world: World;
const { tell, score } = toldTo(() => world);

beforeAll(async () => {
  world = await openWorld();
  await world.start('gamification-0');
  await world.start('gamification-1');
}, 60_000);
afterAll(async () => {
  await world.stop();
});

const reels = (count: number, at: (index: number) => string): Told[] =>
  Array.from({ length: count }, (_, index) => ({
    factId: `reel-${index}`,
    type: REEL_SEEN,
    ref: `r${index}`,
    at: at(index),
  }));

const KOLKATA = 'Asia/Kolkata';

describe('a score document', () => {
  it('is the one of the page, byte for byte, from three reels and one reply on that saturday', async () => {
    const ear = await Ear.of(world.bus, 'raj');
    const facts = [
      ...reels(3, (index) => `2025-11-08T0${index + 4}:00:00+05:30`),
      { factId: 'reply', type: 'mindful-comment-reply', at: '2025-11-08T09:00:00.000+05:30' },
    ];
    expect(await tell('raj', facts, { timeZone: KOLKATA })).toEqual({ counted: 4, duplicates: 0, locked: 0 });
    await ear.until(() => ear.of('score.changed').at(-1)?.day.totalScore === 1);
    const page = new URL('../../../../libs/dialects/reels/transcripts/score-updated.json', import.meta.url);
    const expected = JSON.stringify(JSON.parse(readFileSync(page, 'utf8')));
    expect(JSON.stringify(ear.of('score.changed').at(-1)?.day)).toBe(expected);
    expect(JSON.stringify(await score('raj', '2025-11-08', KOLKATA))).toBe(expected);
  });

  it('is empty on a day without facts, by the clock of the user', async () => {
    const day = await score('nobody', '2026-03-29', 'Europe/Berlin');
    expect(day).toMatchObject({
      date: '2026-03-28T23:00:00.000Z',
      reelsSeen: 0,
      totalScore: 0,
      social: { day: 'sunday' },
    });
    expect((await score('nobody', '2026-03-30', 'Europe/Berlin')).date).toBe('2026-03-29T22:00:00.000Z');
  });

  it('begins with the local day, also when that day has 23 hours or 25', async () => {
    const days = [
      ['2026-03-28T22:59:59.999Z', '2026-03-28'],
      ['2026-03-28T23:00:00.000Z', '2026-03-29'],
      ['2026-03-29T21:59:59.999Z', '2026-03-29'],
      ['2026-03-29T22:00:00.000Z', '2026-03-30'],
      ['2025-10-25T22:00:00.000Z', '2025-10-26'],
      ['2025-10-26T22:59:59.999Z', '2025-10-26'],
      ['2025-10-26T23:00:00.000Z', '2025-10-27'],
    ] as const;
    const facts = days.map(([at], index) => ({ factId: `f${index}`, type: REEL_SEEN, ref: `r${index}`, at }));
    await tell('dst', facts, { timeZone: 'Europe/Berlin' });
    const seen = async (day: string) => (await score('dst', day, 'Europe/Berlin')).reelsSeen;
    for (const day of new Set(days.map(([, name]) => name))) {
      expect([day, await seen(day)]).toEqual([day, days.filter(([, name]) => name === day).length]);
    }
  });

  it('counts a locked action only after the reels it asks for, and says why', async () => {
    const at = (second: number) => new Date(Date.UTC(2026, 0, 5, 10, 0, second)).toISOString();
    const early = { factId: 'early', type: 'focus-video', at: at(5) };
    const late = { factId: 'late', type: 'focus-video', at: at(30) };
    const more = { factId: 'more', type: 'focus-video', at: at(31) };
    expect(await tell('lena', [early])).toEqual({ counted: 0, duplicates: 0, locked: 1 });
    expect(
      await tell(
        'lena',
        reels(8, (index) => at(10 + index)),
      ),
    ).toEqual({ counted: 8, duplicates: 0, locked: 0 });
    expect(await tell('lena', [late, more, early])).toEqual({ counted: 1, duplicates: 1, locked: 0, capped: 1 });
    const { day, entries, rulesVersion } = await explain('lena', '2026-01-05');
    expect(day).toMatchObject({ reelsSeen: 8, totalScore: 1, mindfulness: { score: 0.25 } });
    const verdictOf = (factId: string) => entries.find((entry) => entry.factId === factId);
    expect(verdictOf('early')).toMatchObject({ verdict: 'locked', points: 0, source: 'server' });
    expect(verdictOf('late')).toMatchObject({ verdict: 'counted', points: 1, at: at(30) });
    expect(verdictOf('more')).toMatchObject({ verdict: 'capped', points: 0 });
    expect([entries.length, rulesVersion]).toEqual([11, 1]);
    expect(entries.reduce((sum, { points }) => sum + points, 0)).toBe(day.totalScore);
  });

  it('is told at most four times a second, the last state always', async () => {
    const ear = await Ear.of(world.bus, 'quick');
    const startedAt = Date.now();
    for (let n = 0; n < 60; n += 1) await tell('quick', [{ factId: `q${n}`, type: REEL_SEEN, ref: `q${n}` }]);
    await ear.until(() => ear.of('score.changed').at(-1)?.day.reelsSeen === 60);
    expect(ear.of('score.changed').length).toBeLessThanOrEqual(1 + (Date.now() - startedAt) / DAY_GAP_MS);
  });

  it('is told again when whoever took it died before telling', async () => {
    await tell('orphan', [{ factId: 'o', type: REEL_SEEN, ref: 'o' }]);
    const ear = await Ear.of(world.bus, 'orphan');
    await world.query(
      "update gamification.score_day set told_version = 0, told_at = clock_timestamp() where user_id = 'orphan'",
    );
    await ear.until(() => ear.of('score.changed').length > 0);
    expect(ear.of('score.changed').at(-1)?.day.reelsSeen).toBe(1);
  });
});

async function explain(userId: string, day: string) {
  const entries = [];
  let after: { at: number; factId: string } | undefined;
  for (;;) {
    const page = await world.bus.request(explainScore, {
      ...{ tenantId: TENANT, userId, timeZone: null, day, limit: 7 },
      ...(after === undefined ? {} : { after }),
    });
    entries.push(...page.entries);
    if (page.next === null) return { ...page, entries };
    after = page.next;
  }
}

describe('bad facts', () => {
  const ahead = new Date(Date.now() + 3_600_000).toISOString();
  const old = new Date(Date.now() - 3 * 86_400_000).toISOString();
  const now = () => new Date().toISOString();

  it.each<[string, Told[], Source, string]>([
    ['from the future', [{ factId: 'a', type: REEL_SEEN, ref: 'a', at: ahead }], 'server', 'facts.0.at'],
    ['of a type no rule knows', [{ factId: 'a', type: 'nothing-known' }], 'server', 'facts.0.type'],
    ['of a reel without its id', [{ factId: 'a', type: REEL_SEEN }], 'server', 'facts.0.ref'],
    ['too old for a claim', [{ factId: 'a', type: 'journalism', at: old }], 'client', 'facts.0.at'],
    ['older than time', [{ factId: 'a', type: 'journalism', at: '1999-12-31T23:59:59Z' }], 'server', 'facts.0.at'],
    [
      'claiming two reels in one second',
      [
        { factId: 'a', type: REEL_SEEN, ref: 'a' },
        { factId: 'b', type: REEL_SEEN, ref: 'b' },
      ],
      'client',
      'facts.1.at',
    ],
  ])('%s are refused whole, each by its field', async (_, bad, source, field) => {
    const good: Told = { factId: 'good', type: 'mindful-comment-reply', at: now() };
    const error: unknown = await tell('bad', [...bad, good], { source }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'invalid', details: { fields: { [field]: expect.any(String) } } });
    expect(await world.query("select 1 from gamification.fact where user_id = 'bad'")).toEqual([]);
    expect(await world.query("select 1 from gamification.score_day where user_id = 'bad'")).toEqual([]);
  });

  it('are refused by shape: too many, none, no id, a type that is none', async () => {
    const one: Told = { factId: 'x', type: REEL_SEEN, ref: 'x' };
    const many = Array.from({ length: MAX_FACTS + 1 }, (_, index) => ({ ...one, factId: `x${index}` }));
    for (const facts of [many, [], [{ ...one, factId: '' }], [{ ...one, type: 'No Type' }], [{ ...one, at: 'soon' }]]) {
      expect(await codeOf(tell('bad', facts))).toBe('invalid');
    }
  });

  it('are a client that claims reels faster than they can be seen; the same reel later is fine', async () => {
    const told = (factId: string): Told => ({ factId, type: REEL_SEEN, ref: factId });
    expect(await tell('eager', [told('1')], { source: 'client' })).toMatchObject({ counted: 1 });
    const error: unknown = await tell('eager', [told('2')], { source: 'client' }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'rate-limited', details: { retryAfterMs: 1_000 } });
    expect(await tell('eager', [told('1')], { source: 'client' })).toMatchObject({ duplicates: 1 });
    const back = (ms: number) => new Date(Date.now() - ms).toISOString();
    const spaced = [5_000, 10_000, 15_000].map((ms, index) => ({ ...told(`s${index}`), at: back(ms) }));
    expect(await tell('eager', spaced, { source: 'client' })).toMatchObject({ counted: 3 });
    const between = { ...told('between'), at: back(10_300) };
    expect(await codeOf(tell('eager', [between], { source: 'client' }))).toBe('invalid');
  });

  it('cannot change what stands in the ledger', async () => {
    await tell('fixed', [{ factId: 'f', type: 'journalism' }]);
    await expect(world.query("update gamification.fact set at = now() where user_id = 'fixed'")).rejects.toThrow(
      'append-only',
    );
  });
});

describe('rule sets', () => {
  const rules: ScoreRules = {
    social: { monday: [{ type: 'walk', label: 'Walk', points: 5, maxPerDay: 2 }] },
    mindfulness: [{ type: 'rest', label: 'Rest', points: 1, maxPerDay: 1, startAt: 1 }],
  };

  it('are the page’s until a tenant puts its own; a day keeps the version it began with', async () => {
    const tenantId = 'rule-maker';
    expect(await world.bus.request(getScoreRules, { tenantId })).toMatchObject({
      version: 1,
      rules: DEFAULT_SCORE_RULES,
    });
    const reply = (factId: string) => ({ factId, type: 'mindful-comment-reply', at: '2026-01-05T10:00:00Z' });
    await tell('ann', [reply('1')], { tenantId });
    const wider: ScoreRules = { ...DEFAULT_SCORE_RULES, social: { ...DEFAULT_SCORE_RULES.social, monday: [] } };
    expect(await world.bus.request(putScoreRules, { tenantId, rules: wider })).toMatchObject({
      version: 2,
      rules: wider,
    });
    expect(await world.bus.request(putScoreRules, { tenantId, rules: wider })).toMatchObject({ version: 2 });
    expect((await score('ann', '2026-01-05', null, tenantId)).social).toMatchObject({ score: 0.5 });
    expect((await score('ann', '2026-01-12', null, tenantId)).social.actions).toEqual([]);
    expect(await world.bus.request(getScoreRules, { tenantId: 'another' })).toMatchObject({ version: 1 });
  });

  it('weigh and cap', async () => {
    const tenantId = 'walkers';
    await world.bus.request(putScoreRules, { tenantId, rules });
    const walks = [1, 2, 3].map((n) => ({ factId: `w${n}`, type: 'walk', at: `2026-01-05T1${n}:00:00Z` }));
    expect(await tell('ann', walks, { tenantId })).toEqual({ counted: 2, duplicates: 0, locked: 0, capped: 1 });
    const day = await score('ann', '2026-01-05', null, tenantId);
    expect(day).toMatchObject({ totalScore: 10, social: { score: 2, actions: [{ value: 10, completed: true }] } });
    const tuesday = { factId: 't', type: 'walk', at: '2026-01-06T10:00:00Z' };
    expect(await tell('ann', [tuesday], { tenantId })).toEqual({ counted: 0, duplicates: 0, locked: 1 });
  });

  it.each<[string, unknown]>([
    ['no object', 'rules'],
    ['no sections', {}],
    ['a day there is not', { ...rules, social: { someday: [] } }],
    ['no points', { ...rules, mindfulness: [{ ...rules.mindfulness[0], points: 0 }] }],
    ['less than one a day', { ...rules, mindfulness: [{ ...rules.mindfulness[0], maxPerDay: -1 }] }],
    ['the reel itself as an action', { ...rules, mindfulness: [{ ...rules.mindfulness[0], type: REEL_SEEN }] }],
    ['one action twice on a day', { ...rules, mindfulness: [...rules.mindfulness, ...rules.mindfulness] }],
  ])('do not parse: %s', async (_, bad) => {
    const tenantId = 'no-parser';
    expect(await codeOf(world.bus.request(putScoreRules, { tenantId, rules: bad as ScoreRules }))).toBe('invalid');
    expect(await world.query('select 1 from gamification.score_rules where tenant_id = $1', [tenantId])).toEqual([]);
  });
});

describe('leaderboards', () => {
  const board = async (period: 'day' | 'week' | 'all', over: object = {}) =>
    world.bus.request(listLeaderboard, {
      ...{ tenantId: 'league', period, day: '2026-01-07', timeZone: null, viewerId: 'c', limit: 3 },
      ...over,
    });

  it('rank by day, week and all time; equals share a rank, ids order them', async () => {
    const tenantId = 'league';
    const rules: ScoreRules = { social: {}, mindfulness: [{ type: 'walk', label: 'Walk', points: 1, maxPerDay: 100 }] };
    await world.bus.request(putScoreRules, { tenantId, rules });
    const walk = async (userId: string, day: string, times: number) =>
      tell(
        userId,
        Array.from({ length: times }, (_, n) => ({ factId: `${day}-${n}`, type: 'walk', at: `${day}T10:00:00Z` })),
        { tenantId },
      );
    await walk('a', '2026-01-07', 5);
    await walk('b', '2026-01-07', 3);
    await walk('c', '2026-01-07', 3);
    await walk('d', '2026-01-07', 3);
    await walk('e', '2026-01-07', 1);
    await walk('e', '2026-01-05', 9);
    await walk('b', '2026-01-04', 20);
    const first = await board('day');
    expect(first).toMatchObject({ startsOn: '2026-01-07', self: { rank: 2, userId: 'c', total: 3 } });
    expect(first.places).toEqual([
      { rank: 1, userId: 'a', total: 5 },
      { rank: 2, userId: 'b', total: 3 },
      { rank: 2, userId: 'c', total: 3 },
    ]);
    const second = await board('day', { after: first.next });
    expect(second.places).toEqual([
      { rank: 2, userId: 'd', total: 3 },
      { rank: 5, userId: 'e', total: 1 },
    ]);
    expect(second.next).toBeNull();
    const week = await board('week');
    expect([week.startsOn, week.places[0]]).toEqual(['2026-01-05', { rank: 1, userId: 'e', total: 10 }]);
    const all = await board('all');
    expect([all.startsOn, all.places[0]]).toEqual([null, { rank: 1, userId: 'b', total: 23 }]);
    expect((await board('all', { tenantId: 'empty-league' })).places).toEqual([]);
  });
});
