import { z } from 'zod';
import { idSchema, instantSchema } from '../id/id.js';
import { messageSchema } from '../message/message.js';
import { roleSchema, roomSchema, roomStampSchema } from '../room/room.js';
import { userSnapshotSchema } from '../user/user.js';

/**
 * A fact of a room: committed, and placed at the gap-free position `pos` of the room's log. `prevAt` is the time of pos - 1
 * (null at pos 1), database time like `at`. `origin` names the connection that asked for it, for dialects whose sender's
 * socket hears nothing but its acknowledgement.
 */
const factBase = {
  id: idSchema,
  v: z.literal(1),
  tenantId: idSchema,
  room: roomStampSchema,
  pos: z.int().positive(),
  prevAt: instantSchema.nullable(),
  at: instantSchema,
  actor: userSnapshotSchema.nullable(),
  origin: z.string().nullable(),
};

export const messageCreatedSchema = z.object({
  ...factBase,
  type: z.literal('message.created'),
  message: messageSchema,
});
export const messageEditedSchema = z.object({
  ...factBase,
  type: z.literal('message.edited'),
  message: messageSchema,
});
export const messageDeletedSchema = z.object({
  ...factBase,
  type: z.literal('message.deleted'),
  message: messageSchema,
});
export const roomCreatedSchema = z.object({
  ...factBase,
  type: z.literal('room.created'),
  state: roomSchema,
  memberIds: z.array(idSchema),
});
export const roomChangedSchema = z.object({
  ...factBase,
  type: z.literal('room.changed'),
  state: roomSchema,
  changed: z.array(z.enum(['name', 'photo', 'metadata', 'role', 'description', 'frozen', 'extras'])),
});
export const roomDeletedSchema = z.object({
  ...factBase,
  type: z.literal('room.deleted'),
  memberIds: z.array(idSchema),
  /** the room as it was last */
  state: roomSchema.optional(),
});
export const memberAddedSchema = z.object({
  ...factBase,
  type: z.literal('member.added'),
  members: z.array(z.object({ userId: idSchema, role: roleSchema })),
});
/** `left`: by the member; `removed`: by somebody else. Nothing after this `pos` reaches the member. */
export const memberRemovedSchema = z.object({
  ...factBase,
  type: z.literal('member.removed'),
  userId: idSchema,
  reason: z.enum(['left', 'removed', 'banned']),
});
/** A member's role or nickname, as they are now. */
export const memberChangedSchema = z.object({
  ...factBase,
  type: z.literal('member.changed'),
  userId: idSchema,
  role: roleSchema,
  nickname: z.string().nullable(),
});
/** Every message up to and including `throughSeq` was deleted for everybody. */
export const roomClearedSchema = z.object({
  ...factBase,
  type: z.literal('room.cleared'),
  throughSeq: z.int().nonnegative(),
  count: z.int().nonnegative(),
});

export const factSchema = z.discriminatedUnion('type', [
  messageCreatedSchema,
  messageEditedSchema,
  messageDeletedSchema,
  roomCreatedSchema,
  roomChangedSchema,
  roomDeletedSchema,
  memberAddedSchema,
  memberRemovedSchema,
  memberChangedSchema,
  roomClearedSchema,
]);
export type Fact = z.infer<typeof factSchema>;
export type FactType = Fact['type'];
export type FactOf<T extends FactType> = Extract<Fact, { type: T }>;

/** The newest position of a room, as the relay repeats it so that a lost last fact is noticed without another one coming. */
export const headSchema = z.object({ roomId: idSchema, pos: z.int().positive(), at: instantSchema });
export type Head = z.infer<typeof headSchema>;
