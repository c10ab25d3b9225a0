import { z } from 'zod';
import { instantSchema } from '../id/id.js';

export const weekdaySchema = z.enum(['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']);
export type Weekday = z.infer<typeof weekdaySchema>;

const common = { type: z.string(), label: z.string(), subLabel: z.string().optional(), value: z.int().nonnegative() };

/** `completed` is present only when true; `startAt`: distinct reels seen before the action counts. */
export const scoreActionSchema = z.object({
  ...common,
  completed: z.literal(true).optional(),
  startAt: z.int().nonnegative().optional(),
});
export type ScoreAction = z.infer<typeof scoreActionSchema>;

const section = z.object({ score: z.number(), actions: z.array(scoreActionSchema) });

/** One user's local day. `date`: local midnight in UTC. A section's score is the mean of value/points, the total the sum of all values. */
export const scoreDaySchema = z.object({
  date: instantSchema,
  reelsSeen: z.int().nonnegative(),
  totalScore: z.number(),
  social: section.extend({ day: weekdaySchema }),
  mindfulness: section,
});
export type ScoreDay = z.infer<typeof scoreDaySchema>;
