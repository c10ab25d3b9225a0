import { Inject, Injectable } from '@nestjs/common';
import { messageSchema, roomStampSchema, type Extras, type Message, type RoomStamp } from '@parlance/domain';
import { z } from 'zod';
import { Database, jsonText, rowOf, type RoomScope } from '../database/database.js';

export interface Found {
  readonly message: Message;
  readonly room: RoomStamp;
}

const messageRow = z.object({ message: messageSchema });
const foundRow = messageRow.extend({ room: roomStampSchema });

@Injectable()
export class MessageRepository {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** A message of a living room that this viewer (null: the server) may see now. */
  async find(tenantId: string, messageId: string, viewerId: string | null): Promise<Found | null> {
    return rowOf(
      foundRow,
      this.database.sql.$queryRaw`
        select message.as_shown(m) as message, message.as_stamp(r) as room
          from message.message m
          join message.room r on r.tenant_id = m.tenant_id and r.id = m.room_id and r.deleted_at is null
         where m.tenant_id = ${tenantId} and m.id = ${messageId}
           and (${viewerId}::text is null or exists (
             select 1 from message.member v
              where v.tenant_id = m.tenant_id and v.room_id = m.room_id and v.user_id = ${viewerId} and v.leave_pos is null))`,
    );
  }

  async edit(scope: RoomScope, message: Message, at: string): Promise<void> {
    await scope.sql.$executeRaw`
      update message.message
         set type = ${message.type}, text = ${message.text}, attachment = ${jsonText(message.attachment)}::jsonb,
             metadata = ${jsonText(message.metadata)}::jsonb, edited_at = ${at}::timestamptz
       where tenant_id = ${scope.tenantId} and room_id = ${scope.roomId} and seq = ${message.seq}::bigint`;
  }

  /** Keeps the place and the sender's key; what was said is gone, and what members put beside it. */
  async erase(scope: RoomScope, seq: number, extras: Extras, at: string): Promise<void> {
    await scope.sql.$executeRaw`
      update message.message
         set text = null, attachment = null, metadata = null, extras = ${jsonText(extras)}::jsonb, pinned_at = null, deleted_at = ${at}::timestamptz
       where tenant_id = ${scope.tenantId} and room_id = ${scope.roomId} and seq = ${seq}::bigint`;
    await scope.sql.$executeRaw`
      with unpinned as (
        delete from message.pin
         where tenant_id = ${scope.tenantId} and room_id = ${scope.roomId} and seq = ${seq}::bigint)
      delete from message.reaction
       where tenant_id = ${scope.tenantId} and room_id = ${scope.roomId} and seq = ${seq}::bigint`;
  }
}
