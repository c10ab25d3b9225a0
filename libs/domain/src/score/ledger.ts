import { z } from 'zod';
import { idSchema, instantSchema } from '../id/id.js';
import { factTypeSchema, scoreRulesSchema } from './score-rules.js';

/** What somebody tells of a user. `ref`: what it is about; of a `reel-seen` the reel's id, which it needs. `at` absent: now. */
export const scoreFactSchema = z.object({
  factId: idSchema,
  type: factTypeSchema,
  ref: idSchema.optional(),
  at: z.iso.datetime({ offset: true }).optional(),
});
export type ScoreFact = z.output<typeof scoreFactSchema>;

/** Facts of one request. */
export const MAX_FACTS = 100;

/**
 * `counted`: it adds to the document. `locked`: too few reels were seen before it, or the day's rules know no such action. `capped`: the
 * day has enough of its kind already, or the reel was seen before.
 */
export const scoreVerdictSchema = z.enum(['counted', 'locked', 'capped']);
export type ScoreVerdict = z.infer<typeof scoreVerdictSchema>;

/** A fact as it stands in the ledger. `source`: who told it. `points`: what it adds to the total score. */
export const ledgerEntrySchema = z.object({
  factId: idSchema,
  type: z.string(),
  ref: idSchema.nullable(),
  at: instantSchema,
  receivedAt: instantSchema,
  source: z.enum(['server', 'client', 'message']),
  verdict: scoreVerdictSchema,
  points: z.int().nonnegative(),
});
export type LedgerEntry = z.infer<typeof ledgerEntrySchema>;

export const versionedRulesSchema = z.object({
  version: z.int().positive(),
  createdAt: instantSchema,
  rules: scoreRulesSchema,
});
export type VersionedRules = z.output<typeof versionedRulesSchema>;

/** A week begins on monday. */
export const leaderboardPeriodSchema = z.enum(['day', 'week', 'all']);
export type LeaderboardPeriod = z.infer<typeof leaderboardPeriodSchema>;

/** Equal totals share a rank, and the next one is as many places lower (1, 2, 2, 4). */
export const leaderboardPlaceSchema = z.object({ rank: z.int().positive(), userId: idSchema, total: z.int() });
export type LeaderboardPlace = z.infer<typeof leaderboardPlaceSchema>;
