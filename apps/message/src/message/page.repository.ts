import { Inject, Injectable } from '@nestjs/common';
import { messageSchema, type Message, type MessageType } from '@parlance/domain';
import { Prisma } from '@parlance/persistence';
import { z } from 'zod';
import { Database, rowOf, rowsOf } from '../database/database.js';
import { likePattern } from './message.rules.js';

const countRow = z.object({ n: z.int() });
const totalRow = z.object({ last_seq: z.int(), total: z.int() });
const repliedRow = z.object({ message: messageSchema });

/** Which messages of a room are asked for. Absent: no matter. */
export interface Wanted {
  readonly text?: string | undefined;
  readonly types?: readonly MessageType[] | undefined;
  readonly links?: boolean | undefined;
  readonly starredOnly?: boolean | undefined;
  readonly pinnedOnly?: boolean | undefined;
}

export interface Range {
  readonly afterSeq: number;
  /** exclusive; null: no end */
  readonly beforeSeq: number | null;
  readonly order: 'oldest' | 'newest';
  readonly skip: number;
  readonly limit: number;
}

/** A room seen by somebody. `viewerId` null: by the server, who starred and hid nothing. */
export interface Sight {
  readonly tenantId: string;
  readonly roomId: string;
  readonly viewerId: string | null;
  /** leave out what is deleted, and `info` messages */
  readonly visibleOnly: boolean;
  /** do not leave out what the viewer deleted for itself */
  readonly withHidden: boolean;
}

export const pageRow = z.object({ message: messageSchema, starred: z.boolean() });
export type PageRow = z.infer<typeof pageRow>;

/** Greater than any seq. */
const NO_END = Number.MAX_SAFE_INTEGER;
/** Messages that are looked at for a text, at most; and as many a filter counts. */
const SEARCH_DEPTH = 100_000;
const LINK = String.raw`(https?://|www\.)\S`;

/** Pages of one room's messages. Every value is a parameter; what differs in the text is chosen from what stands here. */
@Injectable()
export class PageRepository {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** In seq order. */
  async page(scope: Sight, range: Range, wanted: Wanted): Promise<readonly PageRow[]> {
    const newest = range.order === 'newest';
    const order = newest ? Prisma.sql`desc` : Prisma.sql`asc`;
    return rowsOf(
      pageRow,
      this.database.sql.$queryRaw`
        with found as materialized (
          select f.m from (${this.#candidates(scope, range, wanted, order)}) f
           where ${this.#filter(scope, wanted)}
           order by (f.m).seq ${order} limit ${range.limit}::integer offset ${range.skip}::integer)
        select message.as_shown(f.m) as message, exists (
                 select 1 from message.star s
                  where s.tenant_id = ${scope.tenantId} and s.user_id = ${scope.viewerId} and s.room_id = ${scope.roomId}
                    and s.seq = (f.m).seq) as starred
          from found f order by (f.m).seq`,
    );
  }

  /** How many the filter leaves in the whole room; counted up to the search depth. */
  async count(scope: Sight, wanted: Wanted): Promise<number> {
    const whole = { afterSeq: 0, beforeSeq: null };
    const row = await rowOf(
      countRow,
      this.database.sql.$queryRaw`
        select count(*)::integer as n from (${this.#candidates(scope, whole, wanted, Prisma.sql`desc`)}) f
         where ${this.#filter(scope, wanted)}`,
    );
    return row?.n ?? 0;
  }

  /** The newest seq, and how many messages there are for this viewer: counted by those that are not, which are few. */
  async totals(scope: Sight): Promise<{ lastSeq: number; total: number }> {
    const { tenantId, roomId, viewerId, visibleOnly } = scope;
    const row = await rowOf(
      totalRow,
      this.database.sql.$queryRaw`
        select h.seq::double precision as last_seq, (h.seq - b.hidden_to - (
                 select count(*) from message.message m
                  where ${visibleOnly}::boolean and m.tenant_id = h.tenant_id and m.room_id = h.room_id
                    and (m.type = 'info' or m.deleted_at is not null) and m.seq > b.hidden_to) - (
                 select count(*) from message.hidden_message x
                   join message.message m on m.tenant_id = x.tenant_id and m.room_id = x.room_id and m.seq = x.seq
                  where not ${scope.withHidden}::boolean and x.tenant_id = h.tenant_id and x.user_id = ${viewerId}
                    and x.room_id = h.room_id and x.seq > b.hidden_to
                    and not (${visibleOnly}::boolean and (m.type = 'info' or m.deleted_at is not null))))::double precision as total
          from message.room_head h
         cross join lateral (
           select case when ${scope.withHidden}::boolean then 0
                       else message.hidden_up_to(h.tenant_id, ${viewerId}, h.room_id) end as hidden_to) b
         where h.tenant_id = ${tenantId} and h.room_id = ${roomId}`,
    );
    return { lastSeq: row?.last_seq ?? 0, total: row?.total ?? 0 };
  }

