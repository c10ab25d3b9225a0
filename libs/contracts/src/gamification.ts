import {
  idSchema,
  leaderboardPeriodSchema,
  leaderboardPlaceSchema,
  ledgerEntrySchema,
  MAX_FACTS,
  rewardFieldsSchema,
  rewardSchema,
  rewardTakenSchema,
  scoreDaySchema,
  scoreFactSchema,
  scoreRulesSchema,
  versionedRulesSchema,
} from '@parlance/domain';
import { z } from 'zod';
import { command, query } from './contract.js';

const tenantId = idSchema;
const userId = idSchema;
/** The user's IANA time zone; null: UTC. Says when its day begins. */
const timeZone = z.string().max(64).nullable();
const day = z.iso.date();

// Facts and documents

/**
 * Writes facts of one user into the ledger, all or none. `source` `client`: the user's own claim, which is believed within bounds
 * (reels at least 1 s apart, nothing older than two days). Answers how many count now, were known by their id already, are locked
 * (stored, not counted: too few reels were seen before, or the action is none of that day's), and, when there are any, are `capped`
 * (stored, not counted: as often as a day allows). What is locked or capped may come to count when earlier facts arrive late.
 * Errors: `invalid` (a fact from the future, an unknown type, an implausible claim), `rate-limited`, `conflict`, `overloaded`, `unavailable`.
 */
export const recordFacts = command(
  'gamification.fact.record',
  z.object({
    tenantId,
    userId,
    timeZone,
    source: z.enum(['server', 'client']),
    facts: z.array(scoreFactSchema).min(1).max(MAX_FACTS),
  }),
  z.object({
    counted: z.int().nonnegative(),
    duplicates: z.int().nonnegative(),
    locked: z.int().nonnegative(),
    capped: z.int().positive().optional(),
  }),
);

/** One day's document; default: today. A day without facts is empty. */
export const getScore = query(
  'gamification.score.get',
  z.object({ tenantId, userId, timeZone, day: day.optional() }),
  z.object({ day: scoreDaySchema }),
);

/** Why a day's score is what it is: its facts in the order of time, each with what it counts for. */
export const explainScore = query(
  'gamification.score.explain',
  z.object({
    tenantId,
    userId,
    timeZone,
    day: day.optional(),
    /** of the page before: its last entry */
    after: z.object({ at: z.int(), factId: z.string() }).optional(),
    limit: z.int().min(1).max(200),
  }),
  z.object({
    day: scoreDaySchema,
    rulesVersion: z.int().positive(),
    entries: z.array(ledgerEntrySchema),
    next: z.object({ at: z.int(), factId: z.string() }).nullable(),
  }),
);

/** Counts a day anew from the ledger and puts right what differs. `changed`: something did. */
export const recomputeScore = command(
  'gamification.score.recompute',
  z.object({ tenantId, userId, timeZone, day: day.optional() }),
  z.object({ day: scoreDaySchema, changed: z.boolean() }),
);

// Rules

export const getScoreRules = query('gamification.rules.get', z.object({ tenantId }), versionedRulesSchema);

/** The next version; days that have begun keep theirs. The same rules again: no new version. */
export const putScoreRules = command(
  'gamification.rules.put',
  z.object({ tenantId, rules: scoreRulesSchema }),
  versionedRulesSchema,
);

// Leaderboards

/**
 * Users by total score of a day, of the week (from monday) a day lies in, or of all time; those without points are left out.
 * Equal totals share a rank, and the next one is as many places lower (1, 2, 2, 4); among equals the order is that of the ids' bytes.
 * `self`: the place of `viewerId`, null without points.
 */
export const listLeaderboard = query(
  'gamification.leaderboard.list',
  z.object({
    tenantId,
    period: leaderboardPeriodSchema,
    day: day.optional(),
    timeZone,
    viewerId: idSchema.nullable(),
    after: z.object({ total: z.int(), userId: z.string() }).optional(),
    limit: z.int().min(1).max(200),
  }),
  z.object({
    startsOn: day.nullable(),
    places: z.array(leaderboardPlaceSchema),
    self: leaderboardPlaceSchema.nullable(),
    next: z.object({ total: z.int(), userId: z.string() }).nullable(),
  }),
);

// Rewards

/** Errors: `conflict` (the id is taken by another reward; by the same one: `created` false), `invalid`, `not-found` (the room). */
export const createReward = command(
  'gamification.reward.create',
  z.object({ tenantId, fields: rewardFieldsSchema }),
  z.object({ reward: rewardSchema, created: z.boolean() }),
);

/** `viewerId` null: the tenant's server. Errors: `not-found`, also for a viewer outside its audience. */
export const getReward = query(
  'gamification.reward.get',
  z.object({ tenantId, rewardId: idSchema, viewerId: idSchema.nullable() }),
  rewardSchema,
);

/**
 * Takes one of the stock for a user. A user has at most one grant: with the same `idempotencyKey` the same answer comes again, with
 * another `already_consumed` and the first grant. Errors: `not-found`, also for a user outside its audience.
 */
export const consumeReward = command(
  'gamification.reward.consume',
  z.object({ tenantId, rewardId: idSchema, userId, idempotencyKey: z.string().min(1).max(128) }),
  rewardTakenSchema,
);
