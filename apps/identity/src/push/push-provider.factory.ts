import type { Drain } from '@parlance/bootstrap';
import type { Clock, Logger, Metrics } from '@parlance/observability';
import { setTimeout as pause } from 'node:timers/promises';
import type { IdentitySettings } from '../identity.config.js';
import { LogPushProvider } from './log-push-provider.js';
import type { PushProvider } from './push-provider.js';
import { WebhookPushProvider, type PushOutcome } from './webhook-push-provider.js';

const PAUSES_MS = [500, 2_000, 8_000];
const QUEUE_BYTES = 16_777_216;
const CONCURRENCY = 4;

export interface PushPorts {
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly now: Clock;
  readonly newId: () => string;
  readonly drain: Drain;
}

/** The provider that the settings name. */
export function pushProviderOf({ push }: Pick<IdentitySettings, 'push'>, ports: PushPorts): PushProvider {
  const pushes = ports.metrics.counter({
    name: 'identity_pushes_total',
    help: 'Posts to the push webhook, by what became of them.',
    labels: ['outcome'],
    series: [{ outcome: 'delivered' }, { outcome: 'given-up' }],
  });
  const webhook = push.provider === 'log' ? null : webhookOf(push, ports, (outcome) => pushes.inc({ outcome }));
  ports.metrics.gauge({
    name: 'identity_push_queue_count',
    help: 'Posts to the push webhook that wait or are under way.',
    read: () => webhook?.size ?? 0,
  });
  return webhook ?? new LogPushProvider(ports.logger);
}

function webhookOf(
  push: IdentitySettings['push'],
  { logger, now, newId, drain }: PushPorts,
  ended: (outcome: PushOutcome) => void,
): WebhookPushProvider {
  const { webhookUrl: url, webhookSecret: secret, webhookTimeoutMs: timeoutMs, webhookPrivate: allowPrivate } = push;
  if (url === undefined || secret === undefined)
    throw new TypeError('The settings of the webhook are not those of a loaded config.');
  const target = { url, secret, timeoutMs, allowPrivate, concurrency: CONCURRENCY };
  const options = { target, pausesMs: PAUSES_MS, queueBytes: QUEUE_BYTES };
  const provider = new WebhookPushProvider(options, { logger, now, newId, pause: (ms) => pause(ms), ended });
  drain.add('close', 'identity-push', () => provider.close());
  return provider;
}
