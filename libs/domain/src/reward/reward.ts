import { z } from 'zod';
import { idSchema, instantSchema } from '../id/id.js';

/**
 * A stock that many users take from, each at most once. `audience`: `all`, or the room whose members it is for. `minScore`: the least
 * total score of all time that a user must have. `isExpired`: past its end, or nothing remains.
 */
export const rewardSchema = z.object({
  id: idSchema,
  stock: z.int().positive(),
  consumed: z.int().nonnegative(),
  remaining: z.int().nonnegative(),
  startsAt: instantSchema,
  expiresAt: instantSchema,
  minScore: z.int().nonnegative().nullable(),
  audience: idSchema,
  isExpired: z.boolean(),
});
export type Reward = z.infer<typeof rewardSchema>;

export const rewardFieldsSchema = z.object({
  id: idSchema.optional(),
  stock: z.int().min(1).max(1_000_000_000),
  startsAt: z.iso.datetime({ offset: true }),
  expiresAt: z.iso.datetime({ offset: true }),
  minScore: z.int().nonnegative().nullable().optional(),
  audience: idSchema.default('all'),
});
export type RewardFields = z.output<typeof rewardFieldsSchema>;

/** `already_consumed`: the user has a grant from before, which is named again. */
export const rewardOutcomeSchema = z.enum(['consumed', 'already_consumed', 'exhausted', 'expired', 'not_eligible']);

export const rewardTakenSchema = z.object({
  outcome: rewardOutcomeSchema,
  remaining: z.int().nonnegative(),
  grantId: idSchema.optional(),
});
export type RewardTaken = z.infer<typeof rewardTakenSchema>;
