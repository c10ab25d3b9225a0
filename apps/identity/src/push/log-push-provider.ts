import type { Logger } from '@parlance/observability';
import type { Push, PushProvider } from './push-provider.js';

/** Writes into the log that something would be pushed: to whom, and nothing of what. */
export class LogPushProvider implements PushProvider {
  constructor(private readonly logger: Logger) {}

  accept({ tenantId, devices }: Push): void {
    const userIds = [...new Set(devices.map(({ userId }) => userId))];
    this.logger.info({ code: 'push', tenantId, userIds, devices: devices.length }, 'a push, for the log alone');
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
