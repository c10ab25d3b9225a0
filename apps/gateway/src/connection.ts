import type { Caller } from '@parlance/actions';
import type { Dialect, Frame } from '@parlance/dialect-kit';
import type { Tenant, User } from '@parlance/domain';
import type { Socket } from 'socket.io';
import type { RoomCursor } from './cursor.js';
import { DeliveryCursor } from './cursor.js';
import type { LogEntry } from './fact-parser.js';
import type { EncodedFrame, EngineConnection } from './socket-internals.js';
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

/** Who the connection belongs to once it is bound. */
export interface Identity {
  readonly caller: Caller;
  readonly user: User;
}

/** One namespace of one client: its dialect, its identity, the rooms it shows, and what it was surely told. */
export class Connection {
  readonly engine: EngineConnection;
  state: ConnectionState = 'unbound';
  dialect: Dialect | null;
  identity: Identity | null = null;
  /** the credential the connection was verified with, to tell a second, different one */
  credential: string | null = null;
  /** session the client says it had before, until it is bound */
  resume: string | null = null;
  /** rooms the client has opened */
  readonly open = new Set<string>();
  cursor = new DeliveryCursor();
  /** database time up to which every room without a cursor is confirmed */
  asOf: string | null = null;
  /** something changed that the next checkpoint must save */
  dirty = false;
  /** the bind under way, or the last one */
  bound: Promise<void> = Promise.resolve();
  waitingFrames = 0;
  backlog: LogEntry[] = [];
  /** per room: replayed up to here, live facts up to here are repeats */
  readonly floor = new Map<string, number>();
  slowSince: number | null = null;

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

  get tenant(): Tenant | null {
    return this.identity?.caller.tenant ?? null;
  }

  /** Index key of the user: unique across tenants. */
  get userKey(): string | null {
    return this.identity === null ? null : keyOf(this.identity.caller.tenant.id, this.identity.user.id);
  }

  begin(cursors: readonly RoomCursor[], asOf: string): void {
    this.cursor = new DeliveryCursor(cursors);
    this.asOf = asOf;
  }

  send(frame: Frame): void {
    this.socket.emit(frame.event, ...frame.args);
  }

  sendEncoded(frame: EncodedFrame): void {
    writeEncoded(this.socket, frame);
  }
}

/** Joins a tenant with an id of its own making; ids hold no control characters. */
export function keyOf(tenantId: string, id: string): string {
  return `${tenantId}\u0000${id}`;
}
