import type { Bus } from '@parlance/bus';
import { pullLog } from '@parlance/contracts';
import { ParlanceError } from '@parlance/domain';
import type { Connection } from './connection.js';
import { MAX_ROOMS } from './cursor.js';
import type { LogEntry } from './fact-parser.js';
import { joins, leaves, parsePage } from './fact-parser.js';
import { Slots } from './slots.js';
import { backlogOf } from './socket-internals.js';

const PAGE = 500;
/** Resumes that replay at a time, so that a reconnect storm never melts Postgres (guarantees.md section 2.5). */
const AT_ONCE = 32;
/** A replay goes on when less than this is buffered: it must not make a client that reads look slow. */
const MAX_BUFFERED_BYTES = 262_144;
const MAX_BUFFERED_PACKETS = 64;
/** Rooms that may be unconfirmed; more than 1,000 cannot be saved. */
const MAX_UNCONFIRMED = MAX_ROOMS * 0.8;
const PAUSE_MS = 25;
/** A client that neither reads nor confirms for so long is closed by its heartbeat before. */
const MAX_WAIT_MS = 60_000;

/** Facts of a room after `afterPos` up to and including `toPos` (null: no end, the user is a member). */
export interface Owed {
  readonly roomId: string;
  readonly afterPos: number;
  readonly toPos: number | null;
}

export interface ReplayPorts {
  readonly bus: Bus;
  readonly deliver: (connection: Connection, entry: LogEntry) => Promise<void>;
  /** The log shows that the user had left the room by then, though the index said otherwise. */
  readonly left: (connection: Connection, roomId: string) => void;
}

/** Gives one connection what it is owed from the log, at the speed at which its client reads, and nothing after a leave. */
export class Replayer {
  private readonly slots = new Slots(AT_ONCE);

  constructor(private readonly ports: ReplayPorts) {}

  /** Errors: those of the bus; `unavailable` when the connection closes or its client does not read. */
  async run(connection: Connection, tenantId: string, userId: string, owed: readonly Owed[]): Promise<void> {
    if (owed.length === 0) return;
    await this.slots.run(async () => {
      for (const room of owed) {
        await this.room(connection, tenantId, userId, room);
        connection.cursor.replayed(room.roomId);
      }
    });
  }

  private async room(connection: Connection, tenantId: string, userId: string, owed: Owed): Promise<void> {
    const { roomId, toPos } = owed;
    let member = true;
    let after = owed.afterPos;
    for (let more = true; more;) {
      requireOpen(connection);
      const page = await this.ports.bus.request(pullLog, { tenantId, roomId, afterPos: after, limit: PAGE });
      const entries = parsePage(page.facts, { tenantId, roomId }, page.truncated ? null : after);
      for (const entry of entries) {
        if (toPos !== null && entry.pos > toPos) return;
        member ||= joins(entry, userId);
        if (member) await this.give(connection, entry);
        if (leaves(entry, userId)) member = false;
        after = entry.pos;
      }
      more = entries.length > 0 && after < page.head;
    }
    if (!member && toPos === null) this.leave(connection, userId, roomId, after);
  }

  private async give(connection: Connection, entry: LogEntry): Promise<void> {
    for (let waited = 0; mustWait(connection); waited += PAUSE_MS) {
      if (waited > MAX_WAIT_MS) throw new ParlanceError('unavailable', 'The client does not read what it is owed.');
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    requireOpen(connection);
    await this.ports.deliver(connection, entry);
  }

  /** What was kept for the connection after its leave is not its to hear, unless it joined again meanwhile. */
  private leave(connection: Connection, userId: string, roomId: string, leftAt: number): void {
    const later = connection.backlog.filter((entry) => entry.roomId === roomId && entry.pos > leftAt);
    const joined = later.find((entry) => joins(entry, userId))?.pos ?? null;
    const isTheirs = (entry: LogEntry): boolean =>
      entry.roomId !== roomId || entry.pos <= leftAt || (joined !== null && entry.pos >= joined);
    connection.backlog = connection.backlog.filter(isTheirs);
    if (joined === null) this.ports.left(connection, roomId);
  }
}

export function requireOpen(connection: Connection): void {
  if (connection.state === 'closed' || connection.closing !== null) {
    throw new ParlanceError('unavailable', 'The connection closed while it was bound.');
  }
}

function mustWait(connection: Connection): boolean {
  if (connection.state === 'closed') return false;
  const { bytes, packets } = backlogOf(connection.engine);
  if (bytes > MAX_BUFFERED_BYTES || packets > MAX_BUFFERED_PACKETS) return true;
  return connection.cursor.size > MAX_UNCONFIRMED && connection.cursor.unconfirmed > MAX_UNCONFIRMED;
}
