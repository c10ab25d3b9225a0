import type { Bus } from '@parlance/bus';
import { bindSession, saveSessions } from '@parlance/contracts';
import { ParlanceError } from '@parlance/domain';
import { outside, type Logger } from '@parlance/observability';
import type { BindRequest, Connection } from './connection.js';
import { DeliveryCursor } from './cursor.js';

/** Sessions of one save request. */
const PAGE = 250;
/** Rooms saved per session; the newest opened count. */
const MAX_ROOMS = 1_000;
/** Sessions that wait for a store that is away; beyond, the oldest keep their last checkpoint. */
const MAX_WAITING = 10_000;

/** The least time between saves that nobody waits for, ms: when thousands leave, a few large saves do. */
const GATHER_MS = 250;

const SETTLED_AT_ONCE = 32;
const FINAL_TRIES = 3;

type SessionState = 'open' | 'closed' | 'ended';

interface DueSave {
  /** ms on the monotonic clock */
  at: number;
  /** whether it was saved */
  readonly promise: Promise<boolean>;
  readonly done: (saved: boolean) => void;
}

export interface SavedSession {
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
  private readonly urgent = new Set<Connection>();
  private leaving: SavedSession[] = [];
  private unsettled: BindRequest[] = [];
  /** what was taken from these two and is being asked or saved */
  private underway: readonly { readonly tenantId: string; readonly userId: string }[] = [];
  private beating = false;
  private saving: Promise<void> = Promise.resolve();
  private due: DueSave | null = null;
  /** ms on the monotonic clock */
  private savedAt = -Infinity;
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

  /** Does not wait for the next beat. Errors: `unavailable` when it could not be saved for now; the next beat tries again. */
  async saveNow(connection: Connection): Promise<void> {
    this.urgent.add(connection);
    if (!(await this.soon(false))) throw new ParlanceError('unavailable', 'The session is not stored yet.');
  }

  /**
   * The connection is over: `closed` may be resumed, `ended` is forgotten. Saved with all others of this turn. Answers whether it was
   * saved; what was not is tried again.
   */
  leave(connection: Connection, state: 'closed' | 'ended'): Promise<boolean> {
    this.dirty.delete(connection);
    this.urgent.delete(connection);
    const session = this.describe(connection, state);
    if (session === null) return Promise.resolve(true);
    this.leaving.push(session);
    // Who left on purpose must not be taken for somebody who may come back.
    return this.soon(state === 'closed');
  }

  /**
   * The connection closed while nobody knows whether the store opened its session. The same question has the same answer, so it is
   * asked again, and the session is closed as it was found: else its user would stay online, and what it is owed out of reach.
   */
  settle(request: BindRequest): void {
    this.unsettled.push(request);
    void this.soon(false);
  }

  /**
   * Settles when each of the user's sessions that ended here is stored as it ended. Errors: those of the bus, `unavailable` when one is
   * not stored yet.
   */
  async settled(tenantId: string, userId: string): Promise<void> {
    if (!this.owes(tenantId, userId)) return;
    await this.flush();
    if (this.owes(tenantId, userId)) throw new ParlanceError('unavailable', 'A former session is not stored yet.');
  }

  /** Saves what is due and beats. Saves follow one another, so that an older state never overwrites a newer one. */
  flush(beat = false): Promise<void> {
    // A store that answers slowly is not asked more often for it.
    if (beat && this.beating) return Promise.resolve();
    this.beating ||= beat;
    const next = this.saving.then(() => this.save(beat)).finally(() => (this.underway = []));
    this.saving = next.catch(() => undefined);
    return beat ? next.finally(() => (this.beating = false)) : next;
  }

