import { isDemoKey, MIN_SECRET_CHARS, parseApiKey } from '@parlance/auth';
import {
  databaseConfig,
  duration,
  flag,
  fragment,
  limitsConfig,
  missingFor,
  oneOf,
  setting,
  text,
  url,
  type ConfigOf,
} from '@parlance/config';

const DAY_MS = 86_400_000;

const secretText = () =>
  text().refine((value) => value.length >= MIN_SECRET_CHARS, `must have at least ${MIN_SECRET_CHARS} characters`);

const operatorKeyText = () =>
  text().refine(
    (value) => parseApiKey(value)?.kind === 'operator' && !isDemoKey(value),
    'must be op_<24 hex digits>_<43 base64url characters>',
  );

export const identityConfig = fragment('identity', {
  demo: setting({
    env: 'PARLANCE_DEMO',
    schema: flag(),
    default: false,
    doc: 'Makes the tenant demo with keys that anybody knows. Without it, a database that holds them is refused.',
  }),
  masterKey: setting({
    env: 'PARLANCE_MASTER_KEY',
    schema: secretText(),
    secret: true,
    doc: `Seals the stored signing keys; at least ${MIN_SECRET_CHARS} random characters, such as: openssl rand -base64 48.`,
  }),
  previousMasterKey: setting({
    env: 'PARLANCE_MASTER_KEY_PREVIOUS',
    schema: secretText().optional(),
    secret: true,
    doc: 'The master key before the last change; still opens what was sealed with it.',
  }),
  defaultTenant: setting({
    env: 'PARLANCE_DEFAULT_TENANT',
    schema: text().optional(),
    doc: 'Tenant of a request without a credential whose host is no tenant’s; with PARLANCE_DEMO, demo when unset.',
  }),
  operatorKey: setting({
    env: 'PARLANCE_OPERATOR_KEY',
    schema: operatorKeyText().optional(),
    secret: true,
    doc: 'Makes and changes tenants and their keys; such as: echo op_$(openssl rand -hex 12)_$(openssl rand -base64 32 | tr +/ -_ | tr -d =).',
  }),
  tokenTtlMs: setting({
    env: 'PARLANCE_TOKEN_TTL',
    schema: duration(1_000, 365 * DAY_MS),
    default: 30 * DAY_MS,
    doc: 'How long a user token is good for when whoever asks for it does not say, in whole seconds.',
  }),
});

export const pushConfig = fragment(
  'push',
  {
    provider: setting({
      env: 'PARLANCE_PUSH_PROVIDER',
      schema: oneOf('log', 'webhook'),
      default: 'log',
      doc: 'What brings pushes to devices: log only says that there is one, webhook posts it to a URL.',
    }),
    webhookUrl: setting({
      env: 'PARLANCE_PUSH_WEBHOOK_URL',
      schema: url('https', 'http').optional(),
      doc: 'Where pushes are posted to, as JSON.',
    }),
    webhookSecret: setting({
      env: 'PARLANCE_PUSH_WEBHOOK_SECRET',
      schema: secretText().optional(),
      secret: true,
      doc: `Signs what is posted (HMAC-SHA256 in X-Parlance-Signature); at least ${MIN_SECRET_CHARS} characters.`,
    }),
    webhookTimeoutMs: setting({
      env: 'PARLANCE_PUSH_WEBHOOK_TIMEOUT',
      schema: duration(100, 60_000),
      default: 5_000,
      doc: 'How long the receiver may take to answer; then the push is repeated, three times at most.',
    }),
    webhookPrivate: setting({
      env: 'PARLANCE_PUSH_WEBHOOK_PRIVATE',
      schema: flag(),
      default: false,
      doc: 'Lets the webhook be at a private or loopback address, as on premises and in tests.',
    }),
  },
  ({ provider, webhookUrl, webhookSecret }) =>
    provider === 'log'
      ? []
      : missingFor('PARLANCE_PUSH_PROVIDER=webhook', {
          PARLANCE_PUSH_WEBHOOK_URL: webhookUrl,
          PARLANCE_PUSH_WEBHOOK_SECRET: webhookSecret,
        }),
);

/** The settings the identity service reads, beside the ones of its bus and process. */
export const identityFragments = [identityConfig, pushConfig, databaseConfig, limitsConfig] as const;

export type IdentitySettings = ConfigOf<typeof identityFragments>;
