import { Inject, Injectable } from '@nestjs/common';
import { instantSchema, roomStampSchema } from '@parlance/domain';
import { z } from 'zod';
import { Database, rowOf, rowsOf, type Sql } from '../database/database.js';

const setAtRow = z.object({ at: instantSchema });
const blockedRow = z.object({ userId: z.string(), createdAt: instantSchema });

const pairRow = z.object({ room: roomStampSchema.nullable(), blockedByMe: z.boolean(), blockedMe: z.boolean() });

/** How two users stand to each other, seen by the first. `room`: their direct room, if there is one. */
export type Pair = z.infer<typeof pairRow>;

/** Two users, the first of whom asks. */
export interface PairScope {
  readonly sql: Sql;
  readonly tenantId: string;
  readonly userId: string;
  readonly otherId: string;
}

const MAX_LISTED = 1_000;

@Injectable()
export class BlockRepository {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** When it became so; null: it is so already. */
  async set(scope: PairScope, blocked: boolean): Promise<string | null> {
    const { sql, tenantId, userId, otherId } = scope;
    const row = await rowOf(
      setAtRow,
      blocked
        ? sql.$queryRaw`
            insert into message.block (tenant_id, blocker_id, blocked_id, created_at)
            values (${tenantId}, ${userId}, ${otherId}, date_trunc('milliseconds', clock_timestamp()))
            on conflict (tenant_id, blocker_id, blocked_id) do nothing
            returning message.iso(created_at) as at`
        : sql.$queryRaw`
            delete from message.block where tenant_id = ${tenantId} and blocker_id = ${userId} and blocked_id = ${otherId}
            returning message.iso(date_trunc('milliseconds', clock_timestamp())) as at`,
    );
    return row?.at ?? null;
  }

  /** Waits for whoever writes into the pair's room, so that nothing sent before a block is committed after it. */
  async lockRoom(scope: PairScope): Promise<void> {
    const { sql, tenantId, userId, otherId } = scope;
    await sql.$queryRaw`
      select 1 as locked
        from message.room r
        join message.room_head h on h.tenant_id = r.tenant_id and h.room_id = r.id
       where r.tenant_id = ${tenantId} and r.user_a = least(${userId}::text collate "C", ${otherId}::text collate "C")
         and r.user_b = greatest(${userId}::text collate "C", ${otherId}::text collate "C")
         and r.kind = 'direct' and r.deleted_at is null
         for no key update of h`;
  }

  async pair(scope: PairScope): Promise<Pair> {
    const { sql, tenantId, userId, otherId } = scope;
    const row = await rowOf(
      pairRow,
      sql.$queryRaw`
        select (select message.as_stamp(r) from message.room r
                 where r.tenant_id = ${tenantId} and r.user_a = least(${userId}::text collate "C", ${otherId}::text collate "C")
                   and r.user_b = greatest(${userId}::text collate "C", ${otherId}::text collate "C")
                   and r.kind = 'direct' and r.deleted_at is null) as room,
               exists (select 1 from message.block b
                        where b.tenant_id = ${tenantId} and b.blocker_id = ${userId} and b.blocked_id = ${otherId}) as "blockedByMe",
               exists (select 1 from message.block b
                        where b.tenant_id = ${tenantId} and b.blocker_id = ${otherId} and b.blocked_id = ${userId}) as "blockedMe"`,
    );
    return row ?? { room: null, blockedByMe: false, blockedMe: false };
  }

  /** The newest first. */
  async list(tenantId: string, userId: string): Promise<{ userId: string; createdAt: string }[]> {
    return rowsOf(
      blockedRow,
      this.database.sql.$queryRaw`
        select b.blocked_id as "userId", message.iso(b.created_at) as "createdAt" from message.block b
         where b.tenant_id = ${tenantId} and b.blocker_id = ${userId}
         order by b.created_at desc, b.blocked_id limit ${MAX_LISTED}`,
    );
  }
}
