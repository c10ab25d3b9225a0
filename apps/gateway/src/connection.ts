import type { Caller } from '@parlance/actions';
import type { bindSession, findSession } from '@parlance/contracts';
import type { Dialect, Frame, FrameEncoding } from '@parlance/dialect-kit';
import type { ParlanceError, Tenant, User } from '@parlance/domain';
import type { Socket } from 'socket.io';
import type { z } from 'zod';
import type { RoomCursor } from './cursor.js';
import { DeliveryCursor } from './cursor.js';
import type { LogEntry } from './fact-parser.js';
import type { CloseReason } from './gateway.metrics.js';
import type { EncodedFrame, EngineConnection, FrameCharge } from './socket-internals.js';
import { engineOf, writeEncoded } from './socket-internals.js';

/**
 * Where a connection stands. `unbound`: says nothing but who it is. `binding`: known, hears into its backlog while what it is
 * owed is read. `live`. `closed`.
 */
export type ConnectionState = 'unbound' | 'binding' | 'live' | 'closed';

/** Facts kept for a connection while it binds; beyond, it is closed and resumes. */
export const MAX_BACKLOG = 1_000;
/** Frames of one connection that wait for its bind. */
export const MAX_WAITING_FRAMES = 64;

export type BindRequest = z.output<(typeof bindSession)['input']>;

/** A session that may be resumed, and whom it belongs to. */
export interface FoundSession {
  readonly sessionId: string;
  readonly session: NonNullable<z.output<(typeof findSession)['output']>['session']>;
}

/** Who the connection belongs to once it is bound. */
export interface Identity {
  readonly caller: Caller;
  readonly user: User;
}

/** One namespace of one client: its dialect, its identity, the rooms it shows, and what it was surely told. */
export class Connection {
  readonly engine: EngineConnection;
  dialect: Dialect | null;
  identity: Identity | null = null;
  /** grows with every change of identity: what was meant for an earlier one is not written any more */
  epoch = 0;
  /** the credential the connection was verified with, to tell a second, different one */
  credential: string | null = null;
  /** the one that came with the handshake: it outlives a failed or ended bind */
  handshakeCredential: string | null = null;
  /** the session it continues, when its client brought one back */
  found: FoundSession | null = null;
  /** session that the next bind continues, until it is bound */
  resume: string | null = null;
  /** what was asked of the store for a bind that is not complete: the session may exist, and must not stay open */
  pendingBind: BindRequest | null = null;
  /** settles when the store has answered the newest bind, or did not */
  asked: Promise<void> = Promise.resolve();
  /** settles when the newest bind is over, however it ended */
  binding: Promise<void> = Promise.resolve();
  /** rooms the client has opened */
  readonly open = new Set<string>();
  /** how often its client opened and closed rooms, and how many of these changes its stored session surely has */
  readonly shown = { changed: 0, stored: 0 };
  cursor = new DeliveryCursor();
  /** database time up to which every room without a cursor is confirmed */
  asOf: string | null = null;
  /** nothing older waits to be replayed: `asOf` may follow the gateway's own */
  complete = false;
  /** what must be done before the next frame begins: frames begin one after another */
  turn: Promise<void> = Promise.resolve();
  waitingFrames = 0;
  /** frames begun and not answered */
  answering = 0;
  backlog: LogEntry[] = [];
  slowSince: number | null = null;
  /** where its dialect sends large frames: what they hold of the budget */
  charge: FrameCharge | null = null;
  /** how its client asked to be written to: the name of one of its dialect's encodings */
  mode: string | null = null;
  /** the tenant that its credential, or its host, belongs to; known before anybody is identified */
  addressed: Tenant | null = null;
  /** why it may not come in, where its dialect says that by an event */
  refusal: ParlanceError | null = null;
  /** why this gateway is closing it */
  closing: CloseReason | null = null;
  private current: ConnectionState = 'unbound';

  constructor(
    readonly socket: Socket,
    readonly namespace: string,
    /** names the connection in facts, and its session in the store; sealed into the client's `pid` */
    readonly sessionId: string,
    dialect: Dialect | null,
    readonly host: string | null,
    readonly origin: string | null,
    readonly address: string,
  ) {
    this.engine = engineOf(socket);
    this.dialect = dialect;
  }

  get state(): ConnectionState {
    return this.current;
  }

  /** Nothing leads out of `closed`. */
  become(state: ConnectionState): void {
    if (this.current !== 'closed') this.current = state;
  }

  get tenant(): Tenant | null {
    return this.identity?.caller.tenant ?? null;
  }

  /** Index key of the user: unique across tenants. */
  get userKey(): string | null {
    return this.identity === null ? null : keyOf(this.identity.caller.tenant.id, this.identity.user.id);
  }

  begin(handled: readonly RoomCursor[], owed: readonly RoomCursor[], asOf: string): void {
    this.cursor = new DeliveryCursor(handled, owed, this.cursor.outstanding);
    this.asOf = asOf;
    this.complete = false;
  }

  /** Forgets who it was and what that one heard. */
  forget(): void {
    this.identity = null;
    this.epoch += 1;
    this.credential = this.handshakeCredential;
    this.open.clear();
    this.backlog = [];
    this.cursor = new DeliveryCursor([], [], this.cursor.outstanding);
    this.asOf = null;
    this.complete = false;
  }

  get encoding(): FrameEncoding | null {
    return this.mode === null ? null : (this.dialect?.encodings?.get(this.mode) ?? null);
  }

  send(frame: Frame): void {
    const { event, args } = this.encoding?.frame(frame) ?? frame;
    this.socket.emit(event, ...args);
  }

  sendEncoded(frame: EncodedFrame): void {
    writeEncoded(this.socket, frame);
  }
}

/** Joins a tenant with an id of its own making; ids hold no control characters. */
export function keyOf(tenantId: string, id: string): string {
  return `${tenantId}\u0000${id}`;
}
