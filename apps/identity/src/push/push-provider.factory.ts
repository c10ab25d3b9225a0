import type { Drain } from '@parlance/bootstrap';
import type { Clock, Logger } from '@parlance/observability';
import { setTimeout as pause } from 'node:timers/promises';
import type { IdentitySettings } from '../identity.config.js';
import { LogPushProvider } from './log-push-provider.js';
import type { PushProvider } from './push-provider.js';
import { WebhookPushProvider } from './webhook-push-provider.js';

const PAUSES_MS = [500, 2_000, 8_000];
const QUEUE_BYTES = 16_777_216;
const CONCURRENCY = 4;

export interface PushPorts {
  readonly logger: Logger;
  readonly now: Clock;
  readonly newId: () => string;
  readonly drain: Drain;
}

/** The provider that the settings name. */
export function pushProviderOf({ push }: Pick<IdentitySettings, 'push'>, ports: PushPorts): PushProvider {
  if (push.provider === 'log') return new LogPushProvider(ports.logger);
  const { webhookUrl: url, webhookSecret: secret, webhookTimeoutMs: timeoutMs, webhookPrivate: allowPrivate } = push;
  if (url === undefined || secret === undefined)
    throw new TypeError('The settings of the webhook are not those of a loaded config.');
  const target = { url, secret, timeoutMs, allowPrivate, concurrency: CONCURRENCY };
  const provider = new WebhookPushProvider(
    { target, pausesMs: PAUSES_MS, queueBytes: QUEUE_BYTES },
    { logger: ports.logger, now: ports.now, newId: ports.newId, pause: (ms) => pause(ms) },
  );
  ports.drain.add('close', 'identity-push', () => provider.close());
  return provider;
}
