import { mediaConfig } from '@parlance/media';
import { storageConfig } from '@parlance/storage';
import { byteSize, fragment, integer, limitsConfig, setting, type ConfigOf } from '@parlance/config';

const MB = 1_048_576;

/** Settings of the api alone; the limits of guarantees.md section 7 are shared (`limitsConfig`). */
export const apiConfig = fragment('api', {
  trustedProxies: setting({
    env: 'PARLANCE_API_TRUSTED_PROXIES',
    schema: integer(0, 10),
    default: 0,
    doc: 'How many proxies stand before the api and append to X-Forwarded-For; 0: the header is not believed. A gateway counts as one.',
  }),
  uploadBytes: setting({
    env: 'PARLANCE_LIMIT_UPLOAD_BYTES',
    schema: byteSize(1_024, 256 * MB),
    default: 24 * MB,
    doc: 'Largest multipart request, in bytes: a file, its preview and the fields beside them.',
  }),
  bodiesBytes: setting({
    env: 'PARLANCE_API_BODIES_BYTES',
    schema: byteSize(MB, 4_096 * MB),
    default: 128 * MB,
    doc: 'Request bodies held in memory at a time, all together; more are answered `overloaded`.',
  }),
  keyRequestsPerSecond: setting({
    env: 'PARLANCE_LIMIT_KEY_REQUESTS_PER_SECOND',
    schema: integer(1, 1_000_000),
    default: 1_000,
    doc: 'REST requests per second with one secret key from one address.',
  }),
  refusalsPerMinute: setting({
    env: 'PARLANCE_LIMIT_REFUSALS_PER_MINUTE',
    schema: integer(1, 1_000_000),
    default: 300,
    doc: 'Requests without a valid credential per address and minute; then the address waits.',
  }),
});

export const apiFragments = [apiConfig, limitsConfig, storageConfig, mediaConfig] as const;

export type ApiSettings = ConfigOf<typeof apiFragments>;
