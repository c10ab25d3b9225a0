import { REEL_SEEN, type RuleAction, type ScoreVerdict } from '@parlance/domain';

/** One fact of a day. `at`: microseconds since the epoch. */
export interface DayFact {
  readonly factId: string;
  readonly type: string;
  readonly ref: string | null;
  readonly at: number;
}

export interface DayTally {
  readonly reelsSeen: number;
  /** counted facts by action type, none for those without */
  readonly counts: Readonly<Record<string, number>>;
  readonly total: number;
  /** in the order in which the facts were given */
  readonly verdicts: readonly ScoreVerdict[];
}

/**
 * What a day's facts come to: the definition of a score. It depends on the set of facts alone, not on the order in which they are
 * given: they are counted in the order in which they happened, and of those at the same moment reels come first.
 */
export function tallyDay(actions: readonly RuleAction[], facts: readonly DayFact[]): DayTally {
  const rules = new Map(actions.map((action) => [action.type, action]));
  const seen = new Set<string>();
  const counts = new Map<string, number>();
  const verdicts = new Map<string, ScoreVerdict>();
  for (const fact of facts.toSorted(byTime)) {
    if (!verdicts.has(fact.factId)) verdicts.set(fact.factId, judge(fact, rules, seen, counts));
  }
  const total = [...counts].reduce((sum, [type, count]) => sum + count * (rules.get(type)?.points ?? 0), 0);
  return {
    reelsSeen: seen.size,
    counts: Object.fromEntries(counts),
    total,
    verdicts: facts.map(({ factId }) => verdicts.get(factId) ?? 'locked'),
  };
}

function judge(
  { type, ref }: DayFact,
  rules: ReadonlyMap<string, RuleAction>,
  seen: Set<string>,
  counts: Map<string, number>,
): ScoreVerdict {
  if (type === REEL_SEEN) return ref === null || seen.has(ref) ? 'capped' : (seen.add(ref), 'counted');
  const rule = rules.get(type);
  if (rule === undefined || seen.size < (rule.startAt ?? 0)) return 'locked';
  const count = counts.get(type) ?? 0;
  if (count >= rule.maxPerDay) return 'capped';
  counts.set(type, count + 1);
  return 'counted';
}

function byTime(a: DayFact, b: DayFact): number {
  if (a.at !== b.at) return a.at - b.at;
  const reelsFirst = Number(b.type === REEL_SEEN) - Number(a.type === REEL_SEEN);
  return reelsFirst === 0 ? byBytes(a.factId, b.factId) : reelsFirst;
}

/** As the database orders ids. */
export function byBytes(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/**
 * The edges of an action's facts on one day, as the database reads them off its index: those from `unlockAt` on are open (null: none
 * is), and of these (lastAt, lastFact) is the last that counts (null: none counts).
 */
export interface ActionEdges {
  readonly unlockAt: number | null;
  readonly lastAt: number | null;
  readonly lastFact: string | null;
}

/** The same verdict on a single fact of an action, from its edges; undefined: the day's rules know no such action. */
export function verdictWithin(
  edges: ActionEdges | undefined,
  { at, factId }: Pick<DayFact, 'at' | 'factId'>,
): ScoreVerdict {
  if (edges?.unlockAt === undefined || edges.unlockAt === null || at < edges.unlockAt) return 'locked';
  const { lastAt, lastFact } = edges;
  if (lastAt === null || lastFact === null) return 'capped';
  return at < lastAt || (at === lastAt && byBytes(factId, lastFact) <= 0) ? 'counted' : 'capped';
}
