import { Inject, Injectable } from '@nestjs/common';
import { messageSchema, type Message } from '@parlance/domain';
import { z } from 'zod';
import { Database, rowOf, type RoomScope } from '../database/database.js';

const lockRow = z.object({ living: z.boolean() });
const countReactionsRow = z.object({ n: z.int() });
const shownRow = z.object({ message: messageSchema });

/** A message of a room, inside one transaction. */
export interface MessageScope extends RoomScope {
  readonly seq: number;
}

/** Stars, reactions and pins: what hangs on a message and is no part of it. */
@Injectable()
export class MarkRepository {
  constructor(@Inject(Database) private readonly database: Database) {}

  async star(tenantId: string, userId: string, { roomId, seq }: Message, starred: boolean): Promise<void> {
    const { sql } = this.database;
    await (starred
      ? sql.$executeRaw`
          insert into message.star (tenant_id, user_id, room_id, seq, created_at)
          values (${tenantId}, ${userId}, ${roomId}, ${seq}::bigint, clock_timestamp()) on conflict do nothing`
      : sql.$executeRaw`
          delete from message.star
           where tenant_id = ${tenantId} and user_id = ${userId} and room_id = ${roomId} and seq = ${seq}::bigint`);
  }

  /** Locks the message: whoever changes what hangs on it takes turns. False: it is deleted. */
  async lock(scope: MessageScope): Promise<boolean> {
    const row = await rowOf(
      lockRow,
      scope.sql.$queryRaw`
        select deleted_at is null as living from message.message
         where tenant_id = ${scope.tenantId} and room_id = ${scope.roomId} and seq = ${scope.seq}::bigint
           for no key update`,
    );
    return row?.living ?? false;
  }

  async countReactions(scope: MessageScope): Promise<number> {
    const row = await rowOf(
      countReactionsRow,
      scope.sql.$queryRaw`
        select count(*)::integer as n from message.reaction
         where tenant_id = ${scope.tenantId} and room_id = ${scope.roomId} and seq = ${scope.seq}::bigint`,
    );
    return row?.n ?? 0;
  }

  /** False: it was there. */
  async addReaction(scope: MessageScope, userId: string, value: string): Promise<boolean> {
    const added = await scope.sql.$executeRaw`
      insert into message.reaction (tenant_id, room_id, seq, user_id, value, created_at)
      values (${scope.tenantId}, ${scope.roomId}, ${scope.seq}::bigint, ${userId}, ${value}, clock_timestamp())
          on conflict do nothing`;
    return added > 0;
  }

  async removeReaction(scope: MessageScope, userId: string, value: string): Promise<void> {
    await scope.sql.$executeRaw`
      delete from message.reaction
       where tenant_id = ${scope.tenantId} and room_id = ${scope.roomId} and seq = ${scope.seq}::bigint
         and user_id = ${userId} and value = ${value}`;
  }

  /** A pin that is there keeps its time. */
  async pin(scope: MessageScope, pinned: boolean): Promise<void> {
    const { sql, tenantId, roomId, seq } = scope;
    await sql.$executeRaw`
      update message.message
         set pinned_at = case when ${pinned}::boolean then coalesce(pinned_at, clock_timestamp()) end
       where tenant_id = ${tenantId} and room_id = ${roomId} and seq = ${seq}::bigint`;
    await (pinned
      ? sql.$executeRaw`
          insert into message.pin (tenant_id, room_id, seq) values (${tenantId}, ${roomId}, ${seq}::bigint) on conflict do nothing`
      : sql.$executeRaw`
          delete from message.pin where tenant_id = ${tenantId} and room_id = ${roomId} and seq = ${seq}::bigint`);
  }

  async shown(scope: MessageScope): Promise<Message> {
    const row = await rowOf(
      shownRow,
      scope.sql.$queryRaw`
        select message.as_shown(m) as message from message.message m
         where m.tenant_id = ${scope.tenantId} and m.room_id = ${scope.roomId} and m.seq = ${scope.seq}::bigint`,
    );
    if (row === null) throw new RangeError('A locked message is gone.');
    return row.message;
  }
}
