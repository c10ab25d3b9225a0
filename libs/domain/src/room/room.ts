import { z } from 'zod';
import { idSchema, instantSchema } from '../id/id.js';
import { metadataSchema } from '../json/json.js';
import { extrasSchema } from '../message/message.js';

export const roomKindSchema = z.enum(['direct', 'group', 'broadcast']);
export type RoomKind = z.infer<typeof roomKindSchema>;

export const roleSchema = z.enum(['owner', 'admin', 'member']);
export type Role = z.infer<typeof roleSchema>;

/** A room as the native API shows it. `number` and `uuid` are made at creation for dialects that name rooms so. */
export const roomSchema = z.object({
  id: idSchema,
  number: z.int().nonnegative(),
  uuid: z.uuid(),
  kind: roomKindSchema,
  name: z.string().nullable(),
  photo: z.string().nullable(),
  metadata: metadataSchema,
  lastSeq: z.int().nonnegative(),
  createdAt: instantSchema,
  createdBy: idSchema.nullable(),
  description: z.string().max(4096).nullable().default(null),
  /** nobody writes into it until it is thawed */
  frozen: z.boolean().default(false),
  extras: extrasSchema.default({}),
  /** grows with every room or membership change: the cache key of everything rendered from the room's state */
  version: z.int().nonnegative(),
});
export type Room = z.infer<typeof roomSchema>;

/** What every fact carries of its room. `pair`: both members of a direct room, else null. */
export const roomStampSchema = z.object({
  id: idSchema,
  number: z.int().nonnegative(),
  uuid: z.uuid(),
  kind: roomKindSchema,
  version: z.int().nonnegative(),
  pair: z.tuple([idSchema, idSchema]).nullable(),
});
export type RoomStamp = z.infer<typeof roomStampSchema>;

export const memberSchema = z.object({
  userId: idSchema,
  role: roleSchema,
  readSeq: z.int().nonnegative(),
  readAt: instantSchema.nullable(),
  deliveredSeq: z.int().nonnegative(),
  deliveredAt: instantSchema.nullable(),
  joinedAt: instantSchema,
  /** the member's name in this room alone */
  nickname: z.string().max(256).nullable().default(null),
});
export type Member = z.infer<typeof memberSchema>;

/** A room's state with its members: what a dialect's room object is made from. */
export const roomStateSchema = z.object({ room: roomSchema, members: z.array(memberSchema) });
export type RoomState = z.infer<typeof roomStateSchema>;

/** Owner and admin change a room and its members; only the owner deletes it; a direct room's membership is fixed. */
export function mayManage(role: Role): boolean {
  return role === 'owner' || role === 'admin';
}
