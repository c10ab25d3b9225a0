import type { Directory } from '@parlance/actions';
import { identityMismatch, names, settleCaller } from '@parlance/actions';
import type { PrincipalCache, Sealer } from '@parlance/auth';
import type { Bus } from '@parlance/bus';
import { bindSession, findSession, pullLog } from '@parlance/contracts';
import type { Claim, Dialect } from '@parlance/dialect-kit';
import type { Tenant, VerifiedCredential } from '@parlance/domain';
import { ParlanceError } from '@parlance/domain';
import { z } from 'zod';
import type { AudienceIndex } from './audience-index.js';
import type { Connection, Identity } from './connection.js';
import type { Dispatcher } from './dispatcher.js';
import { parseEntry } from './fact-parser.js';
import { COMMIT_SLACK_MS } from './room-feed.js';
import type { RoomFeed } from './room-feed.js';
import { Slots } from './slots.js';

const REPLAY_PAGE = 500;
/** Resumes that replay at a time, so that a reconnect storm never melts Postgres (guarantees.md section 2.5). */
const RESUMES_AT_ONCE = 32;

const ticketSchema = z.object({ credential: z.string().nullable() });

export interface BinderPorts {
  readonly bus: Bus;
  readonly directory: Directory;
  readonly principals: PrincipalCache;
  readonly tickets: Sealer;
  readonly feed: RoomFeed;
  readonly audiences: AudienceIndex;
  readonly dispatcher: Dispatcher;
  readonly podId: string;
  readonly socketsPerUser: number;
  readonly dialectNamed: (name: string) => Dialect | null;
}

type Bound = z.output<(typeof bindSession)['output']>;

/**
 * Takes a connection from a bare socket to a live one: who it is, which session it continues, what it hears, what it is owed
 * (design.md section 4.6: subscribe, flush, then read).
 */
export class Binder {
  private readonly resumes = new Slots(RESUMES_AT_ONCE);

  constructor(private readonly ports: BinderPorts) {}

  /**
   * Settles an identity claim against what the connection already is. The first one binds it; the same again is free; a different
   * one is refused. Errors: `unauthenticated`, `permission-denied`, `not-found`, and the bus's.
   */
  async settle(connection: Connection, claim: Claim | null): Promise<void> {
    const { identity } = connection;
    if (identity !== null) return requireSame(connection, identity, claim);
    if (claim === null) return;
    const credential = await this.verify(connection, claim.credential ?? connection.credential);
    this.requireDialect(connection, credential.tenant);
    const caller = await settleCaller(this.ports.directory, credential, claim.user, connection.sessionId);
    connection.credential = claim.credential ?? connection.credential;
    if (caller.user !== null) await this.bind(connection, { caller, user: caller.user });
  }

  /**
   * A client brought back the session it had: it becomes that user again without asking. False when the session is unknown, too
   * old or already taken up, or its credential is no longer valid.
   */
  async resume(connection: Connection, sessionId: string): Promise<boolean> {
    const { session } = await this.ports.bus.request(findSession, { tenantId: null, sessionId });
    if (session === null) return false;
    const dialect = this.ports.dialectNamed(session.dialect);
    if (dialect === null || (connection.dialect !== null && connection.dialect !== dialect)) return false;
    const credential = await this.verify(connection, this.openTicket(session.ticket));
    if (credential.tenant.id !== session.tenantId) return false;
    connection.dialect = dialect;
    this.requireDialect(connection, credential.tenant);
    const user = await this.ports.directory.user(session.tenantId, { id: session.userId });
    connection.credential = this.openTicket(session.ticket);
    connection.resume = sessionId;
    const caller = { tenant: credential.tenant, credential, user, origin: connection.sessionId };
    await this.bind(connection, { caller, user });
    return true;
  }

  /** Ends what the connection heard; the caller decides what becomes of its session. */
  unbind(connection: Connection): void {
    const { identity } = connection;
    if (identity === null) return;
    const { feed, audiences } = this.ports;
    const tenantId = identity.caller.tenant.id;
    for (const key of audiences.remove(connection)) {
      const roomId = key.slice(tenantId.length + 1);
      if (audiences.ofRoom(tenantId, roomId).size === 0) feed.leaveRoom(tenantId, roomId);
    }
    if (audiences.ofUser(tenantId, identity.user.id).size === 0) feed.leaveUser(tenantId, identity.user.id);
    connection.identity = null;
    connection.credential = null;
    connection.open.clear();
    connection.floor.clear();
    connection.backlog = [];
    connection.asOf = null;
  }

  private async verify(connection: Connection, credential: string | null): Promise<VerifiedCredential> {
    return this.ports.principals.get({ credential, host: connection.host, origin: connection.origin });
  }

  private requireDialect(connection: Connection, tenant: Tenant): void {
    const name = connection.dialect?.name;
    if (name === undefined || tenant.dialects === null || tenant.dialects.includes(name)) return;
    throw new ParlanceError('permission-denied', 'This tenant does not speak this dialect.');
  }

