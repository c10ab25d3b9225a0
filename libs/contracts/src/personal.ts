import {
  idSchema,
  jsonValueSchema,
  messageSchema,
  roomPreferencesSchema,
  roomStampSchema,
  storedFileSchema,
  userSnapshotSchema,
} from '@parlance/domain';
import { z } from 'zod';
import { command, query } from './contract.js';

const tenantId = idSchema;
const origin = z.string().max(128).nullable();
const roomId = idSchema;
const messageId = idSchema;

/** What the message service keeps for one user alone, and what hangs on messages: preferences, stars, hidden messages, streams, files. */

const preferenceKey = z.string().min(1).max(128);

/** All own key-value preferences: at most 100 keys of 64 KB each (guarantees.md section 7). */
export const listPreferences = query(
  'message.preference.list',
  z.object({ tenantId, userId: idSchema }),
  z.object({ preferences: z.record(z.string(), jsonValueSchema) }),
);
/** Sets (or, with `value` undefined, removes) one; told to the own devices. Errors: `too-large`, `not-found` (removing an unknown key). */
export const setPreference = command(
  'message.preference.set',
  z.object({ tenantId, userId: idSchema, origin, key: preferenceKey, value: jsonValueSchema.optional() }),
  z.object({}),
);

/** Changes some of a member's preferences for a room; `extras` are merged by dialect and key. Errors: `not-found` (also no member). */
export const setRoomPreferences = command(
  'message.room-preferences.set',
  z.object({
    tenantId,
    userId: idSchema,
    origin,
    roomId,
    patch: roomPreferencesSchema.partial(),
  }),
  z.object({ preferences: roomPreferencesSchema }),
);
export const getRoomPreferences = query(
  'message.room-preferences.get',
  z.object({ tenantId, userId: idSchema, roomIds: z.array(roomId).max(200) }),
  z.object({ preferences: z.record(z.string(), roomPreferencesSchema) }),
);

/**
 * Deletes messages for this user alone: the named ones (of one room), or all there are in the room. Told to the own devices.
 * Errors: `not-found`.
 */
export const hideMessages = command(
  'message.hide',
  z.object({
    tenantId,
    userId: idSchema,
    origin,
    roomId: roomId.optional(),
    messageIds: z.array(messageId).max(200),
    all: z.boolean(),
  }),
  z.object({ room: roomStampSchema, hidden: z.array(messageId), allUpToSeq: z.int().nonnegative().nullable() }),
);
/** Ids this user deleted for itself in a room, the newest first, at most 1,000, and the seq up to which all is deleted. */
export const listHidden = query(
  'message.hidden.list',
  z.object({ tenantId, userId: idSchema, roomId }),
  z.object({ messageIds: z.array(messageId), allUpToSeq: z.int().nonnegative().nullable() }),
);

/** Stars a message for this user. Errors: `not-found`. */
export const starMessage = command(
  'message.star',
  z.object({ tenantId, userId: idSchema, messageId, starred: z.boolean() }),
  z.object({ message: messageSchema }),
);

/** One member's reaction to a message (one of each value), or its withdrawal. At most 200 reactions per message. Errors: `not-found`. */
export const reactToMessage = command(
  'message.react',
  z.object({ tenantId, userId: idSchema, messageId, value: z.string().min(1).max(64), present: z.boolean() }),
  z.object({ message: messageSchema }),
);
/** Pins a message for its room. Errors: `not-found`. */
export const pinMessage = command(
  'message.pin',
  z.object({ tenantId, userId: idSchema, messageId, pinned: z.boolean() }),
  z.object({ message: messageSchema }),
);

/**
 * Opens a stream: a message that is still being written. Only a bot, or the tenant's server for one (checked by the edge), opens it.
 * Ended by itself after 10 minutes without a part: the text so far becomes the message.
 * Errors: `not-found`, `permission-denied` (frozen, blocked), `rate-limited` (over 10 open per sender).
 */
export const openStream = command(
  'message.stream.open',
  z.object({
    tenantId,
    sender: userSnapshotSchema,
    origin,
    roomId,
    draft: z.object({ replyTo: messageId.nullable() }),
  }),
  z.object({ messageId, room: roomStampSchema }),
);
/**
 * Appends a part. `index` counts from 0; a repeated index changes nothing, one that skips is `conflict` (details.expected).
 * Errors: `not-found` (also ended, also not the sender's), `too-large` (over the text limit).
 */
export const appendStream = command(
  'message.stream.append',
  z.object({
    tenantId,
    senderId: idSchema.nullable(),
    messageId,
    index: z.int().nonnegative(),
    text: z.string().max(20_000),
  }),
  z.object({ offset: z.int().nonnegative() }),
);
/** Ends it: the durable message, with `text` in place of the parts if given. Repeating it answers the same message. */
export const finishStream = command(
  'message.stream.finish',
  z.object({ tenantId, senderId: idSchema.nullable(), messageId, text: z.string().max(20_000).optional() }),
  z.object({ message: messageSchema, room: roomStampSchema }),
);
/** Open streams of the rooms this user is in (or of one room), with their text so far: what a late listener is told. At most 100. */
export const listStreams = query(
  'message.stream.list',
  z.object({ tenantId, userId: idSchema, roomId: roomId.optional() }),
  z.object({
    streams: z.array(z.object({ messageId, room: roomStampSchema, sender: userSnapshotSchema, text: z.string() })),
  }),
);

/** Notes a file that an edge has stored. Errors: `not-found` (a room the owner is not in). */
export const registerFile = command(
  'message.file.register',
  z.object({ tenantId, file: storedFileSchema.omit({ createdAt: true, url: true }), key: z.string().max(512) }),
  z.object({ file: storedFileSchema.omit({ url: true }) }),
);
/** A file by id; for a viewer who is not in its room `not-found`. `viewerId` null: the server, or a proof that stands in the URL. */
export const getFile = query(
  'message.file.get',
  z.object({ tenantId, viewerId: idSchema.nullable(), fileId: idSchema }),
  z.object({ file: storedFileSchema.omit({ url: true }), key: z.string() }),
);
