import {
  weekdaySchema,
  type RuleAction,
  type ScoreAction,
  type ScoreDay,
  type ScoreRules,
  type Weekday,
} from '@parlance/domain';

/** What a day came to. `counts`: counted facts by action type. */
export interface DayState {
  /** `2025-11-08` */
  readonly day: string;
  /** local midnight, ms since the epoch */
  readonly startsAt: number;
  readonly reelsSeen: number;
  readonly counts: Readonly<Record<string, number>>;
}

export function weekdayOf(day: string): Weekday {
  return weekdaySchema.options[new Date(`${day}T00:00:00.000Z`).getUTCDay()] ?? 'sunday';
}

/** Everything that can be done on a weekday. */
export function actionsOf(rules: ScoreRules, weekday: Weekday): readonly RuleAction[] {
  return [...(rules.social[weekday] ?? []), ...rules.mindfulness];
}

/** The document of a day by its rules. A section without actions scores 0. */
export function documentOf(rules: ScoreRules, { day, startsAt, reelsSeen, counts }: DayState): ScoreDay {
  const weekday = weekdayOf(day);
  const social = sectionOf(rules.social[weekday] ?? [], counts);
  const mindfulness = sectionOf(rules.mindfulness, counts);
  return {
    date: new Date(startsAt).toISOString(),
    reelsSeen,
    totalScore: social.total + mindfulness.total,
    social: { score: social.score, day: weekday, actions: [...social.actions] },
    mindfulness: { score: mindfulness.score, actions: [...mindfulness.actions] },
  };
}

interface Section {
  readonly score: number;
  readonly total: number;
  readonly actions: readonly ScoreAction[];
}

/** Whole numbers are added, and divided once: the same facts never give two scores. */
function sectionOf(rules: readonly RuleAction[], counts: DayState['counts']): Section {
  const shown = rules.map((rule) => actionOf(rule, counts[rule.type] ?? 0));
  const total = shown.reduce((sum, { value }) => sum + value, 0);
  // A value is points times facts, so value/points is the number of facts.
  const facts = rules.reduce((sum, { type }) => sum + (counts[type] ?? 0), 0);
  return { score: rules.length === 0 ? 0 : facts / rules.length, total, actions: shown };
}

function actionOf({ label, subLabel, type, points, startAt }: RuleAction, counted: number): ScoreAction {
  return {
    label,
    ...(subLabel === undefined ? {} : { subLabel }),
    type,
    value: points * counted,
    ...(counted > 0 ? { completed: true } : {}),
    ...(startAt === undefined ? {} : { startAt }),
  };
}
