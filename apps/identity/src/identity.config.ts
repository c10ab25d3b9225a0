import { MIN_SECRET_CHARS } from '@parlance/auth';
import { databaseConfig, duration, flag, fragment, limitsConfig, setting, text, type ConfigOf } from '@parlance/config';

const DAY_MS = 86_400_000;

const masterKeyText = () =>
  text().refine((value) => value.length >= MIN_SECRET_CHARS, `must have at least ${MIN_SECRET_CHARS} characters`);

export const identityConfig = fragment('identity', {
  demo: setting({
    env: 'PARLANCE_DEMO',
    schema: flag(),
    default: false,
    doc: 'Makes the tenant demo with keys that anybody knows. Without it, a database that holds them is refused.',
  }),
  masterKey: setting({
    env: 'PARLANCE_MASTER_KEY',
    schema: masterKeyText(),
    secret: true,
    doc: `Seals the stored signing keys; at least ${MIN_SECRET_CHARS} random characters, such as: openssl rand -base64 48.`,
  }),
  previousMasterKey: setting({
    env: 'PARLANCE_MASTER_KEY_PREVIOUS',
    schema: masterKeyText().optional(),
    secret: true,
    doc: 'The master key before the last change; still opens what was sealed with it.',
  }),
  defaultTenant: setting({
    env: 'PARLANCE_DEFAULT_TENANT',
    schema: text().optional(),
    doc: 'Tenant of a request without a credential whose host is no tenant’s; with PARLANCE_DEMO, demo when unset.',
  }),
  tokenTtlMs: setting({
    env: 'PARLANCE_TOKEN_TTL',
    schema: duration(1_000, 365 * DAY_MS),
    default: 30 * DAY_MS,
    doc: 'How long a user token is good for when whoever asks for it does not say, in whole seconds.',
  }),
});

/** The settings the identity service reads, beside the ones of its bus and process. */
export const identityFragments = [identityConfig, databaseConfig, limitsConfig] as const;

export type IdentitySettings = ConfigOf<typeof identityFragments>;
