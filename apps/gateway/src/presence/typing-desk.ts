import type { RoomStamp, TypingChanged, TypingStatus, UserSnapshot } from '@parlance/domain';
import { ParlanceError } from '@parlance/domain';
import { LRUCache } from 'lru-cache';
import { keyOf } from '../connection.js';
import type { Connection } from '../connection.js';

/** Remembered signals of all users; beyond, the oldest may be repeated sooner. */
const MAX_RECENT = 50_000;
/** Rooms one connection may be typing in at once; in more, it is no person. */
const MAX_ROOMS = 20;

export interface TypingDeskPorts {
  readonly emit: (signal: TypingChanged) => void;
  readonly now: () => number;
  /** least time between two equal signals of a user in a room, ms */
  readonly intervalMs: number;
}

export interface TypingRequest {
  readonly tenantId: string;
  readonly room: RoomStamp;
  readonly user: UserSnapshot;
  readonly status: TypingStatus;
  readonly text: string | null;
  /** how long it lasts without another one, ms; absent: as its state says */
  readonly lastsMs?: number | undefined;
}

/** Takes the typing of this gateway's own connections: at most one equal signal in an interval, and a stop when one goes in mid-typing. */
export class TypingDesk {
  private readonly recent: LRUCache<string, number>;
  private readonly active = new Map<Connection, Map<string, TypingRequest>>();

  constructor(private readonly ports: TypingDeskPorts) {
    this.recent = new LRUCache({ max: MAX_RECENT });
  }

  /** Errors: `rate-limited`. */
  set(connection: Connection, request: TypingRequest): void {
    const { status, room } = request;
    const rooms = this.active.get(connection) ?? new Map<string, TypingRequest>();
    // Whoever was told that somebody types must be told of its end.
    const mustPass = status === 'stop' && rooms.has(room.id);
    if (!mustPass) this.admit(request);
    if (status === 'stop') rooms.delete(room.id);
    else if (rooms.size < MAX_ROOMS || rooms.has(room.id)) rooms.set(room.id, request);
    else throw new ParlanceError('rate-limited', 'Typing in too many rooms.', { retryAfterMs: this.ports.intervalMs });
    if (rooms.size === 0) this.active.delete(connection);
    else this.active.set(connection, rooms);
    this.emit(connection, request);
  }

  /** The connection ends, or is somebody else's from now on. */
  gone(connection: Connection): void {
    const rooms = this.active.get(connection);
    if (rooms === undefined) return;
    this.active.delete(connection);
    for (const request of rooms.values()) {
      if (!this.typesElsewhere(request)) this.emit(connection, { ...request, status: 'stop', text: null });
    }
  }

  private admit({ tenantId, room, user, status }: TypingRequest): void {
    const key = `${keyOf(tenantId, room.id)}\u0000${user.id}\u0000${status}`;
    const now = this.ports.now();
    const waitMs = (this.recent.get(key) ?? -Infinity) + this.ports.intervalMs - now;
    if (waitMs > 0) throw new ParlanceError('rate-limited', 'Typing was told just now.', { retryAfterMs: waitMs });
    this.recent.set(key, now);
  }

  private typesElsewhere({ tenantId, room, user }: TypingRequest): boolean {
    return [...this.active.values()].some((rooms) => {
      const other = rooms.get(room.id);
      return other?.user.id === user.id && other.tenantId === tenantId;
    });
  }

  private emit(connection: Connection, { lastsMs, ...request }: TypingRequest): void {
    const lasting = lastsMs === undefined ? {} : { lastsMs };
    this.ports.emit({ type: 'typing.changed', ...request, ...lasting, origin: connection.sessionId });
  }
}
