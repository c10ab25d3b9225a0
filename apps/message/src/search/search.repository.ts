import { Inject, Injectable } from '@nestjs/common';
import type { MessageType } from '@parlance/domain';
import { Prisma } from '@parlance/persistence';
import { z } from 'zod';
import { Database, rowOf, rowsOf } from '../database/database.js';
import { likePattern } from '../message/message.rules.js';
import { pageRow, type PageRow } from '../message/page.repository.js';

const countRow = z.object({ n: z.int() });

export interface SearchRequest {
  /** null: the server, which must name a room */
  readonly viewerId: string | null;
  readonly roomId: string | null;
  readonly text?: string | undefined;
  readonly types?: readonly MessageType[] | undefined;
  readonly starredOnly?: boolean | undefined;
  readonly before: Moment | null;
  readonly offset: number;
  readonly limit: number;
}

const momentRow = z.object({ at: z.string(), room_id: z.string(), seq: z.int() });
/** A message's place among those of several rooms. `at`: as the database writes it. */
export type Moment = z.infer<typeof momentRow>;

/** Rooms that are looked into, the most recently written first; messages of each; messages in all. */
const MAX_ROOMS = 1_000;
const ROOM_DEPTH = 10_000;
const ONE_ROOM_DEPTH = 100_000;
const TOTAL_DEPTH = 100_000;
/** Found ones that are counted. */
const MAX_COUNT = 10_000;

@Injectable()
export class SearchRepository {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** The newest first. Deleted ones, hidden ones and those that the room itself tells are not found. */
  async find(tenantId: string, request: SearchRequest): Promise<readonly PageRow[]> {
    const { before, offset, limit } = request;
    return rowsOf(
      pageRow,
      this.database.sql.$queryRaw`
        select message.as_shown(f.m) as message, exists (
                 select 1 from message.star s
                  where s.tenant_id = ${tenantId} and s.user_id = ${request.viewerId} and s.room_id = (f.m).room_id
                    and s.seq = (f.m).seq) as starred
          from (${this.#found(tenantId, request)}) f
         where ${before?.at ?? null}::text is null
            or ((f.m).created_at, (f.m).room_id, (f.m).seq)
                 < (${before?.at ?? null}::text::timestamptz, ${before?.room_id ?? null}::text, ${before?.seq ?? null}::bigint)
         order by (f.m).created_at desc, (f.m).room_id desc, (f.m).seq desc
         limit ${limit}::integer offset ${offset}::integer`,
    );
  }

  /** How many there are, wherever the page begins; counted up to 10,000. */
  async count(tenantId: string, request: SearchRequest): Promise<number> {
    const row = await rowOf(
      countRow,
      this.database.sql.$queryRaw`
        select count(*)::integer as n from (select 1 from (${this.#found(tenantId, request)}) f limit ${MAX_COUNT}::integer) c`,
    );
    return row?.n ?? 0;
  }

  /** Where a message stands that this viewer may see. */
  async moment(tenantId: string, viewerId: string | null, messageId: string): Promise<Moment | null> {
    return rowOf(
      momentRow,
      this.database.sql.$queryRaw`
        select m.created_at::text as at, m.room_id, m.seq::double precision as seq
          from message.message m
          join message.room r on r.tenant_id = m.tenant_id and r.id = m.room_id and r.deleted_at is null
         where m.tenant_id = ${tenantId} and m.id = ${messageId}
           and (${viewerId}::text is null or exists (
             select 1 from message.member v
              where v.tenant_id = m.tenant_id and v.room_id = m.room_id and v.user_id = ${viewerId} and v.leave_pos is null))`,
    );
  }

  #found(tenantId: string, request: SearchRequest): Prisma.Sql {
    const { viewerId, text, types, starredOnly } = request;
    const conditions = [Prisma.sql`(c.m).type <> 'info' and (c.m).deleted_at is null`];
    if (text !== undefined) conditions.push(Prisma.sql`(c.m).text ilike ${likePattern(text)}`);
    if (types !== undefined) conditions.push(Prisma.sql`(c.m).type = any(${[...types]}::text[])`);
    if (viewerId !== null) {
      conditions.push(Prisma.sql`not exists (
        select 1 from message.hidden_message x
         where x.tenant_id = ${tenantId} and x.user_id = ${viewerId} and x.room_id = (c.m).room_id and x.seq = (c.m).seq)`);
    }
    const candidates = starredOnly === true ? this.#starred(tenantId, request) : this.#newest(tenantId, request);
    return Prisma.sql`select c.m from (${candidates}) c where ${Prisma.join(conditions, ' and ')}`;
  }

  #starred(tenantId: string, { viewerId, roomId }: SearchRequest): Prisma.Sql {
    return Prisma.sql`
      select m from message.star k
        join message.member v
          on v.tenant_id = k.tenant_id and v.room_id = k.room_id and v.user_id = k.user_id and v.leave_pos is null
        join message.message m on m.tenant_id = k.tenant_id and m.room_id = k.room_id and m.seq = k.seq
       where k.tenant_id = ${tenantId} and k.user_id = ${viewerId} and (${roomId}::text is null or k.room_id = ${roomId})
         and m.seq > message.hidden_up_to(k.tenant_id, k.user_id, k.room_id)
       limit ${TOTAL_DEPTH}::integer`;
  }

  #newest(tenantId: string, { viewerId, roomId }: SearchRequest): Prisma.Sql {
    const rooms =
      viewerId === null
        ? Prisma.sql`
            select r.id as room_id, 0::bigint as hidden_to from message.room r
             where r.tenant_id = ${tenantId} and r.id = ${roomId} and r.deleted_at is null`
        : Prisma.sql`
            select v.room_id, message.hidden_up_to(v.tenant_id, v.user_id, v.room_id) as hidden_to
              from message.member v
              join message.room r on r.tenant_id = v.tenant_id and r.id = v.room_id
              join message.room_head h on h.tenant_id = v.tenant_id and h.room_id = v.room_id
             where v.tenant_id = ${tenantId} and v.user_id = ${viewerId} and v.left_at = 'infinity'
               and (r.kind <> 'broadcast' or v.role in ('owner', 'admin'))
               and (${roomId}::text is null or v.room_id = ${roomId})
             order by h.last_at desc, v.room_id limit ${MAX_ROOMS}::integer`;
    const depth = roomId === null ? ROOM_DEPTH : ONE_ROOM_DEPTH;
    return Prisma.sql`
      select l.m from (${rooms}) k
       cross join lateral (
         select m from message.message m
          where m.tenant_id = ${tenantId} and m.room_id = k.room_id and m.seq > k.hidden_to
          order by m.seq desc limit ${depth}::integer) l
       limit ${TOTAL_DEPTH}::integer`;
  }
}
