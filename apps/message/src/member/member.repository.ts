import { Injectable } from '@nestjs/common';
import { memberSchema, type Member, type Role } from '@parlance/domain';
import { z } from 'zod';
import { rowsOf, type RoomScope } from '../database/database.js';

const countRow = z.object({ n: z.int() });
const memberRow = z.object({ member: memberSchema });

const userRow = z.object({ user_id: z.string() });

@Injectable()
export class MemberRepository {
  /** Members and recipients. */
  async count(scope: RoomScope): Promise<number> {
    const [row] = await rowsOf(
      countRow,
      scope.sql.$queryRaw`
        select ((select count(*) from message.member
                  where tenant_id = ${scope.tenantId} and room_id = ${scope.roomId} and leave_pos is null)
              + (select count(*) from message.recipient
                  where tenant_id = ${scope.tenantId} and room_id = ${scope.roomId}))::integer as n`,
    );
    return row?.n ?? 0;
  }

  /** A member of now; null: none. */
  async find(scope: RoomScope, userId: string): Promise<Member | null> {
    const [row] = await rowsOf(
      memberRow,
      scope.sql.$queryRaw`
        select message.as_member(m) as member from message.member m
         where m.tenant_id = ${scope.tenantId} and m.room_id = ${scope.roomId} and m.user_id = ${userId} and m.leave_pos is null`,
    );
    return row?.member ?? null;
  }

  async owners(scope: RoomScope): Promise<string[]> {
    const rows = await rowsOf(
      userRow,
      scope.sql.$queryRaw`
        select user_id from message.member
         where tenant_id = ${scope.tenantId} and room_id = ${scope.roomId} and role = 'owner' and leave_pos is null
         order by join_pos, user_id`,
    );
    return rows.map((row) => row.user_id);
  }

  /** Who follows an owner: the oldest admin, else the oldest member. */
  async successor(scope: RoomScope): Promise<Member | null> {
    const [row] = await rowsOf(
      memberRow,
      scope.sql.$queryRaw`
        select message.as_member(m) as member from message.member m
         where m.tenant_id = ${scope.tenantId} and m.room_id = ${scope.roomId} and m.leave_pos is null
         order by m.role <> 'admin', m.join_pos, m.user_id
         limit 1`,
    );
    return row?.member ?? null;
  }

  async change(
    scope: RoomScope,
    { userId, role, nickname }: Pick<Member, 'userId' | 'role' | 'nickname'>,
  ): Promise<void> {
    await scope.sql.$executeRaw`
      update message.member set role = ${role}, nickname = ${nickname}
       where tenant_id = ${scope.tenantId} and room_id = ${scope.roomId} and user_id = ${userId} and leave_pos is null`;
  }

  /** Which of these users get copies of what a broadcast room's owner writes. */
  async recipientsAmong(scope: RoomScope, userIds: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await rowsOf(
      userRow,
      scope.sql.$queryRaw`
        select user_id from message.recipient
         where tenant_id = ${scope.tenantId} and room_id = ${scope.roomId} and user_id = any(${[...userIds]}::text[])`,
    );
    return new Set(rows.map((row) => row.user_id));
  }

  /** From a position on they get copies. */
  async addRecipients(scope: RoomScope, userIds: readonly string[], addedPos: number, at: string): Promise<void> {
    await scope.sql.$executeRaw`
      insert into message.recipient (tenant_id, room_id, user_id, added_pos, added_at)
      select ${scope.tenantId}, ${scope.roomId}, u, ${addedPos}::bigint, ${at}::timestamptz
        from unnest(${[...userIds]}::text[]) u`;
  }

  async removeRecipient(scope: RoomScope, userId: string): Promise<void> {
    await scope.sql.$executeRaw`
      delete from message.recipient
       where tenant_id = ${scope.tenantId} and room_id = ${scope.roomId} and user_id = ${userId}`;
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

  /** Begins stays at a position. Who was here before keeps the watermarks, which never move back, and the nickname. */
  async begin(scope: RoomScope, userIds: readonly string[], role: Role, joinPos: number, at: string): Promise<void> {
    await scope.sql.$executeRaw`
      insert into message.member (tenant_id, room_id, user_id, join_pos, role, joined_at, read_seq, read_at, delivered_seq, delivered_at, nickname)
      select ${scope.tenantId}, ${scope.roomId}, u, ${joinPos}::bigint, ${role}, ${at}::timestamptz,
             coalesce(b.read_seq, 0), b.read_at, coalesce(b.delivered_seq, 0), b.delivered_at, b.nickname
        from unnest(${[...userIds]}::text[]) u
        left join lateral (
          select m.read_seq, m.read_at, m.delivered_seq, m.delivered_at, m.nickname from message.member m
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
