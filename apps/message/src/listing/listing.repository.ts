import { Inject, Injectable } from '@nestjs/common';
import { listRooms, type RoomListing } from '@parlance/contracts';
import { z } from 'zod';
import { Database, rowsOf } from '../database/database.js';
import { likePattern } from '../message/message.rules.js';

export type ListRequest = z.output<typeof listRooms.input>;

/** P9: unread is counted up to this. */
export const MAX_UNREAD = 1_000;
/** Messages after the read watermark that are looked at for it; all but those of the user itself count, as a rule. */
const UNREAD_DEPTH = 10_000;

const listingRow = z.object({ listing: listRooms.output.shape.rooms.element, total: z.int() });

@Injectable()
export class ListingRepository {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** A page of what one user sees of its rooms, and how many the filter leaves. */
  async list(tenantId: string, userId: string, request: ListRequest): Promise<{ rooms: RoomListing[]; total: number }> {
    const { roomId, withMessagesOnly, title, kinds, muted, archived, hidden, updatedAfter, unreadFirst } = request;
    const { offset, limit, memberLimit } = request;
    const shown = roomId === undefined ? (hidden ?? false) : hidden;
    const rows = await rowsOf(
      listingRow,
      this.database.sql.$queryRaw`
        with mine as materialized (
          select m as self, r as room, p as own, h.seq, h.last_at, count(*) over () as total,
                 greatest(m.read_seq, message.hidden_up_to(m.tenant_id, m.user_id, m.room_id)) as seen_seq
            from message.member m
            join message.room r on r.tenant_id = m.tenant_id and r.id = m.room_id
            join message.room_head h on h.tenant_id = m.tenant_id and h.room_id = m.room_id
            left join message.room_preferences p
              on p.tenant_id = m.tenant_id and p.user_id = m.user_id and p.room_id = m.room_id
           where m.tenant_id = ${tenantId} and m.user_id = ${userId} and m.left_at = 'infinity'
             and (r.kind <> 'broadcast' or m.role in ('owner', 'admin'))
             and (${roomId ?? null}::text is null or m.room_id = ${roomId ?? null})
             and (${kinds === undefined ? null : [...kinds]}::text[] is null or r.kind = any(${kinds === undefined ? null : [...kinds]}::text[]))
             and (${muted ?? null}::boolean is null or coalesce(p.muted, false) = ${muted ?? null}::boolean)
             and (${archived ?? null}::boolean is null or coalesce(p.archived, false) = ${archived ?? null}::boolean)
             and (${shown ?? null}::boolean is null or coalesce(message.is_hidden(p), false) = ${shown ?? null}::boolean)
             and (${updatedAfter ?? null}::timestamptz is null or h.last_at > ${updatedAfter ?? null}::timestamptz)
             and (${patternOf(title)}::text is null or r.name ilike ${patternOf(title)} or p.nickname ilike ${patternOf(title)})
             and (not ${withMessagesOnly}::boolean or message.last_shown(m) is not null)
        ), page as (
          select c.*, (${unreadFirst ?? false}::boolean and message.unread(c.self, c.seen_seq, 1, ${UNREAD_DEPTH}::integer) > 0) as first
            from mine c
           order by first desc, c.last_at desc, (c.room).id limit ${limit}::integer offset ${offset}::integer
        )
        select (select count(*) from mine)::integer as total, jsonb_build_object(
                 'state', jsonb_build_object('room', message.as_room(p.room, p.seq), 'members', message.as_members(p.room, ${memberLimit}::integer)),
                 'self', message.as_member(p.self), 'unread', message.unread(p.self, p.seen_seq, ${MAX_UNREAD}::integer, ${UNREAD_DEPTH}::integer),
                 'lastMessage', message.last_shown(p.self), 'preferences', message.as_preferences(p.own)) as listing
          from page p
         order by p.first desc, p.last_at desc, (p.room).id`,
    );
    const total = rows[0]?.total ?? (offset === 0 ? 0 : await this.#count(tenantId, userId, request));
    return { rooms: rows.map((row) => row.listing), total };
  }

  /** A page beyond the end has no row that could carry the total. */
  async #count(tenantId: string, userId: string, request: ListRequest): Promise<number> {
    const { total } = await this.list(tenantId, userId, { ...request, offset: 0, limit: 1, memberLimit: 1 });
    return total;
  }
}

function patternOf(title: string | undefined): string | null {
  return title === undefined ? null : likePattern(title);
}
