import { Inject, Injectable } from '@nestjs/common';
import { roomStampSchema, type RoomStamp } from '@parlance/domain';
import { z } from 'zod';
import { Database, rowOf, rowsOf } from '../database/database.js';

const peersRow = z.object({ id: z.string() });
const countsRow = z.object({ counts: z.array(z.int()) });

const sharedRow = z.object({ id: z.string(), room: roomStampSchema.nullable(), members: z.array(z.string()) });

export interface SharedRoom {
  readonly id: string;
  readonly room: RoomStamp | null;
  readonly members: readonly string[];
}

export interface AudiencePage {
  readonly maxMembers: number;
  readonly after: string | null;
  readonly limit: number;
}

/** Who is in a room with whom. Of a large room no more members are read than tell that it is one. */
@Injectable()
export class AudienceRepository {
  constructor(@Inject(Database) private readonly database: Database) {}

  /**
   * The rooms of these users by id, and where the next page begins. `room` null: nobody is to be told of it, as it is large, a broadcast or
   * deleted.
   */
  async shared(
    tenantId: string,
    userIds: readonly string[],
    page: AudiencePage,
  ): Promise<{ readonly rooms: readonly SharedRoom[]; readonly next: string | null }> {
    const { maxMembers, after, limit } = page;
    const found = await rowsOf(
      sharedRow,
      this.database.sql.$queryRaw`
        select id, room, members
          from message.shared_rooms(${tenantId}, ${[...userIds]}::text[], ${after}::text, ${limit + 1}::integer, ${maxMembers}::integer)`,
    );
    const rooms = found.slice(0, limit);
    return { rooms, next: found.length > limit ? (rooms.at(-1)?.id ?? null) : null };
  }

  async peers(tenantId: string, userId: string, among: readonly string[]): Promise<readonly string[]> {
    const rows = await rowsOf(
      peersRow,
      this.database.sql.$queryRaw`
        select a.id from (select distinct unnest(${[...among]}::text[]) collate "C" as id) a
         where exists (
           select 1 from message.room r
            where r.tenant_id = ${tenantId} and r.kind = 'direct' and r.deleted_at is null
              and r.user_a = least(a.id, ${userId}::text collate "C") and r.user_b = greatest(a.id, ${userId}::text collate "C"))
            or exists (
           select 1 from message.member m
             join message.room r on r.tenant_id = m.tenant_id and r.id = m.room_id
             join message.member o on o.tenant_id = m.tenant_id and o.room_id = m.room_id and o.user_id = a.id and o.leave_pos is null
            where m.tenant_id = ${tenantId} and m.user_id = ${userId} and m.left_at = 'infinity'
              and r.kind = 'group' and r.deleted_at is null)`,
    );
    return rows.map(({ id }) => id);
  }

  /** How many members each has, counted up to `atMost`; in the order asked. */
  async counts(tenantId: string, roomIds: readonly string[], atMost: number): Promise<readonly number[]> {
    const row = await rowOf(
      countsRow,
      this.database.sql.$queryRaw`
        select coalesce(array_agg(n.counted order by i.place), '{}') as counts
          from unnest(${[...roomIds]}::text[]) with ordinality as i (room_id, place)
         cross join lateral (
           select count(*)::integer as counted from (
             select 1 from message.member m
              where m.tenant_id = ${tenantId} and m.room_id = i.room_id and m.leave_pos is null limit ${atMost}::integer) x) n`,
    );
    return row?.counts ?? [];
  }
}
