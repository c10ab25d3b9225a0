import { databaseConfig, fragment, integer, setting, type ConfigOf } from '@parlance/config';

export const gamificationConfig = fragment('gamification', {
  queueItems: setting({
    env: 'PARLANCE_GAMIFICATION_QUEUE_ITEMS',
    schema: integer(1, 1_000_000),
    default: 500,
    doc: 'Requests with facts, and requests for rewards, that one replica admits before they are committed; more are answered `overloaded`.',
  }),
  lanes: setting({
    env: 'PARLANCE_GAMIFICATION_LANES',
    schema: integer(1, 16),
    default: 2,
    doc: 'Commits of facts, and of rewards, that one replica has in flight.',
  }),
});

export const gamificationFragments = [databaseConfig, gamificationConfig] as const;

export type GamificationConfig = ConfigOf<typeof gamificationFragments>;

/** Injection token of `GamificationConfig`. */
export const GAMIFICATION_CONFIG = Symbol('GAMIFICATION_CONFIG');
