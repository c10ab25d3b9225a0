import { z } from 'zod';
import { weekdaySchema, type Weekday } from './score.js';

/** The fact that a reel was seen; every other type is an action's. */
export const REEL_SEEN = 'reel-seen';
/** The fact that a message was sent in a direct room; `factId` is the message's id. */
export const DIRECT_MESSAGE = 'send-dm-message';

const MAX_ACTIONS = 50;

export const factTypeSchema = z
  .string()
  .max(64)
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'must be lower case words with hyphens between them');

/**
 * What can be done on a day. `points`: what one counted fact is worth, and what makes the action complete. `maxPerDay`: facts of a
 * day that count. `startAt`: distinct reels of that day that must have been seen before a fact counts.
 */
export const ruleActionSchema = z.object({
  type: factTypeSchema.refine((type) => type !== REEL_SEEN, `must not be ${REEL_SEEN}`),
  label: z.string().min(1).max(256),
  subLabel: z.string().max(512).optional(),
  points: z.int().min(1).max(1_000_000).default(1),
  maxPerDay: z.int().min(1).max(1_000).default(1),
  startAt: z.int().min(0).max(10_000).optional(),
});
export type RuleAction = z.output<typeof ruleActionSchema>;

const actions = z.array(ruleActionSchema).max(MAX_ACTIONS);
const weekdays: readonly Weekday[] = weekdaySchema.options;

/** A tenant's rules as data: the social actions of each weekday (none where it is absent), and the mindfulness actions of every day. */
export const scoreRulesSchema = z
  .object({
    social: z.partialRecord(weekdaySchema, actions),
    mindfulness: actions,
  })
  .superRefine(({ social, mindfulness }, context) => {
    for (const day of weekdays) {
      const seen = new Set(mindfulness.map(({ type }) => type));
      for (const [index, { type }] of (social[day] ?? []).entries()) {
        if (seen.has(type)) refuse(context, ['social', day, index, 'type']);
        seen.add(type);
      }
    }
    const seen = new Set<string>();
    for (const [index, { type }] of mindfulness.entries()) {
      if (seen.has(type)) refuse(context, ['mindfulness', index, 'type']);
      seen.add(type);
    }
  });
export type ScoreRules = z.output<typeof scoreRulesSchema>;

function refuse(context: z.RefinementCtx, path: (string | number)[]): void {
  context.addIssue({ code: 'custom', path, message: 'stands on this day already' });
}

const DAILY: readonly RuleAction[] = [
  {
    type: 'mindful-comment-reply',
    label: 'Reply mindfully to a comment in the home feed',
    subLabel: 'Cultivate empathy by responding with kindness and understanding different perspectives',
    points: 1,
    maxPerDay: 1,
  },
  {
    type: DIRECT_MESSAGE,
    label: 'Send a DM to a friend',
    subLabel: 'Strengthen real connection and presence through one-to-one mindful conversation',
    points: 1,
    maxPerDay: 1,
  },
];

const MINDFULNESS: readonly RuleAction[] = [
  { type: 'focus-video', label: 'Watch a Focus video (1 min)', points: 1, maxPerDay: 1, startAt: 8 },
  { type: 'mindfulness-video', label: 'Watch a Mindfulness video (1 min)', points: 1, maxPerDay: 1, startAt: 15 },
  { type: 'reflection-video', label: 'Watch a Reflection video (1 min)', points: 1, maxPerDay: 1, startAt: 20 },
  { type: 'journalism', label: 'Write in Your Journal', points: 1, maxPerDay: 1, startAt: 20 },
];

/** What holds for a tenant that has put no rules of its own: the actions of the reels page, on every day of the week. */
export const DEFAULT_SCORE_RULES: ScoreRules = {
  social: {
    sunday: [...DAILY],
    monday: [...DAILY],
    tuesday: [...DAILY],
    wednesday: [...DAILY],
    thursday: [...DAILY],
    friday: [...DAILY],
    saturday: [...DAILY],
  },
  mindfulness: [...MINDFULNESS],
};
