/** A user of a tenant. */
export interface Person {
  readonly tenantId: string;
  readonly userId: string;
}

/** A connection of a user at the gateway that holds the lease. */
export interface Member extends Person {
  readonly connectionId: string;
}

export interface LeaseReport {
  readonly leaseId: string;
  /** grows with every attempt of the gateway */
  readonly seq: number;
  /** makes the lease if there is none */
  readonly begins: boolean;
  readonly joined: readonly Member[];
  readonly left: readonly Member[];
}

/** A user whose state may have to be told, in the hands of one replica until it is settled or `claimMs` have passed. */
export interface Claim extends Person {
  readonly online: boolean;
  /**
   * Whether others were told that the user is online, as far as the store knows: one that forgot everything knows it of nobody. null: who
   * held the user before may have told something else.
   */
  readonly told: boolean | null;
  /** ms since the epoch on the store's clock: since when so, within what the store can tell */
  readonly at: number;
  /** tells this claim from later ones of the same user */
  readonly token: string;
}

/** Times in ms. */
export interface StoreTimes {
  /** how long a lease lives without a report */
  readonly leaseMs: number;
  /** how long after the last connection went its user is not told to be gone yet */
  readonly graceMs: number;
  /** how long a claim holds */
  readonly claimMs: number;
}

/** How long those who could not be told wait, ms. */
export const AGAIN_MS = 1_000;

/**
 * `done`: nothing is owed. `waiting`: the store came up empty, and gateways still register. `due`: whoever has not registered by now
 * is gone, and those who were told to be online have to be looked at again.
 */
export type Recovery = 'done' | 'waiting' | 'due';

/**
 * Leases of gateways and the connections that are their members: a user is online while one of its connections belongs to a lease that
 * lives. There is no counter, so nothing can drift. Errors: `unavailable`.
 */
export interface PresenceStore {
  /** Applies a report and renews its lease. False: there is no such lease. An outdated report changes nothing. */
  report(report: LeaseReport): Promise<boolean>;
  /** The lease runs out now. */
  end(leaseId: string): Promise<void>;
  /** Lets go of at most `limit` connections of a lease that ran out; answers of how many, null when no lease did. */
  sweep(limit: number): Promise<number | null>;
  online(tenantId: string, userIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** Claims users whose state may have to be told: at most `limit`, also those due within the next `aheadMs`. */
  take(limit: number, aheadMs?: number): Promise<readonly Claim[]>;
  /** They were told, and that is written down. Who came or went meanwhile is due again. */
  settle(claims: readonly Claim[]): Promise<void>;
  /** They could not be told, or it could not be written down: they are due again after a moment, whatever they are by then. */
  release(claims: readonly Claim[]): Promise<void>;
  /** Has these looked at again. */
  check(people: readonly Person[]): Promise<void>;
  recovery(): Promise<Recovery>;
  recovered(): Promise<void>;
  /** Answers if the store can be asked. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
