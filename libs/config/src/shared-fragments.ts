import { fragment, setting } from './fragment.js';
import { byteSize, duration, flag, integer, oneOf, port, ratio, text, url, urlList } from './value-schema.js';

/** Fragments that several apps use. What one app alone needs is declared in that app. */

export const httpConfig = fragment('http', {
  port: setting({ env: 'PORT', schema: port(), default: 3_000, doc: 'TCP port to listen on; 0 takes any free one.' }),
  host: setting({
    env: 'HOST',
    schema: text(),
    default: '127.0.0.1',
    doc: 'Address to listen on; 0.0.0.0 for all of them.',
  }),
});

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

export const logConfig = fragment('log', {
  level: setting({
    env: 'LOG_LEVEL',
    schema: oneOf(...LOG_LEVELS),
    default: 'info',
    doc: 'Least severe level that is logged.',
  }),
});

export const tracingConfig = fragment('tracing', {
  url: setting({
    env: 'PARLANCE_TRACE_URL',
    schema: url('http', 'https').optional(),
    doc: 'Where traces are sent by OTLP over HTTP, such as http://127.0.0.1:4318/v1/traces; unset: nothing is traced.',
  }),
  ratio: setting({
    env: 'PARLANCE_TRACE_RATIO',
    schema: ratio(),
    default: 0.01,
    doc: 'Share of the frames and REST requests whose way is traced, from 0 to 1.',
  }),
});

/**
 * What ends a process one after the other, each bounded by `graceMs`: waiting for the start, four drain phases, closing the app,
 * releasing; and one to spare.
 */
export const DRAIN_STEPS = 8;

export const drainConfig = fragment('drain', {
  graceMs: setting({
    env: 'DRAIN_GRACE_MS',
    schema: duration(1, 600_000),
    default: 10_000,
    doc: 'Longest time each step of a graceful shutdown may take.',
  }),
  announceMs: setting({
    env: 'DRAIN_ANNOUNCE_MS',
    schema: duration(0, 600_000),
    default: 0,
    doc: 'Time between "not ready" and the first step of a shutdown, for a load balancer to notice.',
  }),
});

export const processConfig = fragment('process', {
  endsWithParent: setting({
    env: 'PARLANCE_ENDS_WITH_PARENT',
    schema: flag(),
    default: false,
    doc: 'Shut down when the process that started this one with an IPC channel is gone; set by npm run cluster for its processes.',
  }),
});

export const natsConfig = fragment('nats', {
  urls: setting({
    env: 'NATS_URL',
    schema: urlList('nats', 'tls', 'ws', 'wss').optional(),
    secret: true,
    doc: 'NATS servers, separated by commas, such as nats://127.0.0.1:4222; unset when all services share one process.',
  }),
});

/** The same where nothing works without it: a service that runs as a process of its own. */
export const busConfig = fragment('bus', {
  urls: setting({
    env: 'NATS_URL',
    schema: urlList('nats', 'tls', 'ws', 'wss'),
    secret: true,
    doc: 'NATS servers, separated by commas, such as nats://127.0.0.1:4222.',
  }),
});

export const redisConfig = fragment('redis', {
  url: setting({
    env: 'REDIS_URL',
    schema: url('redis', 'rediss'),
    secret: true,
    doc: 'Redis for signals between gateways, such as redis://127.0.0.1:6379.',
  }),
});

export const databaseConfig = fragment('database', {
  url: setting({
    env: 'DATABASE_URL',
    schema: url('postgres', 'postgresql'),
    secret: true,
    doc: 'Postgres 15 to 18, such as postgresql://user:password@127.0.0.1:5432/parlance.',
  }),
  pool: setting({
    env: 'DATABASE_POOL',
    schema: integer(1, 1_000),
    default: 10,
    doc: 'Most connections this process opens to Postgres.',
  }),
});

