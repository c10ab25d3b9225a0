import type { Bus } from '@parlance/bus';
import { markDelivered } from '@parlance/contracts';
import type { FactOf, UserSnapshot } from '@parlance/domain';
import { ParlanceError, snapshotOf } from '@parlance/domain';
import type { Logger } from '@parlance/observability';
import type { Connection } from '../connection.js';
import { keyOf } from '../connection.js';

const PAGE = 250;
/** Watermarks that wait for a store that is away; what is dropped beyond is covered by the next message's. */
const MAX_WAITING = 20_000;
const MAX_MARKS = 64;

interface Mark {
  readonly tenantId: string;
  readonly roomId: string;
  readonly user: UserSnapshot;
  readonly seq: number;
}

/** The newest message of each room that was written since a heartbeat, in the order of heartbeats. */
interface Notes {
  current: Map<string, number>;
  readonly marks: Map<string, number>[];
}

/**
 * Who surely got which message, learned from heartbeats (guarantees.md P4), for wires whose clients never say it themselves. Written
 * once a second, all of it together, so at most once per member and room.
 */
export class DeliveryNotes {
  private readonly notes = new WeakMap<Connection, Notes>();
  private waiting = new Map<string, Mark>();
  private flushing = false;

  constructor(
    private readonly bus: Pick<Bus, 'request'>,
    private readonly logger: Logger,
    private readonly dropped: () => void = () => undefined,
  ) {}

  get size(): number {
    return this.waiting.size;
  }

  /** A message was written to the connection. */
  sent(connection: Connection, { room, message }: FactOf<'message.created'>): void {
    if (connection.dialect?.confirmsDelivery === true || room.kind === 'broadcast') return;
    if (connection.identity?.user.id === message.senderId) return;
    const known = this.notes.get(connection);
    const notes = known ?? { current: new Map<string, number>(), marks: unanswered(connection) };
    if (known === undefined) this.notes.set(connection, notes);
    notes.current.set(room.id, message.seq);
  }

  /** A heartbeat was written: what came before it is confirmed with its answer. */
  mark(connection: Connection): void {
    const notes = this.notes.get(connection);
    if (notes === undefined) return;
    const newest = notes.marks.at(-1);
    if (notes.marks.length < MAX_MARKS || newest === undefined) notes.marks.push(notes.current);
    else for (const [roomId, seq] of notes.current) newest.set(roomId, seq);
    notes.current = new Map();
  }

  /** The oldest unanswered heartbeat was answered. */
  confirm(connection: Connection): void {
    const confirmed = this.notes.get(connection)?.marks.shift();
    const { identity } = connection;
    if (confirmed === undefined || identity === null) return;
    const user = snapshotOf(identity.user);
    const tenantId = identity.caller.tenant.id;
    for (const [roomId, seq] of confirmed) this.add({ tenantId, roomId, user, seq });
  }

  /** The connection is somebody else's from now on. */
  forget(connection: Connection): void {
    this.notes.delete(connection);
  }

  /** Never rejects. */
  async flush(): Promise<void> {
    if (this.flushing) return;
    this.flushing = true;
    const due = [...this.waiting.values()];
    this.waiting = new Map();
    for (const [tenantId, marks] of byTenant(due)) {
      for (let start = 0; start < marks.length; start += PAGE) {
        await this.write(tenantId, marks.slice(start, start + PAGE));
      }
    }
    this.flushing = false;
  }

  private async write(tenantId: string, page: readonly Mark[]): Promise<void> {
    const marks = page.map(({ roomId, user, seq }) => ({ roomId, user, seq }));
    try {
      await this.bus.request(markDelivered, { tenantId, marks });
    } catch (err) {
      this.logger.warn({ code: 'delivery-not-noted', err, tenantId, marks: marks.length }, 'it is noted later');
      if (err instanceof ParlanceError && err.retryable) for (const mark of page) this.add(mark);
    }
  }

  private add(mark: Mark): void {
    const key = `${keyOf(mark.tenantId, mark.roomId)}\u0000${mark.user.id}`;
    const known = this.waiting.get(key);
    if (known === undefined && this.waiting.size >= MAX_WAITING) return this.dropped();
    if (known === undefined || known.seq < mark.seq) this.waiting.set(key, mark);
  }
}

/** Heartbeats under way already confirm nothing of what is written now. */
function unanswered({ cursor }: Connection): Map<string, number>[] {
  return Array.from({ length: cursor.outstanding }, () => new Map<string, number>());
}

function byTenant(marks: readonly Mark[]): Map<string, Mark[]> {
  const groups = new Map<string, Mark[]>();
  for (const mark of marks) {
    const group = groups.get(mark.tenantId);
    if (group === undefined) groups.set(mark.tenantId, [mark]);
    else group.push(mark);
  }
  return groups;
}
