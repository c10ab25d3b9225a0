import type { Actions, ByteBudget, Directory, RateLimits } from '@parlance/actions';
import type { Sealer } from '@parlance/auth';
import type { Dialect, Handshake } from '@parlance/dialect-kit';
import { ParlanceError, toParlanceError } from '@parlance/domain';
import type { Logger } from '@parlance/observability';
import type { Server, Socket } from 'socket.io';
import type { AudienceIndex } from './audience-index.js';
import type { CallSockets } from './call-sockets.js';
import type { Binder } from './binder.js';
import { connectionActions } from './connection.actions.js';
import type { ConnectionPorts } from './connection.actions.js';
import { Connection } from './connection.js';
import type { CloseReason, GatewayMetrics } from './gateway.metrics.js';
import type { Acknowledge, Intake } from './intake.js';
import { dialectAt, firstHeader, handshakeOf, lineOf, returningToken, sessionsOf } from './opening.js';
import type { DeliveryNotes } from './presence/delivery-notes.js';
import type { GatewayPresence } from './presence/gateway-presence.js';
import type { SessionKeeper } from './session-keeper.js';
import {
  abandon,
  backlogOf,
  closeTransport,
  engineOf,
  probe,
  raiseFrameLimit,
  setSessionToken,
  watchHeartbeats,
} from './socket-internals.js';
import type { UnboundWatch } from './unbound-watch.js';

/** Slow clients (guarantees.md section 2.10): more than this buffered, or this many packets for that long. */
const MAX_BUFFERED_BYTES = 1_048_576;
const MAX_BUFFERED_PACKETS = 256;
const SLOW_MS = 5_000;
/** How long after the first unconfirmed fact a client is asked whether it handled it, ms. */
const PROBE_AFTER_MS = 1_000;

/** How long a drained connection may finish what it is being answered, ms. */
const FINISH_MS = 2_000;
const FINISH_STEP_MS = 25;

export interface GatewayParts {
  readonly io: Server;
  readonly dialects: readonly Dialect[];
  readonly sessions: Sealer;
  readonly newSessionId: () => string;
  readonly directory: Directory;
  readonly audiences: AudienceIndex;
  readonly binder: Binder;
  readonly intake: Intake;
  readonly keeper: SessionKeeper;
  readonly presence: GatewayPresence;
  readonly deliveries: Pick<DeliveryNotes, 'mark' | 'confirm'>;
  readonly calls: Pick<CallSockets, 'gone'>;
  readonly limits: RateLimits;
  readonly unbound: UnboundWatch;
  readonly actionPorts: Omit<ConnectionPorts, 'leave'>;
  /** the packet limit, and what frames beyond it may hold together where a dialect has such */
  readonly packetBytes: number;
  readonly largeFrames: ByteBudget;
  readonly metrics: GatewayMetrics;
  readonly logger: Logger;
  readonly now: () => number;
  readonly mayAdmit: () => string | null;
  readonly trustProxy: boolean;
}

/** Owns the connections of this gateway from their handshake to their close. */
export class Gateway {
  readonly connections = new Set<Connection>();
  private readonly actions = new WeakMap<Connection, Actions>();
  /** connections with unconfirmed facts, and since when */
  private readonly unconfirmed = new Map<Connection, number>();
  private readonly unwatch = new WeakMap<Connection, () => void>();
  private readonly makeActions: (connection: Connection) => Actions;
  private draining = false;

  constructor(private readonly parts: GatewayParts) {
    const { io, dialects, actionPorts } = parts;
    this.makeActions = connectionActions({ ...actionPorts, leave: (connection) => this.release(connection) });
    for (const namespace of ['/', ...dialects.map((dialect) => `/${dialect.name}`)]) {
      io.of(namespace).use((socket, next) => this.admit(socket, namespace, next));
      io.of(namespace).on('connection', (socket) => this.open(socket));
    }
  }

  /** Connections that were written facts which their clients have not confirmed yet. */
  get unconfirmedCount(): number {
    return this.unconfirmed.size;
  }

  actionsOf(connection: Connection): Actions {
    const known = this.actions.get(connection);
    if (known !== undefined) return known;
    const made = this.makeActions(connection);
    this.actions.set(connection, made);
    return made;
  }

