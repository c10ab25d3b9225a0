import {
  draftSchema,
  headSchema,
  extrasSchema,
  idSchema,
  instantSchema,
  memberSchema,
  messageTypeSchema,
  messageSchema,
  metadataSchema,
  roleSchema,
  roomKindSchema,
  roomPreferencesSchema,
  roomStampSchema,
  roomStateSchema,
  userSnapshotSchema,
} from '@parlance/domain';
import { z } from 'zod';
import { command, gathered, query } from './contract.js';

const tenantId = idSchema;
/** Who acts: a user, or null for the tenant's own server, which no role binds. */
const actor = userSnapshotSchema.nullable();
/** The asking connection, kept in the fact; null over REST. */
const origin = z.string().max(128).nullable();
/** Membership is checked for this user; null = the tenant's server, which sees every room. */
const viewerId = idSchema.nullable();
const roomId = idSchema;
const messageId = idSchema;

/** How those concerned are called now, by id, for the room's `info` messages; absent: by their id. */
const names = z.record(z.string(), z.string()).optional();

// Rooms

/**
 * Makes a room. A direct room has exactly two members and is unique per pair: an existing one comes back with `created` false.
 * Errors: `invalid`, `conflict` (the id is taken by another room), `permission-denied` (a user making a room without itself).
 */
export const createRoom = command(
  'message.room.create',
  z.object({
    tenantId,
    actor,
    origin,
    kind: roomKindSchema,
    id: idSchema.optional(),
    name: z.string().max(256).nullable(),
    photo: z.string().max(2048).nullable(),
    metadata: metadataSchema,
    description: z.string().max(4096).nullable().optional(),
    extras: extrasSchema.optional(),
    /** an `info` message tells the room of it; default true; never in a direct room */
    announce: z.boolean().optional(),
    memberIds: z.array(idSchema).min(1).max(5000),
  }),
  z.object({ state: roomStateSchema, created: z.boolean() }),
);

/** The immutable part of rooms by id or uuid, in the order asked; null where unknown. No membership check: nothing of it is shown. */
export const resolveRooms = query(
  'message.room.resolve',
  z.object({ tenantId, keys: z.array(z.string().max(128)).max(256) }),
  z.object({ rooms: z.array(roomStampSchema.nullable()) }),
);

/** A room with its members. Errors: `not-found` also for a viewer who is no member. */
export const getRoom = query('message.room.get', z.object({ tenantId, viewerId, roomId }), roomStateSchema);

/** Changes name, photo or metadata (`mergeMetadata`: keys given replace, others stay). Errors: `not-found`, `permission-denied`. */
export const patchRoom = command(
  'message.room.patch',
  z.object({
    tenantId,
    actor,
    origin,
    roomId,
    name: z.string().max(256).nullable().optional(),
    photo: z.string().max(2048).nullable().optional(),
    metadata: metadataSchema.optional(),
    mergeMetadata: z.boolean().optional(),
    description: z.string().max(4096).nullable().optional(),
    frozen: z.boolean().optional(),
    /** merged by dialect and key */
    extras: extrasSchema.optional(),
    announce: z.boolean().optional(),
  }),
  roomStateSchema,
);

/** Deletes a room for everybody. Errors: `not-found`, `permission-denied` (only the owner, or the server). */
export const deleteRoom = command('message.room.delete', z.object({ tenantId, actor, origin, roomId }), z.object({}));

/** Adds users (already members: no change). Errors: `not-found`, `permission-denied`, `invalid` (direct room, size limit). */
export const addMembers = command(
  'message.member.add',
  z.object({
    tenantId,
    actor,
    origin,
    roomId,
    userIds: z.array(idSchema).min(1).max(500),
    role: roleSchema,
    announce: z.boolean().optional(),
    names,
  }),
  z.object({ state: roomStateSchema, added: z.array(idSchema) }),
);

/** Removes one member; removing oneself is leaving. A user who is no member: no change. */
export const removeMember = command(
  'message.member.remove',
  z.object({ tenantId, actor, origin, roomId, userId: idSchema, announce: z.boolean().optional(), names }),
  z.object({ state: roomStateSchema, removed: z.boolean() }),
);

const roomListing = z.object({
  state: roomStateSchema,
  self: memberSchema,
  unread: z.int().nonnegative(),
  lastMessage: messageSchema.nullable(),
  preferences: roomPreferencesSchema.optional(),
});
export type RoomListing = z.infer<typeof roomListing>;

/**
 * A user's rooms, the most recently written first. `total` counts what the filter leaves. `memberLimit`: how many members
 * each listed room carries at most. `unread` is counted up to 1,000.
 */
