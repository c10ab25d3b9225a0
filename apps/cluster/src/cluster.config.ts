import {
  drainConfig,
  flag,
  fragment,
  httpConfig,
  integer,
  limitsConfig,
  logConfig,
  natsConfig,
  processConfig,
  setting,
  testingConfig,
  text,
  tracingConfig,
  url,
  type ConfigOf,
} from '@parlance/config';

export const clusterConfig = fragment('cluster', {
  dataDir: setting({
    env: 'PARLANCE_DATA_DIR',
    schema: text(),
    default: '.parlance/cluster',
    doc: 'Folder of the embedded database and the generated secrets; made if missing.',
  }),
  demo: setting({
    env: 'PARLANCE_DEMO',
    schema: flag(),
    default: true,
    doc: 'Makes the tenant demo with keys that anybody knows.',
  }),
  databaseUrl: setting({
    env: 'DATABASE_URL',
    schema: url('postgres', 'postgresql').optional(),
    secret: true,
    doc: 'Postgres 15 to 18; unset: the embedded one, in the data folder.',
  }),
  redisUrl: setting({
    env: 'REDIS_URL',
    schema: url('redis', 'rediss').optional(),
    secret: true,
    doc: 'Redis 7 or newer; unset: a private one is started.',
  }),
  redisServer: setting({
    env: 'PARLANCE_REDIS_SERVER',
    schema: text(),
    default: 'redis-server',
    doc: 'Program to start when REDIS_URL is unset: a path, or a name on PATH.',
  }),
  natsServer: setting({
    env: 'PARLANCE_NATS_SERVER',
    schema: text(),
    default: 'nats-server',
    doc: 'Program to start when NATS_URL is unset: a path, or a name on PATH.',
  }),
  restartsPerMinute: setting({
    env: 'PARLANCE_CLUSTER_RESTARTS_PER_MINUTE',
    schema: integer(0, 1_000),
    default: 10,
    doc: 'How often a process that ended by itself is started again within a minute before the whole cluster stops.',
  }),
  statusFile: setting({
    env: 'PARLANCE_CLUSTER_STATUS_FILE',
    schema: text().optional(),
    doc: 'File that is rewritten with the addresses and process ids of all parts whenever one changes.',
  }),
});

export const clusterFragments = [
  httpConfig,
  logConfig,
  tracingConfig,
  drainConfig,
  processConfig,
  natsConfig,
  limitsConfig,
  testingConfig,
  clusterConfig,
] as const;

export type ClusterSettings = ConfigOf<typeof clusterFragments>;

/** What `npm run cluster` decides unless the environment says otherwise: a person reads the greeting, not a log. */
export const CLUSTER_DEFAULTS = { LOG_LEVEL: 'warn' };