  /** A fact was written to the connection: ask before long whether its client handled it. */
  wrote(connection: Connection): void {
    if (connection.cursor.full) return this.close(connection, 'slow');
    if (!this.unconfirmed.has(connection)) this.unconfirmed.set(connection, this.parts.now());
  }

  close(connection: Connection, reason: CloseReason): void {
    if (connection.closing !== null && !isAbandoned(reason)) return;
    if (connection.closing === null) this.parts.metrics.closed(reason);
    connection.closing = reason;
    // It is told nothing from here on, so the gateway's own progress is not its any more.
    connection.complete = false;
    if (isAbandoned(reason)) abandon(connection.engine);
    else if (reason === 'revoked') connection.socket.disconnect(true);
    else closeTransport(connection.engine);
  }

  /** Probes what is unconfirmed and closes who does not read. Run every quarter of a second. */
  tick(): void {
    const now = this.parts.now();
    for (const [connection, since] of this.unconfirmed) {
      if (now - since < PROBE_AFTER_MS) continue;
      if (connection.cursor.unmarked && probe(connection.engine) === 'outstanding') continue;
      this.unconfirmed.delete(connection);
    }
    for (const connection of this.connections) this.watchSlow(connection, now);
  }

  /** Moves the connections away in even steps over `graceMs`; their clients reconnect elsewhere and resume. */
  async drain(graceMs: number, pause: (ms: number) => Promise<void>): Promise<void> {
    this.draining = true;
    const connections = [...this.connections];
    const steps = Math.max(1, Math.min(20, Math.ceil(connections.length / 50)));
    const size = Math.ceil(connections.length / steps);
    for (let step = 0; step < steps; step += 1) {
      const leaving = connections.slice(step * size, (step + 1) * size);
      await Promise.all(
        leaving.map((connection) => this.moveAway(connection, Math.min(FINISH_MS, graceMs / 4), pause)),
      );
      if (step + 1 < steps) await pause(graceMs / 2 / steps);
    }
  }

  /** What is being answered is answered first, as far as time allows. */
  private async moveAway(
    connection: Connection,
    withinMs: number,
    pause: (ms: number) => Promise<void>,
  ): Promise<void> {
    for (let waited = 0; connection.answering > 0 && waited < withinMs; waited += FINISH_STEP_MS) {
      await pause(FINISH_STEP_MS);
    }
    this.close(connection, 'drain');
  }

  private admit(socket: Socket, namespace: string, next: (error?: Error) => void): void {
    this.prepare(socket, namespace).then(
      () => next(),
      (error: unknown) => this.refuse(socket, toParlanceError(error), next),
    );
  }

  /** A client that gets a connect_error stays away; one whose transport closes comes again, and finds what was away for a moment. */
  private refuse(socket: Socket, error: ParlanceError, next: (error: Error) => void): void {
    if (error.code === 'unavailable' || error.code === 'overloaded') closeTransport(engineOf(socket));
    else next(connectError(error));
  }

  /** Before anything is joined: limits, dialect, and the credential where the wire has it in the handshake. */
  private async prepare(socket: Socket, namespace: string): Promise<void> {
    const { parts } = this;
    const address = this.addressOf(socket);
    await parts.limits.admitConnect(address);
    const refusal = this.draining ? 'This gateway is going away.' : parts.mayAdmit();
    if (refusal !== null) throw new ParlanceError('unavailable', refusal, { retryAfterMs: 1_000 });
    const handshake = handshakeOf(socket);
    const connection = new Connection(
      socket,
      namespace,
      parts.newSessionId(),
      dialectAt(namespace, handshake, parts.dialects),
      firstHeader(handshake.headers['host']),
      firstHeader(handshake.headers['origin']),
      address,
    );
    socket.data = connection;
    // It may close before it is open; what was bound for it must then not stay.
    const closed = (): void => this.closed(connection, 'closed');
    connection.engine.on('close', closed);
    this.unwatch.set(connection, () => connection.engine.off('close', closed));
    const turnedAway = (error: unknown): never => {
      this.closed(connection, 'refused');
      throw error;
    };
    await this.recognise(connection, handshake).catch(turnedAway);
    await this.identify(connection, handshake).catch((error: unknown) => {
      if (connection.dialect?.opening.atConnect === undefined) turnedAway(error);
      connection.refusal = toParlanceError(error);
    });
  }