export const listRooms = query(
  'message.room.list',
  z.object({
    tenantId,
    userId: idSchema,
    /** this room alone, also if it is hidden */
    roomId: roomId.optional(),
    withMessagesOnly: z.boolean(),
    /** part of the room's name, or of the own nickname for it (case-insensitive) */
    title: z.string().max(256).optional(),
    kinds: z.array(roomKindSchema).optional(),
    muted: z.boolean().optional(),
    archived: z.boolean().optional(),
    /** default: hidden rooms are left out */
    hidden: z.boolean().optional(),
    /** only rooms with a fact after this time */
    updatedAfter: instantSchema.optional(),
    unreadFirst: z.boolean().optional(),
    offset: z.int().nonnegative(),
    limit: z.int().min(1).max(200),
    memberLimit: z.int().min(1).max(200),
  }),
  z.object({ rooms: z.array(roomListing), total: z.int().nonnegative() }),
);

// Messages

/**
 * Sends one message. `clientMessageId` is the sender's idempotency key in the room: the same again answers the stored message
 * with `repeated` true. Errors: `not-found` (room, or the sender is no member), `conflict` (same key, other body),
 * `permission-denied` (frozen room, blocked pair), `invalid`, `overloaded`, `unavailable`.
 */
export const sendMessage = command(
  'message.send',
  z.object({
    tenantId,
    roomId,
    sender: userSnapshotSchema,
    origin,
    clientMessageId: z.string().min(1).max(128),
    draft: draftSchema,
    /** the id of the stream that this message ends; else the server makes one */
    messageId: messageId.optional(),
  }),
  z.object({ message: messageSchema, room: roomStampSchema, repeated: z.boolean() }),
);

/** Changes text, attachment or metadata; absent = keep. Only the author (or the server). Errors: `not-found`, `permission-denied`. */
export const editMessage = command(
  'message.edit',
  z.object({
    tenantId,
    actor,
    origin,
    messageId,
    /** goes with a new attachment: a text that becomes an image, say */
    type: draftSchema.shape.type.optional(),
    text: z.string().nullable().optional(),
    attachment: draftSchema.shape.attachment.optional(),
    metadata: metadataSchema.optional(),
  }),
  z.object({ message: messageSchema, room: roomStampSchema }),
);

/** Deletes for everybody: author, room owner or admin, or the server. Repeating it changes nothing. */
export const deleteMessage = command(
  'message.delete',
  z.object({
    tenantId,
    actor,
    origin,
    messageId,
    /** merged into the message's, so that a dialect knows its own way of deleting again */
    extras: extrasSchema.optional(),
  }),
  z.object({ message: messageSchema, room: roomStampSchema }),
);

export const getMessage = query(
  'message.get',
  z.object({ tenantId, viewerId, messageId }),
  z.object({ message: messageSchema, room: roomStampSchema }),
);

/**
 * Messages in seq order. With `afterSeq` the oldest after it, else the newest before `beforeSeq` (default: the end), skipping
 * `skip` of them. `visibleOnly` leaves out deleted and info messages, and `total` counts what is left.
 */
export const listMessages = query(
  'message.list',
  z.object({
    tenantId,
    viewerId,
    roomId,
    afterSeq: z.int().nonnegative().optional(),
    beforeSeq: z.int().positive().optional(),
    skip: z.int().nonnegative(),
    limit: z.int().min(1).max(200),
    visibleOnly: z.boolean(),
    /** contains this text (case-insensitive) */
    text: z.string().max(256).optional(),
    types: z.array(messageTypeSchema).optional(),
    /** only messages whose text holds a link */
    links: z.boolean().optional(),
    starredOnly: z.boolean().optional(),
    pinnedOnly: z.boolean().optional(),
    /** default false: what the viewer deleted for itself is left out */
    withHidden: z.boolean().optional(),
  }),
  z.object({
    messages: z.array(messageSchema),
    lastSeq: z.int().nonnegative(),
    total: z.int().nonnegative(),
    /** ids among them that the viewer starred */
    starred: z.array(messageId).default([]),
    /** the messages that these answer, where the viewer may see them */
    replied: z.array(messageSchema).default([]),
  }),
);

// Receipts

/** Up to where: a seq, a message, or everything there is. */
const upTo = z.union([
  z.object({ seq: z.int().nonnegative() }),
  z.object({ messageId }),
  z.object({ latest: z.literal(true) }),
]);

/**
 * Moves a member's watermark forward, never back (reading also delivers). `roomId` may be absent when `upTo` names a message.
 * Errors: `not-found`.
 */
export const markReceipt = command(
  'message.receipt.mark',
  z.object({
    tenantId,
    user: userSnapshotSchema,
    origin,
    roomId: roomId.optional(),
    upTo,
    kind: z.enum(['read', 'delivered']),
  }),
  z.object({ roomId, readSeq: z.int().nonnegative(), deliveredSeq: z.int().nonnegative() }),
);

