import type { ClientRecord, HistoryIndex, Membership, ReceiptRecord, RoomListener } from './history.index.js';
import { membershipKey } from './history.index.js';
import type { RoomLog, Stored } from './room-log.js';
import type { Problems } from './verdict.js';

/** What one client must have seen of a room's log, and what it saw. */
export class ClientInRoom {
  readonly name: string;
  private readonly seen = new Set<number>();
  private readonly membership: readonly Membership[];
  /** place in the log of the newest entry seen on any connection */
  private newest: number | null = null;
  private firstSeq: number | null = null;

  constructor(
    private readonly client: ClientRecord,
    private readonly listener: RoomListener,
    private readonly log: RoomLog,
    private readonly index: HistoryIndex,
  ) {
    this.name = client.name;
    this.membership = index.memberships.get(membershipKey(client.user, log.room)) ?? [];
  }

  /** Judges what arrived, in the order in which it did. To be called once, before `missing`. */
  walk(problems: Problems): void {
    let connection: string | null = null;
    let here = new Set<number>();
    /** place in the log of the newest entry of this connection */
    let last: number | null = null;
    for (const receipt of this.listener.receipts) {
      if (receipt.connection !== connection) {
        connection = receipt.connection;
        here = new Set();
        last = null;
      }
      const entry = this.entryOf(receipt, problems);
      if (entry === null) continue;
      const place = this.log.placeOf.get(entry.seq) ?? 0;
      if (here.has(entry.seq)) {
        this.report(problems, 'repeated', [receipt.key], `came twice on ${receipt.connection}`);
      } else if (last !== null && place < last) {
        const before = nameOf(this.log.entries[last]);
        this.report(problems, 'out-of-order', [before, receipt.key], `${receipt.key} came after ${before}`);
      } else {
        this.reportGap(last ?? this.newest, place, receipt, problems);
        last = place;
      }
      here.add(entry.seq);
      this.note(entry.seq, place);
    }
  }

  /** What the client had to get by now and did not; only a client that is connected has to. */
  missing(): readonly Stored[] {
    if (!this.client.working) return [];
    return this.log.entries.filter(
      (entry) => !this.seen.has(entry.seq) && !this.mayMiss(entry) && this.wasListening(entry),
    );
  }

  private note(seq: number, place: number): void {
    this.seen.add(seq);
    this.firstSeq ??= seq;
    this.newest = Math.max(this.newest ?? place, place);
  }

  private entryOf(receipt: ReceiptRecord, problems: Problems): Stored | null {
    const entry = this.log.byKey.get(receipt.key);
    if (entry === undefined) {
      if (this.index.deleted.has(receipt.key)) return null;
      this.report(problems, 'phantom', [receipt.key], 'received, and not in the log');
      return null;
    }
    if (receipt.messageId !== null && receipt.messageId !== entry.id) {
      const detail = `received as ${receipt.messageId}, stored as ${entry.id}`;
      this.report(problems, 'answers-differ', [receipt.key], detail);
    }
    if (this.isForbidden(entry)) {
      this.report(problems, 'not-a-member', [receipt.key], `reached ${this.client.user}, who was not a member`);
    }
    return entry;
  }

  /** `from`: the place before the first one that had to come; null: nothing had come yet, any start is right. */
  private reportGap(from: number | null, place: number, receipt: ReceiptRecord, problems: Problems): void {
    if (from === null) return;
    const skipped = this.log.entries
      .slice(from + 1, place)
      .filter((entry) => !this.seen.has(entry.seq) && !this.mayMiss(entry));
    if (skipped.length === 0) return;
    const detail = `${receipt.key} came on ${receipt.connection} before what stands ahead of it`;
    this.report(problems, 'gap', [...skipped.map(nameOf), receipt.key], detail);
  }

  private mayMiss(entry: Stored): boolean {
    if (entry.deleted || entry.quiet || (entry.key !== null && this.index.deleted.has(entry.key))) return true;
    if (entry.send?.client === this.client.name && !this.client.hearsOwn) return true;
    return !this.wasSurelyMember(entry);
  }

  /** Sent after the client listened, or after something it received: before that, silence is right. */
  private wasListening({ send, seq }: Stored): boolean {
    if (this.firstSeq !== null && seq > this.firstSeq) return true;
    const { openedAt } = this.listener;
    return openedAt !== null && send !== null && send.sentAt > openedAt;
  }

  /** Whatever was under way while the membership changed may fall on either side. */
  private wasSurelyMember({ send }: Stored): boolean {
    const joined = this.membership.findLast(({ change, at }) => change === 'joined' && at < (send?.sentAt ?? Infinity));
    if (joined === undefined) return false;
    const leaving = this.membership.find(({ change, at }) => change === 'leaving' && at > joined.at);
    return leaving === undefined || (send?.ackedAt ?? Infinity) < leaving.at;
  }

  private isForbidden({ send }: Stored): boolean {
    if (this.membership.every(({ change }) => change !== 'joined')) return true;
    const left = this.membership.findLast(({ change }) => change === 'left');
    if (left === undefined || send === null || send.sentAt < left.at) return false;
    return !this.membership.some(({ change, at }) => change === 'joined' && at > left.at);
  }

  private report(
    problems: Problems,
    rule: 'phantom' | 'gap' | 'out-of-order' | 'repeated' | 'answers-differ' | 'not-a-member',
    keys: readonly string[],
    detail: string,
  ): void {
    problems.add({ rule, room: this.log.room, client: this.client.name, keys, detail });
  }
}

export function nameOf(entry: Stored | undefined): string {
  return entry?.key ?? entry?.id ?? '?';
}
