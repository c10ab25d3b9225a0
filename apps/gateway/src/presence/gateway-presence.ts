import type { Connection } from '../connection.js';
import type { DeliveryNotes } from './delivery-notes.js';
import type { Introductions } from './introductions.js';
import type { LeaseMember, LeaseReporter } from './lease-reporter.js';
import type { TypingDesk } from './typing-desk.js';

/** What the coming and going of a connection means to others: its user's presence, its typing, what it got. */
export class GatewayPresence {
  /** as whom each was reported: a connection that gives its user up must be taken back as that one */
  private readonly shown = new Map<Connection, LeaseMember>();

  constructor(
    private readonly reporter: Pick<LeaseReporter, 'enter' | 'leave'>,
    private readonly typing: Pick<TypingDesk, 'gone'>,
    private readonly deliveries: Pick<DeliveryNotes, 'forget'>,
    private readonly introductions: Pick<Introductions, 'bound'>,
  ) {}

  /** It is bound, or shows itself again. Repeating it changes nothing. */
  show(connection: Connection): void {
    const { identity } = connection;
    if (identity === null || connection.state === 'closed' || this.shown.has(connection)) return;
    const { caller, user } = identity;
    const member = { tenantId: caller.tenant.id, userId: user.id, connectionId: connection.sessionId };
    this.shown.set(connection, member);
    this.reporter.enter(member);
    this.introductions.bound(connection);
  }

  isShown(connection: Connection): boolean {
    return this.shown.has(connection);
  }

  /** It stays, but its user does not want to be seen by it. */
  hide(connection: Connection): void {
    const member = this.shown.get(connection);
    if (member === undefined) return;
    this.shown.delete(connection);
    this.reporter.leave(member);
  }

  /** It closed, or gave its user up. Repeating it changes nothing. */
  gone(connection: Connection): void {
    this.typing.gone(connection);
    this.deliveries.forget(connection);
    this.hide(connection);
  }
}
