import { z } from 'zod';
import { instantSchema } from '../id/id.js';

export const weekdaySchema = z.enum(['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']);
export type Weekday = z.infer<typeof weekdaySchema>;

/**
 * `value`: points times counted facts. `completed` is present only when true; `startAt`: distinct reels seen before the action counts.
 * The keys here and below stand in the order of the wire that shows the document as it is.
 */
export const scoreActionSchema = z.object({
  label: z.string(),
  subLabel: z.string().optional(),
  type: z.string(),
  value: z.int().nonnegative(),
  completed: z.literal(true).optional(),
  startAt: z.int().nonnegative().optional(),
});
export type ScoreAction = z.infer<typeof scoreActionSchema>;

const score = z.number();
const actions = z.array(scoreActionSchema);

/** One user's local day. `date`: local midnight in UTC. A section's score is the mean of value/points, the total the sum of all values. */
export const scoreDaySchema = z.object({
  date: instantSchema,
  reelsSeen: z.int().nonnegative(),
  totalScore: z.number(),
  social: z.object({ score, day: weekdaySchema, actions }),
  mindfulness: z.object({ score, actions }),
});
export type ScoreDay = z.infer<typeof scoreDaySchema>;