  /**
   * Which session does a returning client continue? Known before its next token is made, so that however often it comes in vain, its
   * token names one that is stored. Errors: the bus's; the client is not let in then, and comes again with the token it has.
   */
  private async recognise(connection: Connection, handshake: Handshake): Promise<void> {
    const { binder, sessions, metrics } = this.parts;
    const before = this.sessionsBefore(handshake);
    connection.found = await binder.find(before);
    if (before.length > 0 && connection.found === null) metrics.resumed('gone');
    const line = lineOf(connection.sessionId, before, connection.found?.sessionId ?? null);
    setSessionToken(connection.socket, sessions.seal(line, 'session'));
  }

  private async identify(connection: Connection, handshake: Handshake): Promise<void> {
    const claim = connection.dialect?.opening.claim(handshake) ?? null;
    if (claim === null) {
      if (connection.dialect?.opening.atConnect === undefined) return;
      throw new ParlanceError('unauthenticated', 'A credential is needed to connect.');
    }
    connection.handshakeCredential = claim.credential ?? null;
    connection.resume = connection.found?.sessionId ?? null;
    await this.parts.binder.settle(connection, claim);
  }

  /** The sessions a returning client had, newest first. */
  private sessionsBefore(handshake: Handshake): readonly string[] {
    const token = returningToken(handshake);
    const line = token === null ? null : this.parts.sessions.open(token, 'session');
    return line === null ? [] : sessionsOf(line);
  }

  /** What stands last was added by our own proxy; what stands before it is the client's to invent. */
  private addressOf(socket: Socket): string {
    const forwarded = this.parts.trustProxy ? firstHeader(socket.handshake.headers['x-forwarded-for']) : null;
    return forwarded?.split(',').at(-1)?.trim() ?? socket.handshake.address;
  }

  private open(socket: Socket): void {
    const connection: unknown = socket.data;
    if (!(connection instanceof Connection)) return closeTransport(engineOf(socket));
    this.connections.add(connection);
    this.parts.unbound.watch(connection);
    this.watch(connection);
    socket.onAny((event: unknown, ...args: unknown[]) => this.receive(connection, event, args));
    socket.on('disconnect', (reason) => this.closed(connection, reason));
    if (this.draining) return this.close(connection, 'drain');
    if (connection.refusal !== null) return this.turnAway(connection, connection.refusal);
    if (connection.identity !== null) this.bound(connection);
    else this.resume(connection);
  }

  /** Told by an event why it may not come in. What is only for now is a close that its client survives. */
  private turnAway(connection: Connection, error: ParlanceError): void {
    const reply = connection.dialect?.opening.atConnect?.refuse(error, connection.addressed);
    for (const frame of reply?.frames ?? []) connection.send(frame);
    this.close(connection, error.retryable ? 'refused' : 'revoked');
  }

  /** Until the connection ends: a client may open and close namespaces on one transport for ever. */
  private watch(connection: Connection): void {
    const unheard = watchHeartbeats(connection.engine, {
      mark: () => {
        connection.cursor.mark();
        this.parts.deliveries.mark(connection);
      },
      confirm: () => this.confirm(connection),
    });
    const before = this.unwatch.get(connection);
    this.unwatch.set(connection, () => {
      unheard();
      before?.();
    });
  }

  private receive(connection: Connection, event: unknown, args: unknown[]): void {
    this.parts.unbound.heard(connection);
    const ack = acknowledgeOf(args.at(-1));
    const values = ack === null ? args : args.slice(0, -1);
    void this.parts.intake.receive(connection, event, values, ack);
  }

