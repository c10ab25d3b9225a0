import { admitWithin, RateLimits, type Caller } from '@parlance/actions';
import type { IntentType } from '@parlance/dialect-kit';
import { ParlanceError } from '@parlance/domain';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { ApiSettings } from '../api.config.js';

/** How often who may ask (guarantees.md section 7), kept by this replica. */
export class ApiLimits {
  private readonly users: RateLimits;
  private readonly servers: RateLimiterMemory;
  private readonly refusals: RateLimiterMemory;

  constructor({ api, limits }: ApiSettings) {
    this.users = new RateLimits({
      messagesPerSecond: limits.messagesPerSecond,
      messageBurst: limits.messagesBurst,
      typingIntervalMs: limits.typingIntervalMs,
      eventsPerSecond: limits.otherEventsPerSecond,
      signalsPerSecond: limits.icePerSecond,
      connectsPerMinute: api.refusalsPerMinute,
    });
    this.servers = new RateLimiterMemory({ keyPrefix: 's', points: api.keyRequestsPerSecond, duration: 1 });
    this.refusals = new RateLimiterMemory({ keyPrefix: 'r', points: api.refusalsPerMinute, duration: 60 });
  }

  /** Errors: `rate-limited` for an address that failed to authenticate too often. */
  async admitAddress(address: string): Promise<void> {
    const failed = await this.refusals.get(address);
    if (failed === null || failed.consumedPoints < this.refusals.points) return;
    const retryAfterMs = failed.msBeforeNext;
    throw new ParlanceError('rate-limited', 'Too many requests without a valid credential.', { retryAfterMs });
  }

  async noteRefusal(address: string): Promise<void> {
    await this.refusals.penalty(address);
  }

  /** A user counts wherever it asks from, a key by the address that uses it. Errors: `rate-limited`. */
  async admit(caller: Caller, address: string, asks: IntentType): Promise<void> {
    const { tenant, credential, user } = caller;
    const keyUse = JSON.stringify([tenant.id, credential.credentialId, address]);
    if (credential.kind === 'secret') return admitWithin(this.servers, keyUse, 'Too many requests with this key.');
    const key = user === null ? keyUse : JSON.stringify([tenant.id, user.id]);
    return this.users.admit(asks === 'message.send' ? 'message' : 'other', key);
  }
}
