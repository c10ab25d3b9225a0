import { z } from 'zod';
import { idSchema, instantSchema } from '../id/id.js';
import { metadataSchema } from '../json/json.js';

export const messageTypeSchema = z.enum([
  'text',
  'image',
  'file',
  'video',
  'voice',
  'location',
  'sticker',
  'call',
  'info',
  'custom',
]);
export type MessageType = z.infer<typeof messageTypeSchema>;

/** A file, place or picture that a message carries. Times in ms, sizes in bytes and pixels. */
export const attachmentSchema = z.object({
  url: z.string().max(2048).optional(),
  name: z.string().max(512).optional(),
  mimeType: z.string().max(256).optional(),
  size: z.int().nonnegative().optional(),
  width: z.number().nonnegative().optional(),
  height: z.number().nonnegative().optional(),
  durationMs: z.number().nonnegative().optional(),
  thumbnailUrl: z.string().max(2048).optional(),
  latitude: z.number().optional(),
  longitude: z.number().optional(),
  data: metadataSchema.optional(),
});
export type Attachment = z.infer<typeof attachmentSchema>;

/** A dialect's own extra fields, keyed by dialect, returned intact to that dialect and shown to no other. */
export const extrasSchema = z.record(z.string(), metadataSchema);
export type Extras = z.infer<typeof extrasSchema>;

/**
 * An entry of a room. `seq` is gap-free among the room's messages. A deleted one stays, with `text` and `attachment` null
 * and `deletedAt` set.
 */
export const messageSchema = z.object({
  id: idSchema,
  seq: z.int().positive(),
  roomId: idSchema,
  senderId: idSchema,
  clientMessageId: z.string(),
  type: messageTypeSchema,
  text: z.string().nullable(),
  attachment: attachmentSchema.nullable(),
  replyTo: idSchema.nullable(),
  /** the message this one repeats in another room */
  forwardOf: idSchema.nullable().default(null),
  /** the broadcast message this one is a recipient's copy of */
  broadcastOf: idSchema.nullable().default(null),
  metadata: metadataSchema,
  extras: extrasSchema,
  createdAt: instantSchema,
  editedAt: instantSchema.nullable(),
  deletedAt: instantSchema.nullable(),
  /** what members put beside it; absent: nothing, or not asked for */
  reactions: z.array(z.object({ userId: idSchema, value: z.string().max(64) })).optional(),
  pinnedAt: instantSchema.nullable().optional(),
});
export type Message = z.infer<typeof messageSchema>;

/** What a sender decides; everything else is the server's. */
export const draftSchema = z.object({
  type: messageTypeSchema,
  text: z.string().nullable(),
  attachment: attachmentSchema.nullable(),
  replyTo: idSchema.nullable(),
  forwardOf: idSchema.nullable().default(null),
  metadata: metadataSchema,
  extras: extrasSchema,
});
export type Draft = z.infer<typeof draftSchema>;

/** A draft of plain text: what most dialects send. */
export function textDraft(text: string, more: Partial<Draft> = {}): Draft {
  return { type: 'text', text, attachment: null, replyTo: null, forwardOf: null, metadata: {}, extras: {}, ...more };
}

export function isEmptyDraft(draft: Pick<Draft, 'text' | 'attachment' | 'type' | 'metadata'>): boolean {
  return (draft.text ?? '') === '' && draft.attachment === null && draft.type !== 'custom';
}

/** What happened to a room, as its `info` messages say it; a dialect words it. */
export const infoActionSchema = z.enum([
  'room.created',
  'room.renamed',
  'room.photo-changed',
  'members.added',
  'member.joined',
  'member.promoted',
  'member.demoted',
  'member.left',
  'member.removed',
  'invitations.canceled',
]);
export type InfoAction = z.infer<typeof infoActionSchema>;

/** `attachment.data` of an `info` message. `targets`: whom it happened to, with their names of then; `title`: the room's new name. */
export const infoSchema = z.object({
  action: infoActionSchema,
  by: z.object({ id: idSchema, name: z.string() }).nullable(),
  targets: z.array(z.object({ id: idSchema, name: z.string() })).max(500),
  title: z.string().nullable(),
});
export type Info = z.infer<typeof infoSchema>;
