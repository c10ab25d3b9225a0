import { Injectable } from '@nestjs/common';
import { instantSchema } from '@parlance/domain';
import { z } from 'zod';
import { rowOf, rowsOf, type RoomScope } from '../database/database.js';

const amongRow = z.object({ user_id: z.string() });

const banRow = z.object({ userId: z.string(), byId: z.string().nullable(), createdAt: instantSchema });
export type Ban = z.infer<typeof banRow>;

/** Bans change under the lock of their room's head. */
@Injectable()
export class BanRepository {
  async among(scope: RoomScope, userIds: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await rowsOf(
      amongRow,
      scope.sql.$queryRaw`
        select user_id from message.room_ban
         where tenant_id = ${scope.tenantId} and room_id = ${scope.roomId} and user_id = any(${[...userIds]}::text[])`,
    );
    return new Set(rows.map((row) => row.user_id));
  }

  /** False: banned already. */
  async insert(scope: RoomScope, ban: Ban): Promise<boolean> {
    const stored = await scope.sql.$executeRaw`
      insert into message.room_ban (tenant_id, room_id, user_id, by_id, created_at)
      values (${scope.tenantId}, ${scope.roomId}, ${ban.userId}, ${ban.byId}, ${ban.createdAt}::timestamptz)
      on conflict (tenant_id, room_id, user_id) do nothing`;
    return stored === 1;
  }

  /** The ban that was lifted; null: there was none. */
  async delete(scope: RoomScope, userId: string): Promise<Ban | null> {
    return rowOf(
      banRow,
      scope.sql.$queryRaw`
        delete from message.room_ban
         where tenant_id = ${scope.tenantId} and room_id = ${scope.roomId} and user_id = ${userId}
        returning user_id as "userId", by_id as "byId", message.iso(created_at) as "createdAt"`,
    );
  }

  /** The newest first. */
  async list(scope: RoomScope): Promise<Ban[]> {
    return rowsOf(
      banRow,
      scope.sql.$queryRaw`
        select user_id as "userId", by_id as "byId", message.iso(created_at) as "createdAt" from message.room_ban
         where tenant_id = ${scope.tenantId} and room_id = ${scope.roomId} order by room_ban.created_at desc, user_id`,
    );
  }
}
