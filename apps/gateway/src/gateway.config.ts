import { MIN_SECRET_CHARS } from '@parlance/auth';
import {
  byteSize,
  flag,
  fragment,
  integer,
  limitsConfig,
  setting,
  testingConfig,
  text,
  url,
  type ConfigOf,
} from '@parlance/config';
import { storageConfig } from '@parlance/storage';

const secretText = () =>
  text().refine((value) => value.length >= MIN_SECRET_CHARS, `must have at least ${MIN_SECRET_CHARS} characters`);

/** Settings of the gateway alone; the limits of guarantees.md section 7 are shared (`limitsConfig`). */
export const gatewayConfig = fragment('gateway', {
  podId: setting({
    env: 'PARLANCE_POD_ID',
    schema: text().optional(),
    doc: 'Name of this replica, unique in the installation; made at start when unset.',
  }),
  secret: setting({
    env: 'PARLANCE_GATEWAY_SECRET',
    schema: secretText(),
    secret: true,
    doc: 'The same for all gateways: seals the session tokens that clients bring back.',
  }),
  previousSecret: setting({
    env: 'PARLANCE_GATEWAY_PREVIOUS_SECRET',
    schema: secretText().optional(),
    secret: true,
    doc: 'The secret before the last change; its session tokens still open.',
  }),
  redisUrl: setting({
    env: 'REDIS_URL',
    schema: url('redis', 'rediss').optional(),
    secret: true,
    doc: 'Redis for signals between gateways; unset: this gateway is alone.',
  }),
  ownUrl: setting({
    env: 'PARLANCE_GATEWAY_URL',
    schema: url('http').optional(),
    doc: 'Where other gateways reach this one: they hand on what a balancer brought them by mistake; unset: nothing is handed on.',
  }),
  apiUrl: setting({
    env: 'PARLANCE_API_URL',
    schema: url('http', 'https').optional(),
    doc: 'Where REST requests that reach the gateway are forwarded to; unset: they are not served here.',
  }),
  maxConnections: setting({
    env: 'PARLANCE_GATEWAY_MAX_CONNECTIONS',
    schema: integer(1, 1_000_000),
    default: 50_000,
    doc: 'Connections of one gateway; more are refused.',
  }),
  maxSubscriptions: setting({
    env: 'PARLANCE_GATEWAY_MAX_SUBSCRIPTIONS',
    schema: integer(1, 10_000_000),
    default: 100_000,
    doc: 'Bus subscriptions above which no new connection is taken.',
  }),
  fileFramesBytes: setting({
    env: 'PARLANCE_GATEWAY_FILE_FRAMES_BYTES',
    schema: byteSize(1, 64 * 1_073_741_824),
    default: 256 * 1_048_576,
    doc: 'What frames beyond the packet limit (files, where a dialect sends them so) hold in memory together, in bytes.',
  }),
  connectsPerMinute: setting({
    env: 'PARLANCE_LIMIT_CONNECTS_PER_MINUTE',
    schema: integer(1, 1_000_000),
    default: 600,
    doc: 'Connection attempts of one address per minute.',
  }),
  trustProxy: setting({
    env: 'PARLANCE_TRUST_PROXY',
    schema: flag(),
    default: false,
    doc: 'Whether X-Forwarded-For names the client (only behind a proxy that sets it).',
  }),
});

export const gatewayFragments = [gatewayConfig, limitsConfig, storageConfig, testingConfig] as const;

export type GatewaySettings = ConfigOf<typeof gatewayFragments>;