// The log

/**
 * Facts of a room after a position, or after a time (database time) where the position is unknown; at most `limit`, in pos order.
 * `head`: the newest pos there is. `truncated`: the log no longer reaches back to where was asked (it keeps 7 days).
 * Facts are left unparsed here: a reader skips a type it does not know, but advances.
 */
export const pullLog = query(
  'message.log.pull',
  z.object({
    tenantId,
    roomId,
    afterPos: z.int().nonnegative().optional(),
    afterTime: instantSchema.optional(),
    limit: z.int().min(1).max(1000),
  }),
  z.object({ facts: z.array(z.unknown()), head: z.int().nonnegative(), truncated: z.boolean() }),
);

/** The newest position of each room, unknown rooms left out. */
export const getHeads = query(
  'message.log.heads',
  z.object({ tenantId, roomIds: z.array(roomId).max(1000) }),
  z.object({ heads: z.array(headSchema), asOf: instantSchema }),
);

/**
 * The heads of every room of these users that was written after `since` (database time): what a gateway asks when its connection
 * to the bus was away. At most 1,000, the most recently written first; `complete` is false when there were more.
 */
export const changedRooms = query(
  'message.log.changed',
  z.object({ tenantId, userIds: z.array(idSchema).max(500), since: instantSchema }),
  z.object({ heads: z.array(headSchema), complete: z.boolean(), asOf: instantSchema }),
);

// Sessions: what a reconnecting client is owed

const cursor = z.object({ roomId, pos: z.int().nonnegative() });
/** Of a storm's binds; see `gathered`. */
const BIND_GATHER_MS = 100;

/**
 * Takes a connection in: notes its session, lists the groups it must hear, and, when it resumes, says what it is owed.
 * `resume.sessionId`: the session its client names. `resume.latest`: this user's newest abandoned session of that dialect, for
 * clients that cannot name one. A session is claimed once and within the resume window; naming a claimed one continues the session that
 * claimed it, as its client may never have learned of that. `owed` respects joins and leaves:
 * facts of `roomId` after `afterPos` up to and including `toPos` (null = no end).
 * `asOf`: database time at which the answer was read.
 */
export const bindSession = gathered(
  command(
    'message.session.bind',
    z.object({
      tenantId,
      userId: idSchema,
      dialect: z.string().max(32),
      sessionId: z.string().min(8).max(64),
      podId: z.string().max(64),
      /** sealed by the gateway, opaque to others: what it needs to know the caller again when the session is named; see findSession */
      ticket: z.string().max(16_384).nullable(),
      resume: z.union([z.object({ sessionId: z.string().max(64) }), z.object({ latest: z.literal(true) })]).nullable(),
    }),
    z.object({
      asOf: instantSchema,
      groups: z.array(z.object({ roomId, head: z.int().nonnegative() })),
      /** the user's rooms of any kind that were written within the last 10 s before `asOf` */
      recent: z.array(z.object({ roomId, head: z.int().nonnegative() })),
      resumed: z
        .object({
          sessionId: z.string(),
          openRooms: z.array(roomId),
          owed: z.array(z.object({ roomId, afterPos: z.int().nonnegative(), toPos: z.int().positive().nullable() })),
        })
        .nullable(),
    }),
  ),
  BIND_GATHER_MS,
);

/** Reads whom a session belongs to, before the connection that names it is bound; null when unknown or too old. */
export const findSession = query(
  'message.session.find',
  z.object({ tenantId: tenantId.nullable(), sessionId: z.string().max(64) }),
  z.object({
    session: z.object({ tenantId, userId: idSchema, dialect: z.string(), ticket: z.string().nullable() }).nullable(),
  }),
);

/**
 * Checkpoints the sessions of one pod, and its heartbeat. `cursors`: per room with recent traffic on the connection the last
 * confirmed pos. `asOf`: every room that is not listed is confirmed up to this time. `state`: `closed` is ready to be resumed,
 * `ended` (the client left for good, was switched or terminated) is forgotten.
 */
export const saveSessions = command(
  'message.session.save',
  z.object({
    podId: z.string().max(64),
    sessions: z
      .array(
        z.object({
          tenantId,
          sessionId: z.string().max(64),
          userId: idSchema,
          dialect: z.string().max(32),
          openRooms: z.array(roomId).max(1000),
          cursors: z.array(cursor).max(1000),
          asOf: instantSchema,
          state: z.enum(['open', 'closed', 'ended']),
        }),
      )
      .max(1000),
  }),
  z.object({ asOf: instantSchema }),
);
