import { describeVerdict } from '@parlance/testing';

/** Chaos sends faster than people do; the limits stay on, higher. */
export const LIMITS = {
  PARLANCE_LIMIT_MESSAGES_PER_SECOND: '1000',
  PARLANCE_LIMIT_MESSAGES_BURST: '1000',
  PARLANCE_LIMIT_OTHER_EVENTS_PER_SECOND: '10000',
  PARLANCE_LIMIT_CONNECTS_PER_MINUTE: '100000',
  LOG_LEVEL: 'warn',
};

export const ALL_WELL = describeVerdict({ ok: true, problems: [], found: 0 });

/** As many seeds as CI has time for; more by PARLANCE_CHAOS_SEEDS. */
export function chaosSeeds(first: number, inCi: number): readonly number[] {
  const count = Number(process.env['PARLANCE_CHAOS_SEEDS'] ?? inCi);
  return Array.from({ length: count }, (_, index) => first + index);
}
