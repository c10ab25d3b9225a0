import { Inject, Injectable } from '@nestjs/common';
import { instantSchema, roomStampSchema } from '@parlance/domain';
import { z } from 'zod';
import { Database, rowOf } from '../database/database.js';

export type ReceiptKind = 'read' | 'delivered';

const watermarksRow = z.object({ read_seq: z.int(), delivered_seq: z.int() });
const movedRow = watermarksRow.extend({
  at: instantSchema,
  room: roomStampSchema,
  message_id: z.string().nullable(),
});

export type Watermarks = z.infer<typeof watermarksRow>;
export type Moved = z.infer<typeof movedRow>;

@Injectable()
export class ReceiptRepository {
  constructor(@Inject(Database) private readonly database: Database) {}

  /**
   * Moves a member's watermark to `seq`, at most to the newest message (null: to it); reading also delivers. Null: it is there
   * already, or the user is no member. Two at once cannot move it back: the second looks at the row again.
   */
  async advance(
    tenantId: string,
    roomId: string,
    userId: string,
    kind: ReceiptKind,
    seq: number | null,
  ): Promise<Moved | null> {
    const reads = kind === 'read';
    return rowOf(
      movedRow,
      this.database.sql.$queryRaw`
        with target as materialized (
          select least(coalesce(${seq}::bigint, h.seq), h.seq) as seq, date_trunc('milliseconds', clock_timestamp()) as at
            from message.room_head h where h.tenant_id = ${tenantId} and h.room_id = ${roomId}
        ), moved as (
          update message.member m
             set read_seq = case when ${reads}::boolean then greatest(m.read_seq, t.seq) else m.read_seq end,
                 read_at = case when ${reads}::boolean then t.at else m.read_at end,
                 delivered_at = case when m.delivered_seq < t.seq then t.at else m.delivered_at end,
                 delivered_seq = greatest(m.delivered_seq, t.seq)
            from target t
           where m.tenant_id = ${tenantId} and m.room_id = ${roomId} and m.user_id = ${userId} and m.leave_pos is null
             and case when ${reads}::boolean then m.read_seq else m.delivered_seq end < t.seq
          returning m.read_seq, m.delivered_seq, t.at, t.seq
        )
        select v.read_seq::double precision as read_seq, v.delivered_seq::double precision as delivered_seq, message.iso(v.at) as at,
               message.as_stamp(r) as room, (
                 select c.id from message.message c
                  where c.tenant_id = ${tenantId} and c.room_id = ${roomId} and c.seq = v.seq) as message_id
          from moved v
          join message.room r on r.tenant_id = ${tenantId} and r.id = ${roomId}`,
    );
  }

  /** Null: no member. */
  async watermarks(tenantId: string, roomId: string, userId: string): Promise<Watermarks | null> {
    return rowOf(
      watermarksRow,
      this.database.sql.$queryRaw`
        select read_seq::double precision as read_seq, delivered_seq::double precision as delivered_seq from message.member
         where tenant_id = ${tenantId} and room_id = ${roomId} and user_id = ${userId} and leave_pos is null`,
    );
  }
}
