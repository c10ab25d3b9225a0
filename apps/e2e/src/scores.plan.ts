import type { Random } from '@parlance/testing';

export const MAX_FACTS = 100;
const USERS = 16;
const DATES = ['2026-02-02', '2026-02-03'] as const;
const TYPES = ['reel-seen', 'reel-seen', 'reel-seen', 'mindful-comment-reply', 'focus-video', 'journalism'] as const;
/** Distinct reels that the page's rules ask for before an action counts. */
const START_AT: Readonly<Record<string, number>> = { 'focus-video': 8, journalism: 20 };
const REELS = 60;
const DAY_SECONDS = 86_400;

export interface Plan {
  readonly userId: string;
  readonly fact: { readonly factId: string; readonly type: string; readonly ref: string; readonly at: string };
}

export interface Truth {
  readonly facts: number;
  readonly reelsSeen: number;
  readonly totalScore: number;
}

export function planOf(random: Random, name: string, count: number): Plan[] {
  return Array.from({ length: count }, (_, index) => {
    const second = random.below(DAY_SECONDS) * 1_000;
    const at = new Date(Date.parse(`${random.pick(DATES)}T00:00:00Z`) + second).toISOString();
    const fact = { factId: `fact-${index}`, type: random.pick(TYPES), ref: `reel-${random.below(REELS)}`, at };
    return { userId: `${name}-${random.below(USERS)}`, fact };
  });
}

/** The plan and its first `again` facts once more, mixed, in requests of one user each. */
export function requestsOf(random: Random, plan: readonly Plan[], again: number) {
  const mixed = shuffled(random, [...plan, ...plan.slice(0, again)]);
  const byUser = new Map<string, Plan['fact'][]>();
  for (const { userId, fact } of mixed) {
    const facts = byUser.get(userId);
    if (facts === undefined) byUser.set(userId, [fact]);
    else facts.push(fact);
  }
  const requests = [...byUser].flatMap(([userId, facts]) =>
    Array.from({ length: Math.ceil(facts.length / MAX_FACTS) }, (_, page) => ({
      userId,
      facts: facts.slice(page * MAX_FACTS, (page + 1) * MAX_FACTS),
    })),
  );
  return shuffled(random, requests);
}

/** What one user's days must come to by the page's rules: written down once more, from the set of facts alone. */
export function truthOf(userId: string, plan: readonly Plan[]): (readonly [string, Truth])[] {
  return DATES.map((date) => {
    const facts = plan.flatMap((one) => (one.userId === userId && one.fact.at.startsWith(date) ? [one.fact] : []));
    const firstSeen = new Map<string, string>();
    for (const { type, ref, at } of facts) {
      const known = firstSeen.get(ref);
      if (type === 'reel-seen' && (known === undefined || at < known)) firstSeen.set(ref, at);
    }
    const times = [...firstSeen.values()].sort();
    const isOpen = (type: string, at: string): boolean => {
      const startAt = START_AT[type] ?? 0;
      return startAt === 0 || (times[startAt - 1] ?? '9999') <= at;
    };
    const done = new Set(
      facts.filter(({ type, at }) => type !== 'reel-seen' && isOpen(type, at)).map(({ type }) => type),
    );
    return [date, { facts: facts.length, reelsSeen: firstSeen.size, totalScore: done.size }] as const;
  });
}

function shuffled<T>(random: Random, list: readonly T[]): T[] {
  return list
    .map((one) => ({ one, key: random.next() }))
    .sort((a, b) => a.key - b.key)
    .map(({ one }) => one);
}