  /** The messages that others answer, of those that this viewer may see now. */
  async replied(tenantId: string, viewerId: string | null, ids: readonly string[]): Promise<readonly Message[]> {
    if (ids.length === 0) return [];
    const rows = await rowsOf(
      repliedRow,
      this.database.sql.$queryRaw`
        select message.as_message(m) as message
          from message.message m
          join message.room r on r.tenant_id = m.tenant_id and r.id = m.room_id and r.deleted_at is null
         where m.tenant_id = ${tenantId} and m.id = any(${[...ids]}::text[])
           and (${viewerId}::text is null or exists (
             select 1 from message.member v
              where v.tenant_id = m.tenant_id and v.room_id = m.room_id and v.user_id = ${viewerId} and v.leave_pos is null))`,
    );
    return rows.map((row) => row.message);
  }

  /** Starred and pinned ones are found by their own keys; a text is looked for in the nearest messages alone. */
  #candidates(
    scope: Sight,
    { afterSeq, beforeSeq }: Pick<Range, 'afterSeq' | 'beforeSeq'>,
    wanted: Wanted,
    order: Prisma.Sql,
  ) {
    const { tenantId, roomId, viewerId } = scope;
    const marked =
      wanted.starredOnly === true
        ? Prisma.sql`join message.star k on k.tenant_id = m.tenant_id and k.user_id = ${viewerId} and k.room_id = m.room_id and k.seq = m.seq`
        : wanted.pinnedOnly === true
          ? Prisma.sql`join message.pin k on k.tenant_id = m.tenant_id and k.room_id = m.room_id and k.seq = m.seq`
          : Prisma.empty;
    const hiddenTo = scope.withHidden
      ? Prisma.sql`0`
      : Prisma.sql`message.hidden_up_to(${tenantId}, ${viewerId}, ${roomId})`;
    const bound = isFiltered(wanted)
      ? Prisma.sql`order by m.seq ${order} limit ${SEARCH_DEPTH}::integer`
      : Prisma.empty;
    return Prisma.sql`
      select m from message.message m ${marked}
       where m.tenant_id = ${tenantId} and m.room_id = ${roomId} and m.seq > greatest(${afterSeq}::bigint, (select ${hiddenTo}))
         and m.seq < ${beforeSeq ?? NO_END}::bigint ${bound}`;
  }

  #filter({ tenantId, roomId, viewerId, visibleOnly, withHidden }: Sight, { text, types, links, pinnedOnly }: Wanted) {
    const conditions = [Prisma.sql`true`];
    if (visibleOnly) conditions.push(Prisma.sql`(f.m).type <> 'info' and (f.m).deleted_at is null`);
    if (text !== undefined) conditions.push(Prisma.sql`(f.m).text ilike ${likePattern(text)}`);
    if (types !== undefined) conditions.push(Prisma.sql`(f.m).type = any(${[...types]}::text[])`);
    if (links === true) conditions.push(Prisma.sql`(f.m).text ~* ${LINK}`);
    if (pinnedOnly === true) conditions.push(Prisma.sql`(f.m).pinned_at is not null`);
    if (!withHidden && viewerId !== null) {
      conditions.push(Prisma.sql`not exists (
        select 1 from message.hidden_message x
         where x.tenant_id = ${tenantId} and x.user_id = ${viewerId} and x.room_id = ${roomId} and x.seq = (f.m).seq)`);
    }
    return Prisma.join(conditions, ' and ');
  }
}

export function isFiltered({ text, types, links, starredOnly, pinnedOnly }: Wanted): boolean {
  return text !== undefined || types !== undefined || links === true || starredOnly === true || pinnedOnly === true;
}

export function repliedIds(messages: readonly Message[]): readonly string[] {
  return [...new Set(messages.flatMap(({ replyTo }) => (replyTo === null ? [] : [replyTo])))];
}
