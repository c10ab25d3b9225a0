import { ParlanceError } from '@parlance/domain';
import { seededRandom } from './seeded-random.js';

/** The longest an event is held back (milliseconds): beyond it a receiver may rightly count it as lost. */
export const MAX_HOLD_MS = 1_000;

export interface FaultOptions {
  readonly seed: number;
  /** share of events, 0 to 1, that are lost */
  readonly drop: number;
  /** share of events that are heard twice, the second time up to `delayMs` later */
  readonly duplicate: number;
  /** share of events that are held back up to `delayMs`, so that later ones overtake them */
  readonly reorder: number;
  /** milliseconds, at most 1,000 */
  readonly delayMs: number;
  /** share of requests that are delivered twice, the caller getting the first answer; default 0 */
  readonly doubleRequests?: number | undefined;
  /** which event addresses and request subjects suffer; default all */
  readonly only?: ((addressOrSubject: string) => boolean) | undefined;
}

export type Fault =
  | { readonly kind: 'none' }
  | { readonly kind: 'drop' }
  | { readonly kind: 'duplicate'; readonly afterMs: number }
  | { readonly kind: 'hold'; readonly forMs: number };

export interface FaultPlan {
  /** What happens to the next event. */
  event(): Fault;
  /** Whether the next request is delivered twice. */
  request(): boolean;
}

/** What happens to each event and request, in their order, decided by the seed alone. Errors: `invalid` (shares, delay). */
export function faultPlan(options: FaultOptions): FaultPlan {
  const { drop, duplicate, reorder, delayMs, doubleRequests = 0 } = options;
  checkShares([drop, duplicate, reorder, doubleRequests, drop + duplicate + reorder]);
  if (!(delayMs >= 0 && delayMs <= MAX_HOLD_MS)) {
    throw new ParlanceError('invalid', `A fault delay is 0 to ${MAX_HOLD_MS} ms.`);
  }
  const eventRandom = seededRandom(options.seed);
  // A generator of its own: requests depend on timing, and must not shift what happens to the events.
  const requestRandom = seededRandom(options.seed ^ 0x5bd1e995);
  return {
    event() {
      // Both are always drawn, so that one decision never shifts the next.
      const roll = eventRandom();
      const delay = Math.ceil(eventRandom() * delayMs);
      if (roll < drop) return { kind: 'drop' };
      if (roll < drop + duplicate) return { kind: 'duplicate', afterMs: delay };
      if (roll < drop + duplicate + reorder) return { kind: 'hold', forMs: delay };
      return { kind: 'none' };
    },
    request: () => requestRandom() < doubleRequests,
  };
}

function checkShares(shares: readonly number[]): void {
  if (shares.every((share) => share >= 0 && share <= 1)) return;
  throw new ParlanceError('invalid', 'Shares of faults are 0 to 1, and 1 at most together.');
}
