import type { Directory } from '@parlance/actions';
import { identityMismatch, liveUser, names, settleCaller } from '@parlance/actions';
import type { PrincipalCache, Sealer } from '@parlance/auth';
import type { Bus } from '@parlance/bus';
import { bindSession, findSession } from '@parlance/contracts';
import type { Claim, Dialect } from '@parlance/dialect-kit';
import type { Tenant, VerifiedCredential } from '@parlance/domain';
import { ParlanceError } from '@parlance/domain';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import type { AudienceIndex } from './audience-index.js';
import type { BindRequest, Connection, FoundSession, Identity } from './connection.js';
import type { Dispatcher } from './dispatcher.js';
import type { Owed } from './replayer.js';
import { Replayer, requireOpen } from './replayer.js';
import { COMMIT_SLACK_MS } from './room-feed.js';
import type { RoomFeed } from './room-feed.js';

/** Credentials whose tickets are kept: the clients of one app may all bring the same. */
const MAX_TICKETS = 1_000;

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
  /** The connection closed before its bind was complete: its session must be closed as it stands. */
  readonly gone: (connection: Connection) => void;
  /** It hears everything from here on. */
  readonly live: (connection: Connection) => void;
  /** Settles when each session of the user that ended here is stored as it ended. */
  readonly settled: (tenantId: string, userId: string) => Promise<void>;
}

type Bound = z.output<(typeof bindSession)['output']>;

/**
 * Takes a connection from a bare socket to a live one: who it is, which session it continues, what it hears, what it is owed
 * (design.md section 4.6: first hear, then read).
 */
export class Binder {
  private readonly replayer: Replayer;
  private readonly sealed = new LRUCache<string, string>({ max: MAX_TICKETS });

  constructor(private readonly ports: BinderPorts) {
    const { bus, dispatcher } = ports;
    this.replayer = new Replayer({
      bus,
      deliver: (connection, entry) => dispatcher.deliverTo(connection, entry),
      left: (connection, roomId) => dispatcher.exclude(connection, roomId),
    });
  }

  /**
   * Settles an identity claim against what the connection already is. The first one binds it; the same again is free; a different
   * one is refused. Errors: `unauthenticated`, `permission-denied`, `not-found`, and the bus's.
   */
  async settle(connection: Connection, claim: Claim | null): Promise<void> {
    const { identity } = connection;
    if (identity !== null) return requireSame(connection, identity, claim);
    if (claim === null) return;
    const credential = await this.verify(connection, claim.credential ?? connection.credential);
    connection.addressed = credential.tenant;
    this.requireDialect(connection, credential.tenant);
    const { directory } = this.ports;
    const caller = await settleCaller(directory, credential, claim.user, connection.sessionId, claim.proof);
    const objection = caller.user === null ? null : connection.dialect?.opening.atConnect?.objection(caller.user);
    if (objection) throw objection;
    connection.credential = claim.credential ?? connection.credential;
    if (caller.user !== null) await this.bind(connection, { caller, user: caller.user });
  }

  /** The first of these sessions that may be resumed; null when all are unknown, too old or ended. Errors: the bus's. */
  async find(sessionIds: readonly string[]): Promise<FoundSession | null> {
    for (const sessionId of sessionIds) {
      const { session } = await this.ports.bus.request(findSession, { tenantId: null, sessionId });
      if (session !== null) return { sessionId, session };
    }
    return null;
  }

  /**
   * A client brought back a session it had: it becomes that user again without asking. False when it has to say who it is, or the
   * credential is no longer valid.
   */
  async resume(connection: Connection, { sessionId, session }: FoundSession): Promise<boolean> {
    const dialect = this.ports.dialectNamed(session.dialect);
    if (dialect === null || (connection.dialect !== null && connection.dialect !== dialect)) return false;
    if (dialect.opening.resumes === 'at-identify') {
      // Its client first says how it wants to be written to, and who it is: until then nothing is told.
      connection.resume = sessionId;
      return false;
    }
    const credential = await this.verify(connection, this.openTicket(session.ticket));
    if (credential.tenant.id !== session.tenantId) return false;
    connection.dialect = dialect;
    this.requireDialect(connection, credential.tenant);
    const user = liveUser(await this.ports.directory.account(session.tenantId, { id: session.userId }), credential);
    requireOpen(connection);
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
    connection.forget();
  }

  private async verify(connection: Connection, credential: string | null): Promise<VerifiedCredential> {
    return this.ports.principals.get({ credential, host: connection.host, origin: connection.origin });
  }

  private requireDialect(connection: Connection, tenant: Tenant): void {
    const name = connection.dialect?.name;
    if (name === undefined || tenant.dialects === null || tenant.dialects.includes(name)) return;
    throw new ParlanceError('permission-denied', 'This tenant does not speak this dialect.');
  }

  private bind(connection: Connection, identity: Identity): Promise<void> {
    const bound = this.take(connection, identity);
    connection.binding = bound.catch(ignore);
    return bound;
  }

