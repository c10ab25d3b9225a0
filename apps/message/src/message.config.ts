import {
  byteSize,
  databaseConfig,
  duration,
  fragment,
  integer,
  limitsConfig,
  setting,
  testingConfig,
  type ConfigOf,
} from '@parlance/config';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const MB = 1_048_576;

export const messageConfig = fragment('message', {
  resumeWindowMs: setting({
    env: 'PARLANCE_RESUME_WINDOW',
    schema: duration(1_000, DAY_MS),
    default: 5 * MINUTE_MS,
    doc: 'How long after a lost connection a client gets what it missed.',
  }),
  logKeepMs: setting({
    env: 'PARLANCE_LOG_KEEP',
    schema: duration(DAY_MS, 3_650 * DAY_MS),
    default: 7 * DAY_MS,
    doc: 'How long the room log is kept; whole days are dropped. Messages are not affected.',
  }),
  queueItems: setting({
    env: 'PARLANCE_MESSAGE_QUEUE_ITEMS',
    schema: integer(1, 1_000_000),
    default: 2_000,
    doc: 'Messages one replica admits that are not yet committed; more are answered `overloaded`.',
  }),
  queueBytes: setting({
    env: 'PARLANCE_MESSAGE_QUEUE_BYTES',
    schema: byteSize(1_024, 1_024 * MB),
    default: 8 * MB,
    doc: 'Their size in bytes, all together.',
  }),
  lanes: setting({
    env: 'PARLANCE_MESSAGE_LANES',
    schema: integer(1, 16),
    default: 2,
    doc: 'Commits one replica has in flight; each holds one database connection.',
  }),
});

export const messageFragments = [databaseConfig, limitsConfig, messageConfig, testingConfig] as const;

export type MessageConfig = ConfigOf<typeof messageFragments>;

/** Injection token of `MessageConfig`. */
export const MESSAGE_CONFIG = Symbol('MESSAGE_CONFIG');

/** The bug planted on purpose, so that the tests' history checker can prove that it would notice. @throws Error outside tests */
export function plantOf({ testing }: Pick<MessageConfig, 'testing'>): MessageConfig['testing']['plant'] {
  if (testing.plant !== 'none' && testing.env !== 'test') {
    throw new Error('PARLANCE_PLANT is set, but PARLANCE_ENV is not test: unset PARLANCE_PLANT.');
  }
  return testing.plant;
}
