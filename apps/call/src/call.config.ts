import { databaseConfig, duration, fragment, integer, setting, type ConfigOf } from '@parlance/config';

export const callConfig = fragment('call', {
  ringMs: setting({
    env: 'PARLANCE_CALL_RING_TIMEOUT',
    schema: duration(1_000, 600_000),
    default: 45_000,
    doc: 'How long a call rings, unless its tenant has an own time.',
  }),
  mediaMs: setting({
    env: 'PARLANCE_CALL_MEDIA_TIMEOUT',
    schema: duration(1_000, 600_000),
    default: 30_000,
    doc: 'How long after the answer the first exchange of media may take, where both sides negotiate it through the server.',
  }),
  graceMs: setting({
    env: 'PARLANCE_CALL_GRACE',
    schema: duration(1_000, 600_000),
    default: 20_000,
    doc: 'How long a participant may be without a socket before the call is over for it.',
  }),
  invitesPerMinute: setting({
    env: 'PARLANCE_LIMIT_CALLS_PER_MINUTE',
    schema: integer(1, 1_000_000),
    default: 10,
    doc: 'Calls a user may begin per minute.',
  }),
});

export const callFragments = [databaseConfig, callConfig] as const;

export type CallConfig = ConfigOf<typeof callFragments>;

/** Injection token of `CallConfig`. */
export const CALL_CONFIG = Symbol('CALL_CONFIG');
