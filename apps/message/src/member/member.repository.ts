import { Injectable } from '@nestjs/common';
import type { Role } from '@parlance/domain';
import { z } from 'zod';
import { rowsOf, type RoomScope } from '../database/database.js';

const userRow = z.object({ user_id: z.string() });

@Injectable()
export class MemberRepository {
  async count(scope: RoomScope): Promise<number> {
    const [row] = await rowsOf(
      z.object({ n: z.int() }),
      scope.sql.$queryRaw`
        select count(*)::integer as n from message.member
         where tenant_id = ${scope.tenantId} and room_id = ${scope.roomId} and leave_pos is null`,
    );
    return row?.n ?? 0;
  }

  /** Which of these users are members now. */
  async among(scope: RoomScope, userIds: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await rowsOf(
      userRow,
      scope.sql.$queryRaw`
        select user_id from message.member
         where tenant_id = ${scope.tenantId} and room_id = ${scope.roomId} and user_id = any(${[...userIds]}::text[])
           and leave_pos is null`,
    );
    return new Set(rows.map((row) => row.user_id));
  }

  /** Begins stays at a position. Who was here before keeps the watermarks: they never move back. */
  async begin(scope: RoomScope, userIds: readonly string[], role: Role, joinPos: number, at: string): Promise<void> {
    await scope.sql.$executeRaw`
      insert into message.member (tenant_id, room_id, user_id, join_pos, role, joined_at, read_seq, read_at, delivered_seq, delivered_at)
      select ${scope.tenantId}, ${scope.roomId}, u, ${joinPos}::bigint, ${role}, ${at}::timestamptz,
             coalesce(b.read_seq, 0), b.read_at, coalesce(b.delivered_seq, 0), b.delivered_at
        from unnest(${[...userIds]}::text[]) u
        left join lateral (
          select m.read_seq, m.read_at, m.delivered_seq, m.delivered_at from message.member m
           where m.tenant_id = ${scope.tenantId} and m.room_id = ${scope.roomId} and m.user_id = u
           order by m.join_pos desc limit 1) b on true`;
  }

  /** Ends a stay: the fact at `leavePos` is the last the user hears. */
  async end(scope: RoomScope, userId: string, leavePos: number, at: string): Promise<void> {
    await scope.sql.$executeRaw`
      update message.member set leave_pos = ${leavePos}::bigint, left_at = ${at}::timestamptz
       where tenant_id = ${scope.tenantId} and room_id = ${scope.roomId} and user_id = ${userId} and leave_pos is null`;
  }

  /** Ends every stay and says whose. */
  async endAll(scope: RoomScope, leavePos: number, at: string): Promise<string[]> {
    const rows = await rowsOf(
      userRow,
      scope.sql.$queryRaw`
        update message.member set leave_pos = ${leavePos}::bigint, left_at = ${at}::timestamptz
         where tenant_id = ${scope.tenantId} and room_id = ${scope.roomId} and leave_pos is null
        returning user_id`,
    );
    return rows.map((row) => row.user_id);
  }
}
