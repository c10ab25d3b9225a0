import {
  databaseConfig,
  duration,
  fragment,
  limitsConfig,
  setting,
  testingConfig,
  url,
  type ConfigOf,
} from '@parlance/config';

export const presenceConfig = fragment('presence', {
  redisUrl: setting({
    env: 'REDIS_URL',
    schema: url('redis', 'rediss').optional(),
    secret: true,
    doc: 'Redis 7 or newer for the leases of gateways; unset: they are kept in this process, which then is the only replica.',
  }),
  leaseMs: setting({
    env: 'PARLANCE_PRESENCE_LEASE',
    schema: duration(6_000, 600_000),
    default: 15_000,
    doc: 'How long after its last sign of life a gateway counts as dead; gateways give one every 5 s.',
  }),
  graceMs: setting({
    env: 'PARLANCE_PRESENCE_GRACE',
    schema: duration(0, 60_000),
    default: 3_000,
    doc: 'How long after the last connection closed others are told, so that a page that reloads does not flap.',
  }),
});

export const presenceFragments = [databaseConfig, limitsConfig, presenceConfig, testingConfig] as const;

export type PresenceSettings = ConfigOf<typeof presenceFragments>;
