import type { Clock } from '@parlance/observability';
import {
  AGAIN_MS,
  type Claim,
  type LeaseReport,
  type Member,
  type Person,
  type PresenceStore,
  type Recovery,
  type StoreTimes,
} from './presence.store.js';

interface Lease {
  expiresAt: number;
  seq: number;
  readonly members: Map<string, Member>;
}

interface Seen extends Person {
  /** lease and connection, joined */
  readonly connections: Set<string>;
  /** when to look at it; null: nothing to do */
  dueAt: number | null;
  /** one that ran out, or was released (`until` is 0), stays until a later one is settled: it may have told something */
  claim: { readonly token: string; readonly until: number } | null;
  told: boolean;
}

const RELEASED = { token: '', until: 0 };

/** The twin for one process: gateways and presence live and die together, so nothing outlives it. */
export class MemoryPresenceStore implements PresenceStore {
  private readonly leases = new Map<string, Lease>();
  private readonly people = new Map<string, Seen>();
  /** those of `people` with a time */
  private readonly due = new Set<Seen>();
  private readonly startedAt: number;
  private isRecovered = false;
  private claims = 0;

  constructor(
    private readonly times: StoreTimes,
    private readonly now: Clock,
  ) {
    this.startedAt = now();
  }

  async report({ leaseId, seq, begins, joined, left }: LeaseReport): Promise<boolean> {
    const now = this.now();
    let lease = this.leases.get(leaseId);
    if ((lease === undefined || lease.expiresAt <= now) && !begins) return false;
    if (lease === undefined) {
      lease = { expiresAt: 0, seq: 0, members: new Map() };
      this.leases.set(leaseId, lease);
    }
    if (seq <= lease.seq) return true;
    lease.seq = seq;
    lease.expiresAt = now + this.times.leaseMs;
    for (const member of left) this.leave(leaseId, lease, member, now + this.times.graceMs);
    for (const member of joined) this.join(leaseId, lease, member, now);
    return true;
  }

  async end(leaseId: string): Promise<void> {
    const lease = this.leases.get(leaseId);
    if (lease !== undefined) lease.expiresAt = Math.min(lease.expiresAt, this.now());
  }

  async sweep(limit: number): Promise<number | null> {
    const now = this.now();
    for (const [leaseId, lease] of this.leases) {
      if (lease.expiresAt > now) continue;
      const gone = [...lease.members.values()].slice(0, limit);
      const dueAt = Math.max(now, lease.expiresAt + this.times.graceMs);
      for (const member of gone) this.leave(leaseId, lease, member, dueAt);
      if (lease.members.size === 0) this.leases.delete(leaseId);
      return gone.length;
    }
    return null;
  }

  async online(tenantId: string, userIds: readonly string[]): Promise<ReadonlySet<string>> {
    return new Set(userIds.filter((userId) => this.isOnline(this.people.get(keyOf({ tenantId, userId })))));
  }

  async take(limit: number, aheadMs = 0): Promise<readonly Claim[]> {
    const now = this.now();
    const taken: Claim[] = [];
    const ripe = [...this.due].filter((one) => (one.dueAt ?? Infinity) <= now + aheadMs);
    for (const one of ripe.sort((a, b) => (a.dueAt ?? 0) - (b.dueAt ?? 0))) {
      if (taken.length >= limit) break;
      if (one.claim !== null && one.claim.until > now) continue;
      const online = this.isOnline(one);
      if (online && one.told && one.claim === null) this.reschedule(one, null);
      else taken.push(this.claim(one, online, now));
    }
    return taken;
  }

  async settle(claims: readonly Claim[]): Promise<void> {
    for (const { token, online, ...person } of claims) {
      const one = this.people.get(keyOf(person));
      if (one?.claim?.token !== token) continue;
      one.told = online;
      // What happened meanwhile made it due earlier than the claim's own end.
      if (one.dueAt === one.claim.until) this.reschedule(one, null);
      one.claim = null;
      this.forget(one);
    }
  }

  async release(claims: readonly Claim[]): Promise<void> {
    for (const { token, ...person } of claims) {
      const one = this.people.get(keyOf(person));
      if (one?.claim?.token !== token) continue;
      const again = this.now() + AGAIN_MS;
      this.reschedule(one, Math.min(one.dueAt ?? again, again));
      one.claim = RELEASED;
    }
  }

  async check(people: readonly Person[]): Promise<void> {
    for (const person of people) this.reschedule(this.seen(person), this.now());
  }

  async recovery(): Promise<Recovery> {
    if (this.isRecovered) return 'done';
    return this.now() >= this.startedAt + this.times.leaseMs ? 'due' : 'waiting';
  }

  async recovered(): Promise<void> {
    this.isRecovered = true;
  }

  async ping(): Promise<void> {}

  async close(): Promise<void> {}

  private join(leaseId: string, lease: Lease, member: Member, now: number): void {
    lease.members.set(member.connectionId, member);
    const one = this.seen(member);
    one.connections.add(connectionKey(leaseId, member));
    this.reschedule(one, now);
  }

  private leave(leaseId: string, lease: Lease, member: Member, dueAt: number): void {
    if (sameUser(lease.members.get(member.connectionId), member)) lease.members.delete(member.connectionId);
    const one = this.seen(member);
    one.connections.delete(connectionKey(leaseId, member));
    if (one.connections.size === 0) this.reschedule(one, dueAt);
  }

  private isOnline(one: Seen | undefined): boolean {
    const now = this.now();
    return [...(one?.connections ?? [])].some((key) => (this.leases.get(leaseOf(key))?.expiresAt ?? 0) > now);
  }

  private claim(one: Seen, online: boolean, now: number): Claim {
    const left = (one.dueAt ?? now) - this.times.graceMs;
    // Half a millisecond: no other time in here equals it.
    const until = now + this.times.claimMs + 0.5;
    const token = String((this.claims += 1));
    const told = one.claim === null ? one.told : null;
    one.claim = { token, until };
    this.reschedule(one, until);
    const { tenantId, userId } = one;
    return { tenantId, userId, online, told, at: online ? now : Math.min(now, left), token };
  }

  private seen({ tenantId, userId }: Person): Seen {
    const key = keyOf({ tenantId, userId });
    const known = this.people.get(key);
    if (known !== undefined) return known;
    const made: Seen = { tenantId, userId, connections: new Set(), dueAt: null, claim: null, told: false };
    this.people.set(key, made);
    return made;
  }

  private reschedule(one: Seen, dueAt: number | null): void {
    one.dueAt = dueAt;
    if (dueAt === null) this.due.delete(one);
    else this.due.add(one);
  }

  /** Nobody is remembered who is not here and of whom nothing is owed. */
  private forget(one: Seen): void {
    if (one.connections.size === 0 && one.dueAt === null && !one.told) this.people.delete(keyOf(one));
  }
}

/** Ids hold no control characters. */
function keyOf({ tenantId, userId }: Person): string {
  return `${tenantId}\u0000${userId}`;
}

function connectionKey(leaseId: string, { connectionId }: Member): string {
  return `${leaseId} ${connectionId}`;
}

function leaseOf(connectionKey: string): string {
  return connectionKey.slice(0, connectionKey.indexOf(' '));
}

function sameUser(one: Person | undefined, other: Person): boolean {
  return one?.tenantId === other.tenantId && one.userId === other.userId;
}
