import { recomputeScore } from '@parlance/contracts';
import { DEFAULT_SCORE_RULES, MAX_FACTS, REEL_SEEN } from '@parlance/domain';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tallyDay, type DayFact } from '../engine/day-tally.js';
import { actionsOf, documentOf, weekdayOf } from '../engine/score-document.js';
import { openWorld, TENANT, type World } from '../testing/test-world.js';
import { toldTo, type Told } from '../testing/told.js';

type Dated = Told & { readonly ref: string; readonly at: string };

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

const DAYS = ['2026-02-01', '2026-02-02', '2026-02-03', '2026-02-04'];
const TYPES = [REEL_SEEN, REEL_SEEN, 'mindful-comment-reply', 'focus-video', 'mindfulness-video', 'journalism'];

interface Plan {
  readonly userId: string;
  readonly fact: Dated;
}

function planOf(random: () => number, users: number, count: number): Plan[] {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  return Array.from({ length: count }, (_, index) => {
    const second = Math.floor(random() * 86_400);
    const at = new Date(Date.parse(`${pick(DAYS)}T00:00:00Z`) + second * 1_000).toISOString();
    const ref = `reel-${Math.floor(random() * 40)}`;
    return {
      userId: `user-${Math.floor(random() * users)}`,
      fact: { factId: `fact-${index}`, type: pick(TYPES), ref, at },
    };
  });
}

function grouped<T>(list: readonly T[], keyOf: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of list) {
    const group = groups.get(keyOf(one));
    if (group === undefined) groups.set(keyOf(one), [one]);
    else group.push(one);
  }
  return groups;
}

/** Small and repeatable. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

describe('8,000 facts, a fifth of them twice, in disorder, from 8 writers at two replicas', () => {
  const SEED = 20_251_121;
  const USERS = 12;
  const WRITERS = 8;
  const FACTS = 6_400;
  const AGAIN = 1_600;
  const tenantId = 'crowd';

  it(`come to what the ledger comes to, and to what they come to in order (seed ${SEED})`, async () => {
    const random = randomOf(SEED);
    const plan = planOf(random, USERS, FACTS);
    const told = [...plan, ...plan.slice(0, AGAIN)]
      .map((one) => ({ one, key: random() }))
      .sort((a, b) => a.key - b.key);
    const queue = [...grouped(told, ({ one }) => one.userId)].flatMap(([userId, mine]) =>
      Array.from({ length: Math.ceil(mine.length / MAX_FACTS) }, (_, page) => ({
        userId,
        facts: mine.slice(page * MAX_FACTS, (page + 1) * MAX_FACTS).map(({ one }) => one.fact),
        key: random(),
      })),
    );
    queue.sort((a, b) => a.key - b.key);
    let [fresh, duplicates] = [0, 0];
    const write = async (): Promise<void> => {
      for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
        const { counted, locked, capped = 0, duplicates: known } = await tell(next.userId, next.facts, { tenantId });
        fresh += counted + locked + capped;
        duplicates += known;
      }
    };
    await Promise.all(Array.from({ length: WRITERS }, write));
    expect([fresh, duplicates]).toEqual([FACTS, AGAIN]);
    const stored = await world.query('select count(*)::int as n from gamification.fact where tenant_id = $1', [
      tenantId,
    ]);
    expect(stored).toEqual([{ n: FACTS }]);
    await expectAgreement(tenantId, plan);
  }, 120_000);
});

/** Document, recompute and the definition applied to the whole set; and the standings are the documents' sums. */
async function expectAgreement(tenantId: string, plan: readonly Plan[]): Promise<void> {
  const byDay = grouped(plan, ({ userId, fact }) => `${userId} ${fact.at.slice(0, 10)}`);
  for (const [key, facts] of byDay) {
    const [userId = '', day = ''] = key.split(' ');
    const tally = tallyDay(
      actionsOf(DEFAULT_SCORE_RULES, weekdayOf(day)),
      facts.map(({ fact }) => dayFact(fact)),
    );
    const expected = documentOf(DEFAULT_SCORE_RULES, { day, startsAt: Date.parse(`${day}T00:00:00Z`), ...tally });
    expect(await score(userId, day, null, tenantId)).toEqual(expected);
    const recomputed = await world.bus.request(recomputeScore, { tenantId, userId, timeZone: null, day });
    expect(recomputed).toEqual({ day: expected, changed: false });
  }
  const off = await world.query(
    `select s.user_id from gamification.score_standing s
      where s.tenant_id = $1 and s.period = 'all' and s.total <> (
        select sum(d.total) from gamification.score_day d where d.tenant_id = s.tenant_id and d.user_id = s.user_id)`,
    [tenantId],
  );
  expect(off).toEqual([]);
}

function dayFact({ factId, type, ref, at }: Dated): DayFact {
  return { factId, type, ref: type === REEL_SEEN ? ref : null, at: Date.parse(at) * 1_000 };
}

describe('a score', () => {
  it('depends on the set of facts alone, not on their order or batches', async () => {
    let run = 0;
    const few = fc.record({ seed: fc.integer(), cut: fc.integer({ min: 1, max: 60 }) });
    await fc.assert(
      fc.asyncProperty(few, async ({ seed, cut }) => {
        const tenantId = `shuffled-${(run += 1)}`;
        const random = randomOf(seed);
        const plan = planOf(random, 1, 60);
        const mixed = plan
          .map((one) => ({ one, key: random() }))
          .sort((a, b) => a.key - b.key)
          .map(({ one }) => one.fact);
        for (const facts of [mixed.slice(0, cut), mixed.slice(cut), mixed.slice(0, 10)]) {
          if (facts.length > 0) await tell('user-0', facts, { tenantId });
        }
        await expectAgreement(tenantId, plan);
      }),
      { numRuns: 15 },
    );
  }, 60_000);

  it('is put right from the ledger when it was spoilt', async () => {
    await tell('spoilt', [{ factId: '1', type: 'mindful-comment-reply', at: '2026-01-05T10:00:00Z' }]);
    await world.query(
      "update gamification.score_day set total = 9, counts = '{\"journalism\": 9}', reels_seen = 4 where user_id = 'spoilt'",
    );
    const input = { tenantId: TENANT, userId: 'spoilt', timeZone: null, day: '2026-01-05' };
    expect(await world.bus.request(recomputeScore, input)).toMatchObject({
      changed: true,
      day: { totalScore: 1, reelsSeen: 0 },
    });
    expect(await world.bus.request(recomputeScore, input)).toMatchObject({ changed: false });
  });

  it('does not mix tenants, whatever their ids', async () => {
    await tell('same', [{ factId: 'same', type: 'mindful-comment-reply', at: '2026-01-05T10:00:00Z' }], {
      tenantId: 't-1',
    });
    expect((await score('same', '2026-01-05', null, 't-1')).totalScore).toBe(1);
    expect((await score('same', '2026-01-05', null, 't-2')).totalScore).toBe(0);
  });
});
