import { Inject, Injectable } from '@nestjs/common';
import {
  factSchema,
  roomStampSchema,
  roomStateSchema,
  type Extras,
  type Info,
  type Metadata,
  type Room,
  type RoomKind,
  type RoomStamp,
  type RoomState,
  type UserSnapshot,
} from '@parlance/domain';
import { z } from 'zod';
import { Database, jsonText, rowOf, rowsOf, type RoomScope, type Sql } from '../database/database.js';

const directRoomIdRow = z.object({ id: z.string() });
const stampsRow = z.object({ stamp: roomStampSchema });
const isVisibleRow = z.object({ id: z.string() });

export interface NewRoom {
  readonly kind: RoomKind;
  readonly name: string | null;
  readonly photo: string | null;
  readonly metadata: Metadata;
  /** becomes the owner */
  readonly actor: UserSnapshot | null;
  readonly origin: string | null;
  /** of a direct room: in the order of their bytes */
  readonly memberIds: readonly string[];
  /** of a broadcast room, beside its members */
  readonly recipientIds: readonly string[];
  readonly description: string | null;
  readonly extras: Extras;
  /** what its first message says; null: there is none */
  readonly info: Info | null;
}

/** What may be changed of a room. */
export type RoomFields = Pick<Room, 'name' | 'photo' | 'metadata' | 'description' | 'frozen' | 'extras'>;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const createdSchema = roomStateSchema.extend({ facts: z.array(factSchema) });
const insertRow = z.object({ made: createdSchema });
export type CreatedRoom = z.infer<typeof createdSchema>;

const stateRow = z.object({ state: roomStateSchema });

@Injectable()
export class RoomRepository {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** A living room with its members, the longest ones first, and the recipients of a broadcast room. */
  async state(tenantId: string, roomId: string, sql: Sql = this.database.sql): Promise<RoomState | null> {
    const row = await rowOf(
      stateRow,
      sql.$queryRaw`
        select jsonb_build_object('room', message.as_room(r, h.seq), 'members', message.as_members(r, null)) as state
          from message.room r
          join message.room_head h on h.tenant_id = r.tenant_id and h.room_id = r.id
         where r.tenant_id = ${tenantId} and r.id = ${roomId} and r.deleted_at is null`,
    );
    return row?.state ?? null;
  }

  /** The id of the living direct room of two users; a < b by bytes. */
  async directRoomId(tenantId: string, [userA, userB]: readonly [string, string]): Promise<string | null> {
    const row = await rowOf(
      directRoomIdRow,
      this.database.sql.$queryRaw`
        select id from message.room
         where tenant_id = ${tenantId} and user_a = ${userA} and user_b = ${userB} and deleted_at is null and kind = 'direct'`,
    );
    return row?.id ?? null;
  }

  /** The room with its head, its members and its first facts. A taken id or pair is a unique violation. */
  async insert(tenantId: string, roomId: string, room: NewRoom): Promise<CreatedRoom> {
    const { kind, name, photo, metadata, actor, origin, memberIds, recipientIds, description, extras, info } = room;
    const row = await rowOf(
      insertRow,
      this.database.sql.$queryRaw`
        select message.create_room(${tenantId}, ${roomId}, ${kind}, ${name}, ${photo}, ${jsonText(metadata)}::jsonb,
                                   ${description}, ${jsonText(extras)}::jsonb, ${actor?.id ?? null}, ${[...memberIds]}::text[],
                                   ${[...recipientIds]}::text[], ${jsonText(actor)}::jsonb, ${origin},
                                   ${jsonText(info)}::jsonb) as made`,
    );
    if (row === null) throw new RangeError('A room was not stored.');
    return row.made;
  }

  async update(scope: RoomScope, fields: RoomFields): Promise<void> {
    const { name, photo, metadata, description, frozen, extras } = fields;
    await scope.sql.$executeRaw`
      update message.room
         set name = ${name}, photo = ${photo}, metadata = ${jsonText(metadata)}::jsonb, description = ${description},
             frozen = ${frozen}::boolean, extras = ${jsonText(extras)}::jsonb
       where tenant_id = ${scope.tenantId} and id = ${scope.roomId}`;
  }

  /** Empties every message there is for everybody, and says how many. */
  async clear(scope: RoomScope, at: string): Promise<number> {
    return scope.sql.$executeRaw`
      update message.message
         set text = null, attachment = null, metadata = null, extras = null, deleted_at = ${at}::timestamptz
       where tenant_id = ${scope.tenantId} and room_id = ${scope.roomId} and deleted_at is null`;
  }

  async markDeleted(scope: RoomScope, at: string): Promise<void> {
    await scope.sql.$executeRaw`
      update message.room set deleted_at = ${at}::timestamptz where tenant_id = ${scope.tenantId} and id = ${scope.roomId}`;
  }

  /** Living rooms by id or uuid, in the order asked. */
  async stamps(tenantId: string, keys: readonly string[]): Promise<readonly (RoomStamp | null)[]> {
    const uuids = keys.filter((key) => UUID.test(key)).map((key) => key.toLowerCase());
    const rows = await rowsOf(
      stampsRow,
      this.database.sql.$queryRaw`
        select message.as_stamp(r) as stamp from message.room r
         where r.tenant_id = ${tenantId} and r.deleted_at is null and r.id = any(${[...keys]}::text[])
        union all
        select message.as_stamp(r) as stamp from message.room r
         where r.tenant_id = ${tenantId} and r.deleted_at is null and r.uuid = any(${uuids}::uuid[])`,
    );
    const byId = new Map(rows.map(({ stamp }) => [stamp.id, stamp]));
    const byUuid = new Map(rows.map(({ stamp }) => [stamp.uuid, stamp]));
    return keys.map((key) => byId.get(key) ?? byUuid.get(key.toLowerCase()) ?? null);
  }

  /** Whether the room lives, and, for a viewer, whether it is a member. */
  async isVisible(tenantId: string, roomId: string, viewerId: string | null): Promise<boolean> {
    const row = await rowOf(
      isVisibleRow,
      this.database.sql.$queryRaw`
        select r.id from message.room r
         where r.tenant_id = ${tenantId} and r.id = ${roomId} and r.deleted_at is null
           and (${viewerId}::text is null or exists (
             select 1 from message.member m
              where m.tenant_id = r.tenant_id and m.room_id = r.id and m.user_id = ${viewerId} and m.leave_pos is null))`,
    );
    return row !== null;
  }
}
