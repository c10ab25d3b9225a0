import { deviceOf } from '@parlance/actions';
import type { Bus } from '@parlance/bus';
import { noteCallSockets, SOCKET_NOTES } from '@parlance/contracts';
import type { UserEvent } from '@parlance/domain';
import type { Logger } from '@parlance/observability';
import type { Connection } from './connection.js';
import { isMeant } from './dispatcher.js';

/** New connections are told of together. */
const GATHER_MS = 250;
/** Notes kept while the call service is away; those beyond are not made, and the calls of theirs end by their own deadlines. */
const MAX_WAITING = 20_000;

interface Key {
  readonly tenantId: string;
  readonly userId: string;
  readonly connectionId: string;
}
interface Told {
  readonly tenantId: string;
  readonly userId: string;
  readonly callId: string;
}
type Here = Key & { readonly device: string; readonly fresh: boolean };

/**
 * Tells the call service of the sockets of people in calls, so that it knows who is lost and what to tell who comes back (ADR 0014). Every
 * connection is told of once, when it has come; from then on only those that are known to belong to somebody in a call. The notes are this
 * gateway's heartbeat, too: when it dies its sockets are taken for gone.
 */
export class CallSockets {
  private here = new Map<string, Here>();
  private left = new Map<string, Key>();
  private heard: Told[] = [];
  /** connections of people in calls */
  private readonly known = new Set<string>();
  /** those that are being told of: it is not known yet whether they are */
  private asked: ReadonlySet<string> = new Set();
  private timer: NodeJS.Timeout | null = null;
  private sending: Promise<void> = Promise.resolve();
  /** the call service did not take the last note: said once, not with every connection that comes */
  private isAway = false;

  constructor(
    private readonly bus: Bus,
    private readonly podId: string,
    private readonly logger: Logger,
  ) {}

  /** A connection is live. */
  arrived(connection: Connection): void {
    this.put(connection, true, GATHER_MS);
  }

  /** These are told of a call of their user: it concerns them from now on. That they heard of its end is passed on. */
  told(event: UserEvent, connections: Iterable<Connection>): void {
    const live = [...connections].filter(({ state }) => state === 'live');
    if (event.type === 'call.offered' || event.type === 'call.accepted') {
      for (const connection of live) this.put(connection, false, 0);
    }
    if (event.type !== 'call.ended' || event.elsewhere) return;
    const heard = live.some((connection) => isMeant(event.device, connection));
    if (!heard || this.heard.length >= MAX_WAITING) return;
    this.heard.push({ tenantId: event.tenantId, userId: event.userId, callId: event.call.id });
    this.soon(0);
  }

  gone(connection: Connection): void {
    const key = keyOf(connection);
    if (key === null) return;
    const { connectionId } = key;
    this.here.delete(connectionId);
    if (!this.known.delete(connectionId) && !this.asked.has(connectionId)) return;
    if (this.left.size < MAX_WAITING) this.left.set(connectionId, key);
    this.soon(0);
  }

  /** Says that this gateway lives, if anybody is in a call here, and repeats what could not be told before. */
  beat(): void {
    const waiting = this.here.size + this.left.size + this.heard.length;
    if (this.known.size > 0 || waiting > 0) this.soon(0, true);
  }

  /** Settles when everything that waits was told, or could not be. */
  async finish(): Promise<void> {
    if (this.timer !== null) clearTimeout(this.timer);
    await this.flush(false);
  }

  private put(connection: Connection, fresh: boolean, withinMs: number): void {
    const key = keyOf(connection);
    const device = connection.identity === null ? null : deviceOf(connection.identity.caller);
    if (key === null || device === null || this.here.size >= MAX_WAITING) return;
    const waiting = this.here.get(key.connectionId);
    if (this.left.get(key.connectionId)?.userId === key.userId) this.left.delete(key.connectionId);
    this.here.set(key.connectionId, { ...key, device, fresh: fresh || waiting?.fresh === true });
    this.soon(withinMs);
  }

  private soon(withinMs: number, beat = false): void {
    if (this.timer !== null && withinMs > 0) return;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = null;
      void this.flush(beat);
    }, withinMs);
  }

  /** One note after another: what is said later must be heard later. Never rejects. */
  private flush(beat: boolean): Promise<void> {
    this.sending = this.sending.then(() => this.send(beat));
    return this.sending;
  }

  private async send(beat: boolean): Promise<void> {
    const here = [...this.here.values()];
    const left = [...this.left.values()];
    const told = this.heard;
    this.here = new Map();
    this.left = new Map();
    this.heard = [];
    const length = Math.max(here.length, left.length, told.length, beat ? 1 : 0);
    for (let start = 0; start < length; start += SOCKET_NOTES) {
      const end = start + SOCKET_NOTES;
      const page = { here: here.slice(start, end), left: left.slice(start, end), told: told.slice(start, end) };
      this.asked = new Set(page.here.map(({ connectionId }) => connectionId));
      try {
        const { known } = await this.bus.request(noteCallSockets, { podId: this.podId, ...page });
        this.isAway = false;
        this.learn(page.here, new Set(known));
      } catch (err) {
        this.failed(err);
        this.keep(here.slice(start), left.slice(start));
        this.heard = [...told.slice(start), ...this.heard].slice(0, MAX_WAITING);
        return;
      } finally {
        this.asked = new Set();
      }
    }
  }

  private failed(err: unknown): void {
    const level = this.isAway ? 'debug' : 'warn';
    this.isAway = true;
    this.logger[level]({ code: 'call-sockets-untold', err }, 'the call service hears of sockets with the next beat');
  }

  /** One that went meanwhile is told of as gone. */
  private learn(here: readonly Here[], known: ReadonlySet<string>): void {
    for (const { connectionId } of here) {
      if (known.has(connectionId) && !this.left.has(connectionId)) this.known.add(connectionId);
    }
  }

  /** Until the next beat; what is newer stands. */
  private keep(here: readonly Here[], left: readonly Key[]): void {
    for (const one of left) if (this.left.size < MAX_WAITING) this.left.set(one.connectionId, one);
    for (const one of here) {
      const newer = this.here.has(one.connectionId) || this.left.has(one.connectionId);
      if (!newer && this.here.size < MAX_WAITING) this.here.set(one.connectionId, one);
    }
  }
}

function keyOf({ identity, sessionId }: Connection): Key | null {
  if (identity === null) return null;
  return { tenantId: identity.caller.tenant.id, userId: identity.user.id, connectionId: sessionId };
}
