import type { RateClass } from '@parlance/dialect-kit';
import { ParlanceError } from '@parlance/domain';
import { BurstyRateLimiter, RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

export interface RateSettings {
  readonly messagesPerSecond: number;
  readonly messageBurst: number;
  readonly typingIntervalMs: number;
  readonly eventsPerSecond: number;
  /** signalling messages of calls */
  readonly signalsPerSecond: number;
  /** sockets of one address that may try to connect per minute */
  readonly connectsPerMinute: number;
}

/** A bucket of rate-limiter-flexible. */
export interface Limiter {
  consume(key: string): Promise<RateLimiterRes>;
}

/** Rooms in which a user may be typing within one interval. */
const TYPING_ROOMS = 5;

/** The window in which a burst is refilled, s. */
const BURST_WINDOW_S = 20;

/** Token buckets per user and class of event (guarantees.md section 7), kept by this edge for the users it serves. */
export class RateLimits {
  private readonly classes: Readonly<Record<RateClass, Limiter>>;
  private readonly connects: Limiter;

  constructor(settings: RateSettings) {
    this.classes = {
      message: new BurstyRateLimiter(
        new RateLimiterMemory({ keyPrefix: 'm', points: settings.messagesPerSecond, duration: 1 }),
        new RateLimiterMemory({ keyPrefix: 'b', points: settings.messageBurst, duration: BURST_WINDOW_S }),
      ),
      // Starting and stopping are two events of one typing; how often in one room is for whoever tells it.
      typing: new RateLimiterMemory({
        keyPrefix: 't',
        points: 2 * TYPING_ROOMS,
        duration: settings.typingIntervalMs / 1000,
      }),
      signal: new RateLimiterMemory({ keyPrefix: 's', points: settings.signalsPerSecond, duration: 1 }),
      other: new RateLimiterMemory({ keyPrefix: 'o', points: settings.eventsPerSecond, duration: 1 }),
    };
    this.connects = new RateLimiterMemory({ keyPrefix: 'c', points: settings.connectsPerMinute, duration: 60 });
  }

  /** Errors: `rate-limited` with `retryAfterMs`. */
  async admit(rate: RateClass, key: string): Promise<void> {
    await admitWithin(this.classes[rate], key, 'Too many events.');
  }

  async admitConnect(address: string): Promise<void> {
    await admitWithin(this.connects, address, 'Too many connections from this address.');
  }
}

/** Errors: `rate-limited` with `retryAfterMs`. */
export async function admitWithin(limiter: Limiter, key: string, message: string): Promise<void> {
  try {
    await limiter.consume(key);
  } catch (refusal) {
    if (!(refusal instanceof RateLimiterRes)) throw refusal;
    throw new ParlanceError('rate-limited', message, { retryAfterMs: refusal.msBeforeNext });
  }
}