  private async take(connection: Connection, identity: Identity): Promise<void> {
    requireOpen(connection);
    const tenantId = identity.caller.tenant.id;
    const { audiences } = this.ports;
    if (audiences.ofUser(tenantId, identity.user.id).size >= this.ports.socketsPerUser) {
      throw new ParlanceError('rate-limited', 'This user has too many open connections.');
    }
    // The store may have opened its session and given it what another one was owed; here, part of that may have been told already.
    if (connection.pendingBind !== null) throw new ParlanceError('unavailable', 'The connection must be made anew.');
    connection.identity = identity;
    connection.epoch += 1;
    connection.become('binding');
    if (connection.userKey !== null) audiences.addUser(connection, connection.userKey);
    try {
      const asked = this.ask(connection, identity);
      connection.asked = asked.then(ignore, ignore);
      const bound = await asked;
      begin(connection, bound);
      requireOpen(connection);
      const owed = await this.hear(connection, identity, bound);
      await this.replayer.run(connection, tenantId, identity.user.id, owed);
      await this.goLive(connection);
    } catch (error) {
      if (connection.state === 'closed') this.ports.gone(connection);
      this.unbind(connection);
      connection.become('unbound');
      throw error;
    }
  }

  private async ask(connection: Connection, identity: Identity): Promise<Bound> {
    this.ports.feed.hearUser(identity.caller.tenant.id, identity.user.id);
    if (connection.dialect?.opening.resumes !== 'named') await this.formerSettled(connection, identity);
    return this.openSession(connection, identity);
  }

  private async openSession(connection: Connection, identity: Identity): Promise<Bound> {
    const dialect = connection.dialect?.name ?? '';
    const byUser = connection.dialect?.opening.resumes !== 'named';
    const request: BindRequest = {
      tenantId: identity.caller.tenant.id,
      userId: identity.user.id,
      dialect,
      sessionId: connection.sessionId,
      podId: this.ports.podId,
      ticket: this.ticketOf(connection.credential),
      resume: connection.resume !== null ? { sessionId: connection.resume } : byUser ? { latest: true } : null,
    };
    connection.pendingBind = request;
    return this.ports.bus.request(bindSession, request);
  }

  /**
   * What ended here must be known to have ended: a session that is open at this very gateway is taken for alive, and left alone. Binds
   * of the user that began before this one are waited for, no further than their answer unless they are given up.
   */
  private async formerSettled(connection: Connection, { caller, user }: Identity): Promise<void> {
    const all = [...this.ports.audiences.ofUser(caller.tenant.id, user.id)];
    const earlier = all.slice(0, all.indexOf(connection));
    await Promise.all(earlier.map(({ asked }) => asked));
    await Promise.all(earlier.filter(({ state }) => state === 'closed').map(({ binding }) => binding));
    await this.ports.settled(caller.tenant.id, user.id);
    requireOpen(connection);
  }

  /** Hears the groups; answers what must be replayed: what a resumed session is owed, and what passed here since the answer was read. */
  private async hear(connection: Connection, { caller, user }: Identity, bound: Bound): Promise<readonly Owed[]> {
    const { feed, audiences } = this.ports;
    const tenantId = caller.tenant.id;
    const resumed = bound.resumed?.owed ?? [];
    const current = new Set(resumed.flatMap(({ roomId, toPos }) => (toPos === null ? [roomId] : [])));
    const missed: Owed[] = [];
    for (const { roomId, head } of bound.groups) {
      const passed = feed.positionOf(tenantId, roomId);
      if (passed !== null && passed > head && !current.has(roomId))
        missed.push({ roomId, afterPos: head, toPos: null });
      audiences.addRoom(connection, tenantId, roomId);
    }
    const heard = feed.hearRooms(tenantId, bound.groups);
    feed.userIsWhole(tenantId, user.id, Date.parse(bound.asOf), bound.recent);
    await heard;
    return [...resumed, ...missed];
  }

  /** What came while it was bound goes out in order; then facts reach it directly. */
  private async goLive(connection: Connection): Promise<void> {
    for (let entry = connection.backlog.shift(); entry !== undefined; entry = connection.backlog.shift()) {
      await this.ports.dispatcher.deliverTo(connection, entry);
    }
    requireOpen(connection);
    connection.pendingBind = null;
    connection.complete = true;
    connection.become('live');
    this.ports.live(connection);
  }

  private ticketOf(credential: string | null): string {
    const text = JSON.stringify({ credential });
    const known = this.sealed.get(text);
    if (known !== undefined) return known;
    const made = this.ports.tickets.seal(text, 'ticket');
    this.sealed.set(text, made);
    return made;
  }

  private openTicket(ticket: string | null): string | null {
    const text = ticket === null ? null : this.ports.tickets.open(ticket, 'ticket');
    return text === null ? null : ticketSchema.parse(JSON.parse(text)).credential;
  }
}

/** What was handled before, what stays owed until its client confirms it here, and what it shows: all that a close now would store. */
function begin(connection: Connection, { asOf, recent, resumed }: Bound): void {
  for (const roomId of resumed?.openRooms ?? []) connection.open.add(roomId);
  connection.begin(
    recent.map(({ roomId, head }) => ({ roomId, pos: head })),
    (resumed?.owed ?? []).map(({ roomId, afterPos }) => ({ roomId, pos: afterPos })),
    new Date(Date.parse(asOf) - COMMIT_SLACK_MS).toISOString(),
  );
}

function ignore(): void {}

function requireSame(connection: Connection, identity: Identity, claim: Claim | null): void {
  if (claim === null) return;
  if (claim.credential !== undefined && claim.credential !== connection.credential) throw identityMismatch();
  if (claim.user !== undefined && !names(claim.user, identity.user)) throw identityMismatch();
}
