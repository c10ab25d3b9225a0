import { Inject, Injectable } from '@nestjs/common';
import { roomStampSchema, userSnapshotSchema, type UserSnapshot } from '@parlance/domain';
import { z } from 'zod';
import { Database, jsonText, rowOf, rowsOf, type Sql } from '../database/database.js';

const listRow = z.object({
  messageId: z.string(),
  room: roomStampSchema,
  sender: userSnapshotSchema,
  text: z.string(),
});

/** One stream, or one sender's streams, inside one transaction. */
export interface StreamScope {
  readonly sql: Sql;
  readonly tenantId: string;
}

export interface NewStream {
  readonly messageId: string;
  readonly roomId: string;
  readonly sender: UserSnapshot;
  readonly origin: string | null;
  readonly replyTo: string | null;
}

export const streamRow = z.object({
  tenant_id: z.string(),
  message_id: z.string(),
  room_id: z.string(),
  sender: userSnapshotSchema,
  origin: z.string().nullable(),
  reply_to: z.string().nullable(),
  body: z.string(),
  units: z.int(),
  next_index: z.int(),
  ending: z.string().nullable(),
});
/** A stream as it is kept. `units`: UTF-16 units of `body`. `ending`: the text it is to end with, once that is decided. */
export type StreamRow = z.infer<typeof streamRow>;

const placeRow = z.object({ room: roomStampSchema, frozen: z.boolean(), blocked: z.boolean() });

@Injectable()
export class StreamRepository {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** The living room that this user is in, and what keeps it from writing there. Null: not in it. */
  async place(tenantId: string, roomId: string, userId: string): Promise<z.infer<typeof placeRow> | null> {
    return rowOf(
      placeRow,
      this.database.sql.$queryRaw`
        select message.as_stamp(r) as room, r.frozen,
               r.kind = 'direct' and message.is_blocked(r.tenant_id, r.user_a, r.user_b) as blocked
          from message.room r
          join message.member m
            on m.tenant_id = r.tenant_id and m.room_id = r.id and m.user_id = ${userId} and m.leave_pos is null
         where r.tenant_id = ${tenantId} and r.id = ${roomId} and r.deleted_at is null`,
    );
  }

  /** Opens a stream unless the sender has so many already; senders take turns. False: it has. */
  async open(scope: StreamScope, stream: NewStream, maxOpen: number): Promise<boolean> {
    const { sql, tenantId } = scope;
    const { messageId, roomId, sender, origin, replyTo } = stream;
    await sql.$queryRaw`select message.take_turn(${tenantId}, ${sender.id}, 'streams')::text as turn`;
    const added = await sql.$executeRaw`
      insert into message.stream (tenant_id, message_id, room_id, sender_id, sender, origin, reply_to, opened_at, touched_at)
      select ${tenantId}, ${messageId}, ${roomId}, ${sender.id}, ${jsonText(sender)}::jsonb, ${origin}, ${replyTo},
             clock_timestamp(), clock_timestamp()
       where ${maxOpen}::integer > (select count(*) from message.stream s
                                     where s.tenant_id = ${tenantId} and s.sender_id = ${sender.id} and s.ending is null)`;
    return added > 0;
  }

  /** A stream of this sender (null: of any), locked until the transaction ends. */
  async lock(scope: StreamScope, messageId: string, senderId: string | null): Promise<StreamRow | null> {
    return rowOf(
      streamRow,
      scope.sql.$queryRaw`
        select s.tenant_id, s.message_id, s.room_id, s.sender, s.origin, s.reply_to, s.body, s.units, s.next_index, s.ending
          from message.stream s
         where s.tenant_id = ${scope.tenantId} and s.message_id = ${messageId}
           and (${senderId}::text is null or s.sender_id = ${senderId}) for update`,
    );
  }

  async append(scope: StreamScope, messageId: string, text: string): Promise<void> {
    await scope.sql.$executeRaw`
      update message.stream
         set body = body || ${text}, units = units + ${text.length}::integer, next_index = next_index + 1,
             touched_at = clock_timestamp()
       where tenant_id = ${scope.tenantId} and message_id = ${messageId}`;
  }

  /** Decides with which text it ends. */
  async decide(scope: StreamScope, messageId: string, ending: string): Promise<void> {
    await scope.sql.$executeRaw`
      update message.stream set ending = ${ending}, touched_at = clock_timestamp()
       where tenant_id = ${scope.tenantId} and message_id = ${messageId}`;
  }

  /** Takes the decision back: the message could not be stored for now. */
  async reopen(tenantId: string, messageId: string): Promise<void> {
    await this.database.sql.$executeRaw`
      update message.stream set ending = null where tenant_id = ${tenantId} and message_id = ${messageId}`;
  }

  async remove(tenantId: string, messageId: string): Promise<void> {
    await this.database.sql.$executeRaw`
      delete from message.stream where tenant_id = ${tenantId} and message_id = ${messageId}`;
  }

  /** What is being written in the rooms that this user is in (or one of them), the oldest first. */
  async list(tenantId: string, userId: string, roomId: string | null, limit: number) {
    return rowsOf(
      listRow,
      this.database.sql.$queryRaw`
        select s.message_id as "messageId", message.as_stamp(r) as room, s.sender, s.body as text
          from message.member m
          join message.room r on r.tenant_id = m.tenant_id and r.id = m.room_id and r.deleted_at is null
          join message.stream s on s.tenant_id = m.tenant_id and s.room_id = m.room_id
         where m.tenant_id = ${tenantId} and m.user_id = ${userId} and m.left_at = 'infinity'
           and (${roomId}::text is null or m.room_id = ${roomId})
         order by s.opened_at, s.message_id limit ${limit}::integer`,
    );
  }
}
