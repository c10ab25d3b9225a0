import { Injectable } from '@nestjs/common';
import {
  instantSchema,
  messageSchema,
  roleSchema,
  roomSchema,
  roomStampSchema,
  type Fact,
  type Message,
  type Role,
  type Room,
  type RoomStamp,
  type UserSnapshot,
} from '@parlance/domain';
import { z } from 'zod';
import { jsonText, rowOf, type RoomScope } from '../database/database.js';

const roleRow = z.object({ role: roleSchema });
const messageRow = z.object({ message: messageSchema });
const insertRow = z.object({ id: z.string() });

const lockedSchema = z.object({
  room: roomSchema,
  stamp: roomStampSchema,
  pos: z.int(),
  last_at: instantSchema,
  at: instantSchema,
});

/** A room under its lock: nothing of it changes until the transaction ends. */
export interface LockedRoom {
  readonly scope: RoomScope;
  readonly room: Room;
  readonly stamp: RoomStamp;
  /** the newest position; 0 and no time before the first fact */
  readonly pos: number;
  readonly lastAt: string | null;
  /** the time of whatever this transaction adds */
  readonly at: string;
}

export interface FactCause {
  readonly actor: UserSnapshot | null;
  readonly origin: string | null;
}

type MessageFactType = 'message.edited' | 'message.deleted';
type StoredFact = Exclude<Fact, { type: `message.${string}` }>;
/** What of a fact is its own, beside its place and room. */
export type FactPayload = StoredFact extends infer F ? (F extends Fact ? Pick<F, 'type' | OwnKeys<F>> : never) : never;
type OwnKeys<F> = Exclude<keyof F, BaseKeys>;
type BaseKeys = 'id' | 'v' | 'tenantId' | 'room' | 'pos' | 'prevAt' | 'at' | 'actor' | 'origin';

/** The log of one room, written under the lock of its head: every command but sending goes through here. */
@Injectable()
export class RoomLogRepository {
  /** Null: no such room, or it is deleted. */
  async lock(scope: RoomScope): Promise<LockedRoom | null> {
    const { sql, tenantId, roomId } = scope;
    await sql.$queryRaw`
      select 1 as locked from message.room_head
       where tenant_id = ${tenantId} and room_id = ${roomId} for no key update`;
    // A statement of its own: its snapshot is taken after the lock was granted.
    const row = await rowOf(
      lockedSchema,
      sql.$queryRaw`
        select message.as_room(r, h.seq) as room, message.as_stamp(r) as stamp, h.pos::double precision as pos,
               message.iso(h.last_at) as last_at,
               message.iso(greatest(h.last_at, date_trunc('milliseconds', clock_timestamp()))) as at
          from message.room r
          join message.room_head h on h.tenant_id = r.tenant_id and h.room_id = r.id
         where r.tenant_id = ${tenantId} and r.id = ${roomId} and r.deleted_at is null`,
    );
    if (row === null) return null;
    const { last_at: lastAt, ...rest } = row;
    return { scope, lastAt, ...rest };
  }

  /** The role of a member of now, null for anybody else. */
  async role(scope: RoomScope, userId: string): Promise<Role | null> {
    const row = await rowOf(
      roleRow,
      scope.sql.$queryRaw`
        select role from message.member
         where tenant_id = ${scope.tenantId} and room_id = ${scope.roomId} and user_id = ${userId} and leave_pos is null`,
    );
    return row?.role ?? null;
  }

  /** Notes that the room or its members change: the new version, which the fact must carry. */
  async touch(scope: RoomScope, locked: LockedRoom): Promise<LockedRoom> {
    const { tenantId, roomId, sql } = scope;
    await sql.$executeRaw`
      update message.room set version = version + 1 where tenant_id = ${tenantId} and id = ${roomId}`;
    const version = locked.room.version + 1;
    return { ...locked, room: { ...locked.room, version }, stamp: { ...locked.stamp, version } };
  }

  /** Adds a fact of the room or its members at the next position. */
  async append(scope: RoomScope, locked: LockedRoom, cause: FactCause, payload: FactPayload): Promise<Fact> {
    const { type, ...own } = payload;
    const id = await this.#insert(scope, locked, cause, { type, seq: null, payload: own });
    return { ...baseOf(scope, locked, cause, id), ...payload };
  }

  /** Adds a fact of a message; the log keeps its seq, the message its content. */
  async appendMessage(
    scope: RoomScope,
    locked: LockedRoom,
    cause: FactCause,
    type: MessageFactType,
    message: Message,
  ): Promise<Fact> {
    const id = await this.#insert(scope, locked, cause, { type, seq: message.seq, payload: null });
    return { ...baseOf(scope, locked, cause, id), type, message };
  }

  /** One message of the room, null when there is none. */
  async message(scope: RoomScope, messageId: string): Promise<Message | null> {
    const row = await rowOf(
      messageRow,
      scope.sql.$queryRaw`
        select message.as_message(m) as message from message.message m
         where m.tenant_id = ${scope.tenantId} and m.room_id = ${scope.roomId} and m.id = ${messageId}`,
    );
    return row?.message ?? null;
  }

  async #insert(
    { sql, tenantId, roomId }: RoomScope,
    locked: LockedRoom,
    { actor, origin }: FactCause,
    event: { readonly type: string; readonly seq: number | null; readonly payload: unknown },
  ): Promise<string> {
    const pos = locked.pos + 1;
    const row = await rowOf(
      insertRow,
      sql.$queryRaw`
        with moved as (
          update message.room_head set pos = ${pos}::bigint, last_at = ${locked.at}::timestamptz
           where tenant_id = ${tenantId} and room_id = ${roomId})
        insert into message.room_event (tenant_id, room_id, pos, at, prev_at, seq, type, origin, actor, payload)
        values (${tenantId}, ${roomId}, ${pos}::bigint, ${locked.at}::timestamptz, ${locked.lastAt}::timestamptz,
                ${event.seq}::bigint, ${event.type}, ${origin}, ${jsonText(actor)}::jsonb, ${jsonText(event.payload)}::jsonb)
        returning id::text as id`,
    );
    if (row === null) throw new RangeError('An event was not stored.');
    return row.id;
  }
}

function baseOf({ tenantId }: RoomScope, locked: LockedRoom, { actor, origin }: FactCause, id: string) {
  const { stamp: room, at, lastAt: prevAt } = locked;
  return { id, v: 1 as const, tenantId, room, pos: locked.pos + 1, prevAt, at, actor, origin };
}