  private async bind(connection: Connection, identity: Identity): Promise<void> {
    const tenantId = identity.caller.tenant.id;
    const userId = identity.user.id;
    const { audiences } = this.ports;
    if (audiences.ofUser(tenantId, userId).size >= this.ports.socketsPerUser) {
      throw new ParlanceError('rate-limited', 'This user has too many open connections.');
    }
    connection.identity = identity;
    connection.state = 'binding';
    if (connection.userKey !== null) audiences.addUser(connection, connection.userKey);
    try {
      await this.ports.feed.hearUser(tenantId, userId);
      const bound = await this.openSession(connection, identity);
      await this.hear(connection, tenantId, userId, bound);
      await this.replay(connection, tenantId, bound);
      await this.goLive(connection);
    } catch (error) {
      this.unbind(connection);
      if (!isClosed(connection)) connection.state = 'unbound';
      throw error;
    }
  }

  private openSession(connection: Connection, identity: Identity): Promise<Bound> {
    const dialect = connection.dialect?.name ?? '';
    const byUser = connection.dialect?.opening.resumes === 'by-user';
    return this.ports.bus.request(bindSession, {
      tenantId: identity.caller.tenant.id,
      userId: identity.user.id,
      dialect,
      sessionId: connection.sessionId,
      podId: this.ports.podId,
      ticket: this.ports.tickets.seal(JSON.stringify({ credential: connection.credential }), 'ticket'),
      resume: connection.resume !== null ? { sessionId: connection.resume } : byUser ? { latest: true } : null,
    });
  }

  private async hear(connection: Connection, tenantId: string, userId: string, bound: Bound): Promise<void> {
    const { feed, audiences } = this.ports;
    const asOfMs = Date.parse(bound.asOf);
    feed.userIsWhole(tenantId, userId, asOfMs);
    for (const { roomId, head } of bound.recent) feed.noteHead(tenantId, userId, roomId, head);
    for (const { roomId } of bound.groups) audiences.addRoom(connection, tenantId, roomId);
    await feed.hearRooms(tenantId, bound.groups);
    connection.begin(
      bound.recent.map(({ roomId, head }) => ({ roomId, pos: head })),
      new Date(asOfMs - COMMIT_SLACK_MS).toISOString(),
    );
  }

  private async replay(connection: Connection, tenantId: string, bound: Bound): Promise<void> {
    const { resumed } = bound;
    if (resumed === null) return;
    for (const roomId of resumed.openRooms) connection.open.add(roomId);
    // What was owed before stays owed until the client confirms it here.
    connection.begin(
      [
        ...bound.recent.map(({ roomId, head }) => ({ roomId, pos: head })),
        ...resumed.owed.map(({ roomId, afterPos }) => ({ roomId, pos: afterPos })),
      ],
      connection.asOf ?? bound.asOf,
    );
    await this.resumes.run(async () => {
      for (const room of resumed.owed) await this.replayRoom(connection, tenantId, room);
    });
  }

  private async replayRoom(
    connection: Connection,
    tenantId: string,
    owed: { readonly roomId: string; readonly afterPos: number; readonly toPos: number | null },
  ): Promise<void> {
    const end = owed.toPos ?? Number.MAX_SAFE_INTEGER;
    for (let after = owed.afterPos, more = true; more && !isClosed(connection);) {
      const { facts, head } = await this.ports.bus.request(pullLog, {
        tenantId,
        roomId: owed.roomId,
        afterPos: after,
        limit: REPLAY_PAGE,
      });
      const entries = facts.flatMap((raw) => parseEntry(raw) ?? []).filter((entry) => entry.pos <= end);
      for (const entry of entries) await this.ports.dispatcher.deliverTo(connection, entry);
      const last = entries.at(-1)?.pos ?? head;
      more = entries.length > 0 && last < Math.min(head, end);
      after = last;
    }
  }

  /** What came while it was bound goes out in order; then facts reach it directly. */
  private async goLive(connection: Connection): Promise<void> {
    for (let entry = connection.backlog.shift(); entry !== undefined; entry = connection.backlog.shift()) {
      await this.ports.dispatcher.deliverTo(connection, entry);
    }
    if (isClosed(connection)) {
      this.unbind(connection);
      throw new ParlanceError('unavailable', 'The connection closed while it was bound.');
    }
    connection.state = 'live';
  }

  private openTicket(ticket: string | null): string | null {
    const text = ticket === null ? null : this.ports.tickets.open(ticket, 'ticket');
    return text === null ? null : ticketSchema.parse(JSON.parse(text)).credential;
  }
}

/** Read through a function: the state may change while something is awaited. */
function isClosed(connection: Connection): boolean {
  return connection.state === 'closed';
}

function requireSame(connection: Connection, identity: Identity, claim: Claim | null): void {
  if (claim === null) return;
  if (claim.credential !== undefined && claim.credential !== connection.credential) throw identityMismatch();
  if (claim.user !== undefined && !names(claim.user, identity.user)) throw identityMismatch();
}