  /** Once more, a few times, as nobody will after this. */
  async finish(): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.flush();
      } catch (error) {
        if (tries === FINAL_TRIES) return this.failed(error);
      }
    }
  }

  private owes(tenantId: string, userId: string): boolean {
    const isTheirs = (one: { readonly tenantId: string; readonly userId: string }): boolean =>
      one.tenantId === tenantId && one.userId === userId;
    return [this.leaving, this.unsettled, this.underway].some((list) => list.some(isTheirs));
  }

  /** Answers whether what is due was saved. `gathers`: with what else comes within a moment. */
  private soon(gathers: boolean): Promise<boolean> {
    const at = gathers ? this.savedAt + GATHER_MS : 0;
    const due = (this.due ??= dueSave());
    if (due.at <= at) return due.promise;
    due.at = at;
    const waitMs = at - performance.now();
    const save = (): void => {
      if (this.due !== due) return;
      this.due = null;
      this.flush().then(
        () => due.done(true),
        (error: unknown) => {
          this.failed(error);
          due.done(false);
        },
      );
    };
    outside(() => (waitMs > 0 ? setTimeout(save, waitMs) : setImmediate(save)));
    return due.promise;
  }

  private failed(error: unknown): void {
    this.logger.warn({ code: 'session-save-failed', err: error }, 'the last checkpoint stands until the next save');
  }

  private async save(beat: boolean): Promise<void> {
    this.savedAt = performance.now();
    const whole = this.isWhole();
    await this.settleAll();
    const checkpoints = beat ? [...this.dirty, ...this.urgent] : [...this.urgent];
    this.urgent.clear();
    for (const connection of checkpoints) this.dirty.delete(connection);
    const open = [...new Set(checkpoints)].flatMap((connection) => this.describe(connection, 'open') ?? []);
    const sessions = [...open, ...this.leaving.splice(0)];
    this.underway = sessions;
    for (let start = 0; start < sessions.length || (beat && start === 0); start += PAGE) {
      const page = sessions.slice(start, start + PAGE);
      try {
        const { asOf } = await this.bus.request(saveSessions, { podId: this.podId, sessions: page });
        if (whole && this.isWhole()) this.wholeAt = asOf;
      } catch (error) {
        // Nothing is forgotten because the store was away for a moment.
        const left = sessions.slice(start).filter((session) => session.state !== 'open');
        this.leaving = [...left, ...this.leaving].slice(-MAX_WAITING);
        for (const connection of checkpoints) if (connection.asOf !== null) this.dirty.add(connection);
        throw error;
      }
    }
  }

  private async settleAll(): Promise<void> {
    const requests = this.unsettled.splice(0);
    this.underway = requests;
    for (let start = 0; start < requests.length; start += SETTLED_AT_ONCE) {
      await Promise.all(requests.slice(start, start + SETTLED_AT_ONCE).map((request) => this.settleOne(request)));
    }
    this.unsettled = this.unsettled.slice(-MAX_WAITING);
  }

  private async settleOne(request: BindRequest): Promise<void> {
    try {
      const { asOf, recent, resumed } = await this.bus.request(bindSession, request);
      const owed = (resumed?.owed ?? []).map(({ roomId, afterPos }) => ({ roomId, pos: afterPos }));
      const handled = recent.map(({ roomId, head }) => ({ roomId, pos: head }));
      const { tenantId, userId, dialect, sessionId } = request;
      this.leaving.push({
        tenantId,
        sessionId,
        userId,
        dialect,
        openRooms: (resumed?.openRooms ?? []).slice(-MAX_ROOMS),
        cursors: new DeliveryCursor(handled, owed).snapshot(),
        asOf: new Date(Date.parse(asOf) - this.slackMs).toISOString(),
        state: 'closed',
      });
    } catch (error) {
      // `conflict`: the client came back and took it up meanwhile.
      if (error instanceof ParlanceError && error.retryable) this.unsettled.push(request);
    }
  }

  private describe(connection: Connection, state: SessionState): SavedSession | null {
    const { identity, dialect } = connection;
    if (identity === null || dialect === null || connection.asOf === null) return null;
    // What still waits to be replayed is not covered by what the gateway heard.
    if (connection.complete) connection.asOf = this.coveredUntil(connection.asOf);
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

function dueSave(): DueSave {
  let done = (_saved: boolean): void => undefined;
  const promise = new Promise<boolean>((resolve) => (done = resolve));
  return { at: Infinity, promise, done: (saved) => done(saved) };
}
