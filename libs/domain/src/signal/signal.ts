import { z } from 'zod';
import { idSchema, instantSchema } from '../id/id.js';
import { roomStampSchema } from '../room/room.js';
import { userSnapshotSchema } from '../user/user.js';

/**
 * A state fact: absolute, last writer wins, not in the room's log, re-read when a connection binds. A member's watermarks
 * after a change; they never move back. `readMessageId`/`deliveredMessageId` name the newest message each covers.
 */
export const receiptChangedSchema = z.object({
  type: z.literal('receipt.changed'),
  v: z.literal(1),
  tenantId: idSchema,
  room: roomStampSchema,
  user: userSnapshotSchema,
  kind: z.enum(['read', 'delivered']),
  readSeq: z.int().nonnegative(),
  deliveredSeq: z.int().nonnegative(),
  /** the newest message the changed watermark covers */
  messageId: idSchema.nullable(),
  at: instantSchema,
  origin: z.string().nullable(),
});
export type ReceiptChanged = z.infer<typeof receiptChangedSchema>;

const signalBase = {
  tenantId: idSchema,
  room: roomStampSchema,
  user: userSnapshotSchema,
  origin: z.string().nullable(),
};

export const typingStatusSchema = z.enum(['typing', 'recording', 'stop']);
export type TypingStatus = z.infer<typeof typingStatusSchema>;

/** Never stored. `text`: what is being typed, where the sender's dialect tells it. */
export const typingChangedSchema = z.object({
  type: z.literal('typing.changed'),
  ...signalBase,
  status: typingStatusSchema,
  text: z.string().max(1024).nullable(),
  /** how long it lasts without another one, ms; absent: until its state's own time is over, or it stops */
  lastsMs: z.int().positive().max(300_000).optional(),
});
export type TypingChanged = z.infer<typeof typingChangedSchema>;

/** Somebody asks the clients of a room to read it anew. */
export const refreshRequestedSchema = z.object({ type: z.literal('refresh.requested'), ...signalBase });
export type RefreshRequested = z.infer<typeof refreshRequestedSchema>;

/** A user declares or shows presence to the people of a room. */
export const presenceShownSchema = z.object({
  type: z.literal('presence.shown'),
  ...signalBase,
  online: z.boolean(),
  lastSeenAt: instantSchema.nullable(),
});
export type PresenceShown = z.infer<typeof presenceShownSchema>;

export const signalSchema = z.discriminatedUnion('type', [
  typingChangedSchema,
  refreshRequestedSchema,
  presenceShownSchema,
]);
export type Signal = z.infer<typeof signalSchema>;
