import type { LeaseReport, Member, PresenceStore } from './presence.store.js';

/** What the conformance suite and the play against the model have in common. */

export const TIMES = { leaseMs: 15_000, graceMs: 3_000, claimMs: 30_000 };

export interface StoreUnderTest {
  readonly store: PresenceStore;
  /** lets the store's time run ahead, ms */
  readonly pass: (ms: number) => void;
  /** it loses everything at once, as a wiped server does; null: it cannot without its process */
  readonly wipe: (() => Promise<void>) | null;
}

export const TENANT = 'acme';
let connections = 0;
let seqs = 0;

/** A connection of its own, unless it is named. */
export function member(userId: string, connectionId = `c${(connections += 1)}`, tenantId = TENANT): Member {
  return { tenantId, userId, connectionId };
}

/** The newest report of whichever gateway. */
export function reportOf(leaseId: string, part: Partial<LeaseReport> = {}): LeaseReport {
  return { leaseId, seq: (seqs += 1), begins: false, joined: [], left: [], ...part };
}
