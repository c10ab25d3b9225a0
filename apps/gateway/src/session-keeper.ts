import type { Bus } from '@parlance/bus';
import { saveSessions } from '@parlance/contracts';
import type { Logger } from '@parlance/observability';
import type { Connection } from './connection.js';

/** Sessions of one save request. */
const PAGE = 250;
/** Rooms saved per session; the newest opened count. */
const MAX_ROOMS = 1_000;

type SessionState = 'open' | 'closed' | 'ended';

interface SavedSession {
  readonly tenantId: string;
  readonly sessionId: string;
  readonly userId: string;
  readonly dialect: string;
  readonly openRooms: string[];
  readonly cursors: { roomId: string; pos: number }[];
  readonly asOf: string;
  readonly state: SessionState;
}

/**
 * Writes down what each connection has surely handled, so that a returning client gets exactly the rest, on any gateway
 * (guarantees.md P4): in batches at close, and every few seconds for the pod's own sudden death. The same request is the pod's
 * heartbeat and tells database time.
 */
export class SessionKeeper {
  private readonly dirty = new Set<Connection>();
  private leaving: SavedSession[] = [];
  private saving: Promise<void> = Promise.resolve();
  private scheduled = false;
  /** database time up to which this gateway surely heard everything */
  private wholeAt: string | null = null;

  constructor(
    private readonly bus: Bus,
    private readonly podId: string,
    private readonly isWhole: () => boolean,
    private readonly slackMs: number,
    private readonly logger: Logger,
  ) {}

  get wholeAtMs(): number | null {
    return this.wholeAt === null ? null : Date.parse(this.wholeAt);
  }

  touch(connection: Connection): void {
    this.dirty.add(connection);
  }

  /** The connection is over: `closed` may be resumed, `ended` is forgotten. Saved with all others of this turn. */
  leave(connection: Connection, state: 'closed' | 'ended'): void {
    this.dirty.delete(connection);
    const session = this.describe(connection, state);
    if (session === null) return;
    this.leaving.push(session);
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      this.flush().catch((error: unknown) =>
        this.logger.warn({ code: 'session-save-failed', err: error }, 'the last checkpoint stands'),
      );
    });
  }

  /** Saves what is due and beats. Saves follow one another, so that an older state never overwrites a newer one. */
  flush(beat = false): Promise<void> {
    const next = this.saving.then(() => this.save(beat));
    this.saving = next.catch(() => undefined);
    return next;
  }

  private async save(beat: boolean): Promise<void> {
    const whole = this.isWhole();
    const checkpoints = beat ? this.takeCheckpoints() : [];
    const sessions = [...checkpoints, ...this.leaving.splice(0)];
    for (let start = 0; start < sessions.length || (beat && start === 0); start += PAGE) {
      const page = sessions.slice(start, start + PAGE);
      try {
        const { asOf } = await this.bus.request(saveSessions, { podId: this.podId, sessions: page });
        if (whole && this.isWhole()) this.wholeAt = asOf;
      } catch (error) {
        // What left must not be forgotten because the store was away for a moment; open ones are dirty again with their next fact.
        this.leaving.push(
          ...sessions
            .slice(start)
            .filter((session) => session.state !== 'open')
            .slice(0, 10_000),
        );
        throw error;
      }
    }
  }

  private takeCheckpoints(): SavedSession[] {
    const sessions: SavedSession[] = [];
    for (const connection of this.dirty) {
      const session = this.describe(connection, 'open');
      if (session !== null) sessions.push(session);
    }
    this.dirty.clear();
    return sessions;
  }

  private describe(connection: Connection, state: SessionState): SavedSession | null {
    const { identity, dialect } = connection;
    if (identity === null || dialect === null || connection.asOf === null) return null;
    connection.asOf = this.coveredUntil(connection.asOf);
    return {
      tenantId: identity.caller.tenant.id,
      sessionId: connection.sessionId,
      userId: identity.user.id,
      dialect: dialect.name,
      openRooms: [...connection.open].slice(-MAX_ROOMS),
      cursors: connection.cursor.snapshot(),
      asOf: connection.asOf,
      state,
    };
  }

  /** Rooms without a cursor are confirmed up to here: facts may commit a little later than the time they carry. */
  private coveredUntil(asOf: string): string {
    const wholeAtMs = this.wholeAtMs;
    if (wholeAtMs === null) return asOf;
    return new Date(Math.max(Date.parse(asOf), wholeAtMs - this.slackMs)).toISOString();
  }
}
