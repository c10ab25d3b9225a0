import { Inject, Injectable } from '@nestjs/common';
import { instantSchema, roomStampSchema } from '@parlance/domain';
import { z } from 'zod';
import { Database, rowOf, rowsOf, type RoomScope } from '../database/database.js';

const roomRow = z.object({ room: roomStampSchema });
const hiddenAtRow = z.object({ at: instantSchema });
const hiddenRow = z.object({ id: z.string() });
const clearedRow = z.object({ up_to: z.int() });

const placeRow = z.object({ id: z.string(), room_id: z.string(), seq: z.int() });
export type Place = z.infer<typeof placeRow>;

const upToRow = z.object({ up_to: z.int(), at: instantSchema });

@Injectable()
export class HideRepository {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** Where these messages stand, of those that this user may see now. */
  async places(tenantId: string, userId: string, messageIds: readonly string[]): Promise<readonly Place[]> {
    return rowsOf(
      placeRow,
      this.database.sql.$queryRaw`
        select m.id, m.room_id, m.seq::double precision as seq
          from message.message m
          join message.room r on r.tenant_id = m.tenant_id and r.id = m.room_id and r.deleted_at is null
          join message.member v
            on v.tenant_id = m.tenant_id and v.room_id = m.room_id and v.user_id = ${userId} and v.leave_pos is null
         where m.tenant_id = ${tenantId} and m.id = any(${[...messageIds]}::text[])`,
    );
  }

  /** The living room of a member; null for anybody else. */
  async room(tenantId: string, userId: string, roomId: string) {
    const row = await rowOf(
      roomRow,
      this.database.sql.$queryRaw`
        select message.as_stamp(r) as room
          from message.room r
          join message.member v
            on v.tenant_id = r.tenant_id and v.room_id = r.id and v.user_id = ${userId} and v.leave_pos is null
         where r.tenant_id = ${tenantId} and r.id = ${roomId} and r.deleted_at is null`,
    );
    return row?.room ?? null;
  }

  /** Answers when. */
  async hide(scope: RoomScope, userId: string, seqs: readonly number[]): Promise<string> {
    const row = await rowOf(
      hiddenAtRow,
      scope.sql.$queryRaw`
        with hidden as (
          insert into message.hidden_message (tenant_id, user_id, room_id, seq, hidden_at)
          select ${scope.tenantId}, ${userId}, ${scope.roomId}, s, clock_timestamp() from unnest(${[...seqs]}::bigint[]) s
              on conflict do nothing)
        select message.iso(clock_timestamp()) as at`,
    );
    if (row === null) throw new RangeError('Nothing was hidden.');
    return row.at;
  }

  /** Hides everything there is now: up to which seq, and when. A message that is on its way stays. */
  async hideAll(scope: RoomScope, userId: string): Promise<{ upTo: number; at: string }> {
    const row = await rowOf(
      upToRow,
      scope.sql.$queryRaw`
        insert into message.hidden_range as g (tenant_id, user_id, room_id, up_to_seq)
        select h.tenant_id, ${userId}, h.room_id, h.seq from message.room_head h
         where h.tenant_id = ${scope.tenantId} and h.room_id = ${scope.roomId}
            on conflict (tenant_id, user_id, room_id) do update set up_to_seq = greatest(g.up_to_seq, excluded.up_to_seq)
        returning g.up_to_seq::double precision as up_to, message.iso(clock_timestamp()) as at`,
    );
    if (row === null) throw new RangeError('A room has no head.');
    // What is below it need not be kept one by one.
    await scope.sql.$executeRaw`
      delete from message.hidden_message
       where tenant_id = ${scope.tenantId} and user_id = ${userId} and room_id = ${scope.roomId} and seq <= ${row.up_to}::bigint`;
    return { upTo: row.up_to, at: row.at };
  }

  /** Ids of single ones, the newest first, and up to where all is hidden (0: nothing). */
  async hidden(tenantId: string, userId: string, roomId: string, limit: number) {
    const rows = await rowsOf(
      hiddenRow,
      this.database.sql.$queryRaw`
        select m.id
          from message.hidden_message h
          join message.message m on m.tenant_id = h.tenant_id and m.room_id = h.room_id and m.seq = h.seq
         where h.tenant_id = ${tenantId} and h.user_id = ${userId} and h.room_id = ${roomId}
         order by h.seq desc limit ${limit}::integer`,
    );
    const range = await rowOf(
      clearedRow,
      this.database.sql.$queryRaw`
        select message.hidden_up_to(${tenantId}, ${userId}, ${roomId})::double precision as up_to`,
    );
    return { messageIds: rows.map((row) => row.id), upTo: range?.up_to ?? 0 };
  }
}
