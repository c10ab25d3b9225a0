import { Inject, Injectable } from '@nestjs/common';
import { instantSchema, roomPreferencesSchema, roomStampSchema, type RoomPreferences } from '@parlance/domain';
import { z } from 'zod';
import { Database, jsonText, rowOf, rowsOf, type RoomScope } from '../database/database.js';

const findRow = z.object({ room_id: z.string(), preferences: roomPreferencesSchema });

const ownRow = z.object({ preferences: roomPreferencesSchema, room: roomStampSchema });
const savedRow = z.object({ preferences: roomPreferencesSchema, at: instantSchema });

@Injectable()
export class RoomPreferencesRepository {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** By room, of those rooms that the user is in. */
  async find(tenantId: string, userId: string, roomIds: readonly string[]): Promise<Map<string, RoomPreferences>> {
    const rows = await rowsOf(
      findRow,
      this.database.sql.$queryRaw`
        select m.room_id, message.as_preferences(p) as preferences
          from message.member m
          left join message.room_preferences p
            on p.tenant_id = m.tenant_id and p.user_id = m.user_id and p.room_id = m.room_id
         where m.tenant_id = ${tenantId} and m.user_id = ${userId} and m.leave_pos is null
           and m.room_id = any(${[...roomIds]}::text[])`,
    );
    return new Map(rows.map((row) => [row.room_id, row.preferences]));
  }

  /** Makes the row if there is none, and locks it. Null: the user is not in the room, or it does not live. */
  async lock(scope: RoomScope, userId: string): Promise<z.infer<typeof ownRow> | null> {
    const { sql, tenantId, roomId } = scope;
    await sql.$executeRaw`
      insert into message.room_preferences (tenant_id, user_id, room_id, updated_at)
      select ${tenantId}, ${userId}, ${roomId}, clock_timestamp()
       where exists (select 1 from message.member m
                      where m.tenant_id = ${tenantId} and m.room_id = ${roomId} and m.user_id = ${userId} and m.leave_pos is null)
          on conflict (tenant_id, user_id, room_id) do nothing`;
    await sql.$queryRaw`
      select 1 as locked from message.room_preferences
       where tenant_id = ${tenantId} and user_id = ${userId} and room_id = ${roomId} for update`;
    // A statement of its own: its snapshot is taken after the lock was granted.
    return rowOf(
      ownRow,
      sql.$queryRaw`
        select message.as_preferences(p) as preferences, message.as_stamp(r) as room
          from message.room_preferences p
          join message.room r on r.tenant_id = p.tenant_id and r.id = p.room_id and r.deleted_at is null
          join message.member m
            on m.tenant_id = p.tenant_id and m.room_id = p.room_id and m.user_id = p.user_id and m.leave_pos is null
         where p.tenant_id = ${tenantId} and p.user_id = ${userId} and p.room_id = ${roomId}`,
    );
  }

  /** `hide`: what becomes of the room in the list; undefined: nothing. It is hidden up to the newest message of now. */
  async save(scope: RoomScope, userId: string, wanted: RoomPreferences, hide: boolean | undefined) {
    const { sql, tenantId, roomId } = scope;
    const row = await rowOf(
      savedRow,
      sql.$queryRaw`
        with saved as (
          update message.room_preferences p
             set muted = ${wanted.muted}, archived = ${wanted.archived}, pinned = ${wanted.pinned}, folder = ${wanted.folder},
                 tags = ${[...wanted.tags]}::text[], nickname = ${wanted.nickname}, translate_to = ${wanted.translateTo},
                 extras = ${jsonText(wanted.extras)}::jsonb, updated_at = greatest(p.updated_at, clock_timestamp()),
                 hidden_seq = case ${hide ?? null}::boolean
                   when true then (select h.seq from message.room_head h where h.tenant_id = p.tenant_id and h.room_id = p.room_id)
                   when false then null
                   else p.hidden_seq end
           where p.tenant_id = ${tenantId} and p.user_id = ${userId} and p.room_id = ${roomId}
          returning p as kept)
        select message.as_preferences(s.kept) as preferences, message.iso((s.kept).updated_at) as at from saved s`,
    );
    if (row === null) throw new RangeError('Preferences of a room were not stored.');
    return row;
  }
}
