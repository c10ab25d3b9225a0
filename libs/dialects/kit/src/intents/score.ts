import type {
  LeaderboardPeriod,
  LeaderboardPlace,
  LedgerEntry,
  Reward,
  RewardFields,
  RewardTaken,
  ScoreDay,
  ScoreFact,
  ScoreRules,
  VersionedRules,
} from '@parlance/domain';

/** Which of the caller's days; absent: today, by the caller's clock. `2025-11-08`. */
interface OfDay {
  readonly day?: string | undefined;
}

/** Scores, leaderboards and rewards. */
export interface ScoreIntents {
  /** What the caller did. Told by the app's server it is believed; told by the user itself within bounds. */
  readonly 'score.record': {
    readonly in: { readonly facts: readonly ScoreFact[] };
    readonly out: {
      readonly counted: number;
      readonly duplicates: number;
      readonly locked: number;
      readonly capped?: number | undefined;
    };
  };
  readonly 'score.find': { readonly in: OfDay; readonly out: { readonly day: ScoreDay } };
  /** The ledger of a day in the order of time, each fact with what it counts for. `after`: the place of the page before. */
  readonly 'score.explain': {
    readonly in: OfDay & { readonly after?: LedgerPlace | undefined; readonly limit: number };
    readonly out: {
      readonly day: ScoreDay;
      readonly rulesVersion: number;
      readonly entries: readonly LedgerEntry[];
      readonly next: LedgerPlace | null;
    };
  };
  /** Counts a day anew from the ledger. Only the app's server. */
  readonly 'score.recompute': {
    readonly in: OfDay;
    readonly out: { readonly day: ScoreDay; readonly changed: boolean };
  };
  readonly 'score-rules.find': { readonly in: object; readonly out: VersionedRules };
  /** Only the app's server. */
  readonly 'score-rules.put': { readonly in: { readonly rules: ScoreRules }; readonly out: VersionedRules };
  readonly 'leaderboard.list': {
    readonly in: OfDay & {
      readonly period: LeaderboardPeriod;
      readonly after?: BoardPlace | undefined;
      readonly limit: number;
    };
    readonly out: {
      readonly startsOn: string | null;
      readonly places: readonly LeaderboardPlace[];
      readonly self: LeaderboardPlace | null;
      readonly next: BoardPlace | null;
    };
  };
  /** Only the app's server. */
  readonly 'reward.create': {
    readonly in: { readonly fields: RewardFields };
    readonly out: { readonly reward: Reward; readonly created: boolean };
  };
  readonly 'reward.find': { readonly in: { readonly reward: string }; readonly out: Reward };
  readonly 'reward.consume': {
    readonly in: { readonly reward: string; readonly idempotencyKey: string };
    readonly out: RewardTaken;
  };
}

interface LedgerPlace {
  readonly at: number;
  readonly factId: string;
}

interface BoardPlace {
  readonly total: number;
  readonly userId: string;
}