  /** Taken up in the background; frames that come meanwhile wait behind it. */
  private resume(connection: Connection): void {
    const { found } = connection;
    if (found === null) return;
    const { metrics, logger } = this.parts;
    connection.turn = this.parts.binder.resume(connection, found).then(
      (resumed) => {
        metrics.resumed(resumed ? 'resumed' : 'gone');
        if (resumed) this.bound(connection);
      },
      (error: unknown) => {
        // It went while it was taken up: the session is closed as it was found.
        if (connection.state === 'closed') return;
        metrics.resumed('failed');
        const coded = toParlanceError(error);
        const tenantId = found.session.tenantId;
        logger.warn({ code: 'resume-failed', err: coded.cause ?? coded, tenantId }, 'a session was not taken up');
        // Retryable: the client comes again, with a token that names the session still, and loses nothing.
        if (coded.retryable || connection.pendingBind !== null) this.close(connection, 'refused');
      },
    );
  }

  bound(connection: Connection): void {
    this.parts.unbound.satisfied(connection);
    this.parts.presence.show(connection);
    this.raise(connection);
  }

  /** Lets the larger frames of its dialect in, once it is known who sends them. */
  private raise(connection: Connection): void {
    const max = connection.dialect?.maxPacketBytes;
    if (max === undefined || connection.identity === null || connection.charge !== null) return;
    const { packetBytes, largeFrames } = this.parts;
    connection.charge = raiseFrameLimit(connection.engine, packetBytes, max, (bytes) => largeFrames.take(bytes));
  }

  private confirm(connection: Connection): void {
    if (connection.cursor.confirm()) this.parts.keeper.touch(connection);
    this.parts.deliveries.confirm(connection);
    if (connection.cursor.unmarked) this.wrote(connection);
  }

  private closed(connection: Connection, reason: string): void {
    if (connection.state === 'closed') return;
    const binding = connection.state === 'binding';
    connection.become('closed');
    this.connections.delete(connection);
    this.unconfirmed.delete(connection);
    this.unwatch.get(connection)?.();
    this.parts.unbound.gone(connection);
    this.parts.presence.gone(connection);
    // A client that says goodbye has left; one whose transport ends may come back. A bind under way ends by itself.
    if (!binding) void this.forget(connection, reason === 'client namespace disconnect' ? 'ended' : 'closed');
  }

  /** The client gives its identity up but stays connected. Settles when its session is forgotten. */
  private async release(connection: Connection): Promise<void> {
    const forgotten = this.forget(connection, 'ended');
    connection.become('unbound');
    connection.charge?.end();
    connection.charge = null;
    connection.resume = null;
    this.parts.unbound.released(connection);
    await forgotten;
  }

  /** Its user or credential is no longer good: the client is told to stay away, and its session is forgotten. */
  revoke(connection: Connection): void {
    void this.forget(connection, 'ended');
    this.close(connection, 'revoked');
  }

  /** Ends what the connection was: its session is closed as it stands, and it hears nothing any more. Answers whether that is stored. */
  forget(connection: Connection, state: 'closed' | 'ended'): Promise<boolean> {
    const { keeper, binder, presence, calls } = this.parts;
    presence.gone(connection);
    calls.gone(connection);
    const saved = keeper.leave(connection, state);
    if (connection.asOf === null && connection.pendingBind !== null) keeper.settle(connection.pendingBind);
    connection.pendingBind = null;
    binder.unbind(connection);
    return saved;
  }

  private watchSlow(connection: Connection, now: number): void {
    const { bytes, packets } = backlogOf(connection.engine);
    if (bytes > MAX_BUFFERED_BYTES) return this.close(connection, 'slow');
    if (packets <= MAX_BUFFERED_PACKETS) connection.slowSince = null;
    else if (connection.slowSince === null) connection.slowSince = now;
    else if (now - connection.slowSince > SLOW_MS) this.close(connection, 'slow');
  }
}

/** Nothing that is buffered is waited for. */
function isAbandoned(reason: CloseReason): boolean {
  return reason === 'slow' || reason === 'backlog';
}

/** The connect_error a client sees: the message, and the code in its `data`. */
function connectError(error: ParlanceError): Error {
  return Object.assign(new Error(error.message), { data: { code: error.code, ...error.details } });
}

function acknowledgeOf(value: unknown): Acknowledge | null {
  return typeof value === 'function' ? (...args) => void Reflect.apply(value, undefined, args) : null;
}
