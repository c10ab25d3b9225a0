import { Inject, Injectable } from '@nestjs/common';
import { messageSchema, roomStampSchema, type Message, type RoomStamp } from '@parlance/domain';
import { z } from 'zod';
import { Database, jsonText, rowOf, rowsOf, type RoomScope } from '../database/database.js';

export interface Range {
  readonly afterSeq: number;
  /** exclusive; null: no end */
  readonly beforeSeq: number | null;
  readonly order: 'oldest' | 'newest';
  readonly skip: number;
  readonly limit: number;
  readonly visibleOnly: boolean;
}

export interface Found {
  readonly message: Message;
  readonly room: RoomStamp;
}

const messageRow = z.object({ message: messageSchema });
const foundRow = messageRow.extend({ room: roomStampSchema });
/** Greater than any seq. */
const NO_END = Number.MAX_SAFE_INTEGER;

@Injectable()
export class MessageRepository {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** A message of a living room that this viewer (null: the server) may see now. */
  async find(tenantId: string, messageId: string, viewerId: string | null): Promise<Found | null> {
    return rowOf(
      foundRow,
      this.database.sql.$queryRaw`
        select message.as_message(m) as message, message.as_stamp(r) as room
          from message.message m
          join message.room r on r.tenant_id = m.tenant_id and r.id = m.room_id and r.deleted_at is null
         where m.tenant_id = ${tenantId} and m.id = ${messageId}
           and (${viewerId}::text is null or exists (
             select 1 from message.member v
              where v.tenant_id = m.tenant_id and v.room_id = m.room_id and v.user_id = ${viewerId} and v.leave_pos is null))`,
    );
  }

  /** In seq order. */
  async page(tenantId: string, roomId: string, range: Range): Promise<readonly Message[]> {
    const { afterSeq, beforeSeq, order, skip, limit, visibleOnly } = range;
    const direction = order === 'oldest' ? 1 : -1;
    const rows = await rowsOf(
      messageRow,
      direction === 1
        ? this.database.sql.$queryRaw`
            select message.as_message(m) as message from message.message m
             where m.tenant_id = ${tenantId} and m.room_id = ${roomId} and m.seq > ${afterSeq}::bigint
               and m.seq < ${beforeSeq ?? NO_END}::bigint
               and (not ${visibleOnly}::boolean or (m.type <> 'info' and m.deleted_at is null))
             order by m.seq limit ${limit}::integer offset ${skip}::integer`
        : this.database.sql.$queryRaw`
            select message.as_message(m) as message from message.message m
             where m.tenant_id = ${tenantId} and m.room_id = ${roomId} and m.seq > ${afterSeq}::bigint
               and m.seq < ${beforeSeq ?? NO_END}::bigint
               and (not ${visibleOnly}::boolean or (m.type <> 'info' and m.deleted_at is null))
             order by m.seq desc limit ${limit}::integer offset ${skip}::integer`,
    );
    const messages = rows.map((row) => row.message);
    return direction === 1 ? messages : messages.reverse();
  }

  /** The newest seq, and how many messages are neither deleted nor info: counted by those that are, which are few. */
  async totals(tenantId: string, roomId: string): Promise<{ lastSeq: number; visible: number }> {
    const row = await rowOf(
      z.object({ last_seq: z.int(), hidden: z.int() }),
      this.database.sql.$queryRaw`
        select h.seq::double precision as last_seq, (
                 select count(*)::integer from message.message m
                  where m.tenant_id = h.tenant_id and m.room_id = h.room_id and (m.type = 'info' or m.deleted_at is not null)) as hidden
          from message.room_head h where h.tenant_id = ${tenantId} and h.room_id = ${roomId}`,
    );
    const lastSeq = row?.last_seq ?? 0;
    return { lastSeq, visible: lastSeq - (row?.hidden ?? 0) };
  }

  async edit(scope: RoomScope, message: Message, at: string): Promise<void> {
    await scope.sql.$executeRaw`
      update message.message
         set text = ${message.text}, attachment = ${jsonText(message.attachment)}::jsonb,
             metadata = ${jsonText(message.metadata)}::jsonb, edited_at = ${at}::timestamptz
       where tenant_id = ${scope.tenantId} and room_id = ${scope.roomId} and seq = ${message.seq}::bigint`;
  }

  /** Keeps the place and the sender's key; what was said is gone. */
  async erase(scope: RoomScope, seq: number, at: string): Promise<void> {
    await scope.sql.$executeRaw`
      update message.message
         set text = null, attachment = null, metadata = null, extras = null, deleted_at = ${at}::timestamptz
       where tenant_id = ${scope.tenantId} and room_id = ${scope.roomId} and seq = ${seq}::bigint`;
  }
}
