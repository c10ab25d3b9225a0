import type { Actions, Directory, RateLimits } from '@parlance/actions';
import type { Sealer } from '@parlance/auth';
import type { Dialect } from '@parlance/dialect-kit';
import { ParlanceError, toParlanceError } from '@parlance/domain';
import type { Logger } from '@parlance/observability';
import type { Server, Socket } from 'socket.io';
import type { AudienceIndex } from './audience-index.js';
import type { Binder } from './binder.js';
import { connectionActions } from './connection.actions.js';
import type { ConnectionPorts } from './connection.actions.js';
import { Connection } from './connection.js';
import type { CloseReason, GatewayMetrics } from './gateway.metrics.js';
import type { Acknowledge, Intake } from './intake.js';
import { dialectAt, firstHeader, handshakeOf, returningToken } from './opening.js';
import { SendLanes } from './send-lanes.js';
import type { SessionKeeper } from './session-keeper.js';
import {
  abandon,
  backlogOf,
  closeTransport,
  engineOf,
  probe,
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
  readonly limits: RateLimits;
  readonly unbound: UnboundWatch;
  readonly actionPorts: Omit<ConnectionPorts, 'leave'>;
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
  private readonly probing = new Set<Connection>();
  private draining = false;

  constructor(private readonly parts: GatewayParts) {
    const { io, dialects } = parts;
    for (const namespace of ['/', ...dialects.map((dialect) => `/${dialect.name}`)]) {
      io.of(namespace).use((socket, next) => this.admit(socket, namespace, next));
      io.of(namespace).on('connection', (socket) => this.open(socket));
    }
  }

  actionsOf(connection: Connection): Actions {
    const known = this.actions.get(connection);
    if (known !== undefined) return known;
    const ports = { ...this.parts.actionPorts, leave: (one: Connection) => this.release(one, 'ended') };
    const made = connectionActions(ports, connection, new SendLanes());
    this.actions.set(connection, made);
    return made;
  }

  /** A fact was written to the connection: ask before long whether its client handled it. */
  wrote(connection: Connection): void {
    if (connection.cursor.full) return this.close(connection, 'slow');
    if (!this.unconfirmed.has(connection)) this.unconfirmed.set(connection, this.parts.now());
  }

  close(connection: Connection, reason: CloseReason): void {
    this.parts.metrics.closed(reason);
    if (reason === 'slow' || reason === 'backlog') abandon(connection.engine);
    else closeTransport(connection.engine);
  }

  /** Probes what is unconfirmed and closes who does not read. Run every quarter of a second. */
  tick(): void {
    const now = this.parts.now();
    for (const [connection, since] of this.unconfirmed) {
      if (now - since < PROBE_AFTER_MS) continue;
      this.unconfirmed.delete(connection);
      if (!this.probing.has(connection) && probe(connection.engine)) this.probing.add(connection);
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
      for (const connection of connections.slice(step * size, (step + 1) * size)) this.close(connection, 'drain');
      if (step + 1 < steps) await pause(graceMs / 2 / steps);
    }
  }

  private admit(socket: Socket, namespace: string, next: (error?: Error) => void): void {
    this.prepare(socket, namespace).then(
      () => next(),
      (error: unknown) => next(connectError(toParlanceError(error))),
    );
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
    setSessionToken(socket, parts.sessions.seal(connection.sessionId, 'session'));
    socket.data = connection;
    const claim = connection.dialect?.opening.claim(handshake) ?? null;
    if (claim !== null) await parts.binder.settle(connection, claim);
  }

  private addressOf(socket: Socket): string {
    const forwarded = this.parts.trustProxy ? firstHeader(socket.handshake.headers['x-forwarded-for']) : null;
    return forwarded?.split(',')[0]?.trim() ?? socket.handshake.address;
  }

  private open(socket: Socket): void {
    const connection: unknown = socket.data;
    if (!(connection instanceof Connection)) return closeTransport(engineOf(socket));
    this.connections.add(connection);
    this.parts.unbound.watch(connection);
    watchHeartbeats(connection.engine, {
      mark: () => connection.cursor.mark(),
      confirm: () => this.confirm(connection),
    });
    socket.onAny((event: string, ...args: unknown[]) => this.receive(connection, event, args));
    socket.on('disconnect', (reason) => this.closed(connection, reason));
    if (connection.identity !== null) this.bound(connection);
    else this.resume(connection, returningToken(handshakeOf(socket)));
  }

  private receive(connection: Connection, event: string, args: unknown[]): void {
    this.parts.unbound.heard(connection);
    const ack = acknowledgeOf(args.at(-1));
    const values = ack === null ? args : args.slice(0, -1);
    void this.parts.intake.receive(connection, event, values, ack);
  }

  /** Taken up in the background; frames that come meanwhile wait behind it. */
  private resume(connection: Connection, token: string | null): void {
    const sessionId = token === null ? null : this.parts.sessions.open(token, 'session');
    if (sessionId === null) return;
    const { metrics, logger } = this.parts;
    connection.bound = this.parts.binder.resume(connection, sessionId).then(
      (resumed) => {
        metrics.resumed(resumed ? 'resumed' : 'gone');
        if (resumed) this.bound(connection);
      },
      (error: unknown) => {
        metrics.resumed('failed');
        const coded = toParlanceError(error);
        logger.warn({ code: 'resume-failed', err: coded.cause ?? coded }, 'a session was not taken up');
        // Retryable: the client comes again, with the same token, and loses nothing.
        if (coded.retryable) this.close(connection, 'refused');
      },
    );
  }

  bound(connection: Connection): void {
    this.parts.unbound.satisfied(connection);
  }

  private confirm(connection: Connection): void {
    this.probing.delete(connection);
    if (connection.cursor.confirm()) this.parts.keeper.touch(connection);
    if (connection.cursor.unmarked) this.wrote(connection);
  }

  private closed(connection: Connection, reason: string): void {
    connection.state = 'closed';
    this.connections.delete(connection);
    this.unconfirmed.delete(connection);
    this.probing.delete(connection);
    this.parts.unbound.gone(connection);
    // A client that says goodbye has left; one whose transport ends may come back.
    this.forget(connection, reason === 'client namespace disconnect' ? 'ended' : 'closed');
  }

  /** The client gives its identity up but stays connected. */
  private release(connection: Connection, state: 'ended'): void {
    this.forget(connection, state);
    connection.state = 'unbound';
    connection.resume = null;
    this.parts.unbound.released(connection);
  }

  private forget(connection: Connection, state: 'closed' | 'ended'): void {
    this.parts.keeper.leave(connection, state);
    this.parts.binder.unbind(connection);
  }

  private watchSlow(connection: Connection, now: number): void {
    const { bytes, packets } = backlogOf(connection.engine);
    if (bytes > MAX_BUFFERED_BYTES) return this.close(connection, 'slow');
    if (packets <= MAX_BUFFERED_PACKETS) connection.slowSince = null;
    else if (connection.slowSince === null) connection.slowSince = now;
    else if (now - connection.slowSince > SLOW_MS) this.close(connection, 'slow');
  }
}

/** The connect_error a client sees: the message, and the code in its `data`. */
function connectError(error: ParlanceError): Error {
  return Object.assign(new Error(error.message), { data: { code: error.code, ...error.details } });
}

function acknowledgeOf(value: unknown): Acknowledge | null {
  return typeof value === 'function' ? (...args) => void Reflect.apply(value, undefined, args) : null;
}
