import {
  consumeReward,
  createReward,
  explainScore,
  getReward,
  getScore,
  getScoreRules,
  listLeaderboard,
  putScoreRules,
  recomputeScore,
  recordFacts,
} from '@parlance/contracts';
import { ParlanceError } from '@parlance/domain';
import type { ActionContext, Actions } from './actions.js';
import { actingUser, isServer, viewerOf, type Caller } from './caller.js';

type ScoreIntent = Extract<
  keyof Actions,
  `score.${string}` | `score-rules.${string}` | `leaderboard.${string}` | `reward.${string}`
>;

export function scoreActions({ bus }: ActionContext): Pick<Actions, ScoreIntent> {
  return {
    'score.record': (caller, { facts }) => {
      const source = caller.credential.kind === 'secret' ? 'server' : 'client';
      const options = source === 'server' ? { timeoutMs: BULK_MS } : undefined;
      return bus.request(recordFacts, { ...self(caller), source, facts: [...facts] }, options);
    },
    'score.find': (caller, { day }) => bus.request(getScore, { ...self(caller), ...ofDay(day) }),
    'score.explain': (caller, { day, after, limit }) =>
      bus.request(explainScore, {
        ...self(caller),
        ...ofDay(day),
        ...(after === undefined ? {} : { after }),
        limit,
      }),
    'score.recompute': async (caller, { day }) => {
      requireServer(caller);
      return bus.request(recomputeScore, { ...self(caller), ...ofDay(day) }, { timeoutMs: BULK_MS });
    },
    'score-rules.find': (caller) => bus.request(getScoreRules, { tenantId: caller.tenant.id }),
    'score-rules.put': async (caller, { rules }) => {
      requireServer(caller);
      return bus.request(putScoreRules, { tenantId: caller.tenant.id, rules });
    },
    'leaderboard.list': (caller, { period, day, after, limit }) =>
      bus.request(listLeaderboard, {
        tenantId: caller.tenant.id,
        timeZone: caller.user?.timeZone ?? null,
        viewerId: viewerOf(caller),
        period,
        ...ofDay(day),
        ...(after === undefined ? {} : { after }),
        limit,
      }),
    'reward.create': async (caller, { fields }) => {
      requireServer(caller);
      return bus.request(createReward, { tenantId: caller.tenant.id, fields });
    },
    'reward.find': (caller, { reward }) =>
      bus.request(getReward, { tenantId: caller.tenant.id, rewardId: reward, viewerId: viewerOf(caller) }),
    'reward.consume': (caller, { reward, idempotencyKey }) =>
      bus.request(consumeReward, {
        tenantId: caller.tenant.id,
        userId: actingUser(caller).id,
        rewardId: reward,
        idempotencyKey,
      }),
  };
}

/** A day may hold many facts, and so may what an app's server reports: it had rather wait than ask what became of them. */
const BULK_MS = 10_000;

function self(caller: Caller) {
  const { id, timeZone } = actingUser(caller);
  return { tenantId: caller.tenant.id, userId: id, timeZone };
}

function ofDay(day: string | undefined) {
  return day === undefined ? {} : { day };
}

function requireServer(caller: Caller): void {
  if (isServer(caller)) return;
  throw new ParlanceError('permission-denied', 'Only the server of the app may do this.');
}
