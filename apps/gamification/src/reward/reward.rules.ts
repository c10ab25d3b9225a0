import { ParlanceError, type Reward, type RewardFields } from '@parlance/domain';
import type { NewReward, RewardRow } from './reward.repository.js';

/** The audience that is no room. */
const EVERYBODY = 'all';

/** @throws ParlanceError `invalid` for a time that ends before it begins */
export function newReward(id: string, fields: RewardFields): NewReward {
  const [startsAt, expiresAt] = [instant(fields.startsAt), instant(fields.expiresAt)];
  if (startsAt >= expiresAt) {
    const problem = 'must be later than startsAt';
    throw new ParlanceError('invalid', `expiresAt: ${problem}`, { fields: { expiresAt: problem } });
  }
  const { stock, minScore = null, audience } = fields;
  return { id, stock, startsAt, expiresAt, minScore, roomId: audience === EVERYBODY ? null : audience };
}

export function shown({
  roomId,
  id,
  stock,
  consumed,
  remaining,
  startsAt,
  expiresAt,
  minScore,
  isExpired,
}: RewardRow): Reward {
  const audience = roomId ?? EVERYBODY;
  return { id, stock, consumed, remaining, startsAt, expiresAt, minScore, audience, isExpired };
}

export function isSame(stored: RewardRow, wanted: NewReward): boolean {
  const keys = ['stock', 'startsAt', 'expiresAt', 'minScore', 'roomId'] as const;
  return keys.every((key) => stored[key] === wanted[key]);
}

export function rewardNotFound(): ParlanceError {
  return new ParlanceError('not-found', 'Reward not found.');
}

function instant(text: string): string {
  return new Date(text).toISOString();
}
