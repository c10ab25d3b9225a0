import { Inject, Injectable } from '@nestjs/common';
import { instantSchema, roomStampSchema } from '@parlance/domain';
import { z } from 'zod';
import { Database, rowsOf } from '../database/database.js';

export interface Delivered {
  readonly roomId: string;
  readonly userId: string;
  readonly seq: number;
}

/** Rooms above this tell nobody who got what (guarantees.md section 3). */
export const MAX_DELIVERY_MEMBERS = 32;

const deliveredRow = z.object({
  user_id: z.string(),
  read_seq: z.int(),
  delivered_seq: z.int(),
  message_id: z.string().nullable(),
  at: instantSchema,
  room: roomStampSchema,
});
export type DeliveredRow = z.infer<typeof deliveredRow>;

@Injectable()
export class DeliveryRepository {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** Moves them forward, all in one statement; rows are locked in one order. Those that moved come back. */
  async advance(tenantId: string, marks: readonly Delivered[]): Promise<readonly DeliveredRow[]> {
    const rooms = marks.map(({ roomId }) => roomId);
    const users = marks.map(({ userId }) => userId);
    const seqs = marks.map(({ seq }) => seq);
    return rowsOf(
      deliveredRow,
      this.database.sql.$queryRaw`
        with asked as materialized (
          select i.room_id, i.user_id, max(i.seq) as seq
            from unnest(${rooms}::text[], ${users}::text[], ${seqs}::bigint[]) as i (room_id, user_id, seq)
           group by i.room_id, i.user_id
        ), target as materialized (
          select m.room_id, m.user_id, m.join_pos, least(a.seq, h.seq) as seq
            from asked a
            join message.room_head h on h.tenant_id = ${tenantId} and h.room_id = a.room_id
            join message.member m on m.tenant_id = ${tenantId} and m.room_id = a.room_id and m.user_id = a.user_id and m.leave_pos is null
           where m.delivered_seq < least(a.seq, h.seq)
             and (select count(*) from (
                   select 1 from message.member o
                    where o.tenant_id = ${tenantId} and o.room_id = a.room_id and o.leave_pos is null
                    limit ${MAX_DELIVERY_MEMBERS}::integer + 1) x) <= ${MAX_DELIVERY_MEMBERS}::integer
           order by m.room_id, m.user_id
             for no key update of m
        ), moved as (
          update message.member m
             set delivered_seq = t.seq, delivered_at = date_trunc('milliseconds', clock_timestamp())
            from target t
           where m.tenant_id = ${tenantId} and m.room_id = t.room_id and m.user_id = t.user_id and m.join_pos = t.join_pos
             and m.delivered_seq < t.seq
          returning m.room_id, m.user_id, m.read_seq, m.delivered_seq, m.delivered_at
        )
        select v.user_id, v.read_seq::double precision as read_seq, v.delivered_seq::double precision as delivered_seq,
               message.iso(v.delivered_at) as at, message.as_stamp(r) as room, (
                 select c.id from message.message c
                  where c.tenant_id = ${tenantId} and c.room_id = v.room_id and c.seq = v.delivered_seq) as message_id
          from moved v join message.room r on r.tenant_id = ${tenantId} and r.id = v.room_id`,
    );
  }
}