export const limitsConfig = fragment('limits', {
  textChars: setting({
    env: 'PARLANCE_LIMIT_TEXT_CHARS',
    schema: integer(1, 1_000_000),
    default: 20_000,
    doc: 'Longest message text, in characters.',
  }),
  packetBytes: setting({
    env: 'PARLANCE_LIMIT_PACKET_BYTES',
    schema: byteSize(1_024, 64 * 1_048_576),
    default: 256 * 1_024,
    doc: 'Largest packet a client may send, in bytes.',
  }),
  jsonDepth: setting({
    env: 'PARLANCE_LIMIT_JSON_DEPTH',
    schema: integer(1, 128),
    default: 16,
    doc: 'Deepest nesting of a JSON payload.',
  }),
  messagesPerSecond: setting({
    env: 'PARLANCE_LIMIT_MESSAGES_PER_SECOND',
    schema: integer(1, 1_000_000),
    default: 5,
    doc: 'Messages a user may send per second, over time.',
  }),
  messagesBurst: setting({
    env: 'PARLANCE_LIMIT_MESSAGES_BURST',
    schema: integer(1, 1_000_000),
    default: 20,
    doc: 'Messages a user may send at once.',
  }),
  typingIntervalMs: setting({
    env: 'PARLANCE_LIMIT_TYPING_INTERVAL_MS',
    schema: duration(0, 60_000),
    default: 3_000,
    doc: 'Least time between two equal typing signals of a user in a room.',
  }),
  icePerSecond: setting({
    env: 'PARLANCE_LIMIT_ICE_PER_SECOND',
    schema: integer(1, 1_000_000),
    default: 50,
    doc: 'ICE events a user may send per second.',
  }),
  otherEventsPerSecond: setting({
    env: 'PARLANCE_LIMIT_OTHER_EVENTS_PER_SECOND',
    schema: integer(1, 1_000_000),
    default: 20,
    doc: 'Other events a user may send per second.',
  }),
  metadataBytes: setting({
    env: 'PARLANCE_LIMIT_METADATA_BYTES',
    schema: byteSize(1, 16 * 1_048_576),
    default: 64 * 1_024,
    doc: 'Largest metadata or preference value, in bytes per key.',
  }),
  metadataKeys: setting({
    env: 'PARLANCE_LIMIT_METADATA_KEYS',
    schema: integer(1, 100_000),
    default: 100,
    doc: 'Most metadata or preference keys of one user, room or message.',
  }),
  groupMembers: setting({
    env: 'PARLANCE_LIMIT_GROUP_MEMBERS',
    schema: integer(2, 1_000_000),
    default: 5_000,
    doc: 'Most members of a group.',
  }),
  presenceMembers: setting({
    env: 'PARLANCE_LIMIT_PRESENCE_MEMBERS',
    schema: integer(2, 1_000),
    default: 100,
    doc: 'Members of a room above which neither who comes and goes nor who is typing is told in it.',
  }),
  socketsPerUser: setting({
    env: 'PARLANCE_LIMIT_SOCKETS_PER_USER',
    schema: integer(1, 100_000),
    default: 50,
    doc: 'Most sockets a user may have open at once.',
  }),
});

/** What breaks promises on purpose, so that tests can prove that they would notice. Refused outside `PARLANCE_ENV=test`. */
export const testingConfig = fragment('testing', {
  env: setting({
    env: 'PARLANCE_ENV',
    schema: oneOf('production', 'test'),
    default: 'production',
    doc: 'What this installation is for; test allows PARLANCE_PLANT and PARLANCE_FAULT_SEED.',
  }),
  plant: setting({
    env: 'PARLANCE_PLANT',
    schema: oneOf('none', 'relay-off', 'dedupe-off', 'sequencer-off'),
    default: 'none',
    doc: 'A bug to plant, for tests of the tests.',
  }),
  faultSeed: setting({
    env: 'PARLANCE_FAULT_SEED',
    schema: integer(0, 2 ** 31 - 1).optional(),
    doc: 'Makes the bus lose, double and reorder events, decided by this seed.',
  }),
});

/** Settings of every process. */
export const baseFragments = [httpConfig, logConfig, tracingConfig, drainConfig, processConfig] as const;

/** Settings of a process's connection to the bus. */
export const busFragments = [busConfig, testingConfig] as const;

/** Names in these are known to every app, whether or not it reads them: processes of one stack share an environment. */
export const sharedFragments = [
  httpConfig,
  logConfig,
  tracingConfig,
  drainConfig,
  processConfig,
  natsConfig,
  redisConfig,
  databaseConfig,
  limitsConfig,
  testingConfig,
] as const;
