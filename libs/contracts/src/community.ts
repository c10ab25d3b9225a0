import {
  idSchema,
  instantSchema,
  invitationSchema,
  memberSchema,
  messageSchema,
  messageTypeSchema,
  roleSchema,
  roomStampSchema,
  roomStateSchema,
  userSnapshotSchema,
} from '@parlance/domain';
import { z } from 'zod';
import { command, query } from './contract.js';

const tenantId = idSchema;
const actor = userSnapshotSchema.nullable();
const origin = z.string().max(128).nullable();
const roomId = idSchema;
/** How those concerned are called now, by id, for the room's `info` messages; absent: by their id. */
const names = z.record(z.string(), z.string()).optional();

/** What the message service does for people in rooms beside messages: roles, bans, blocks, invitations, clearing, searching. */

/**
 * Changes a member's role (owner and admin; giving `owner` away is the owner's right and makes the former owner an admin) or
 * nickname (own, or by owner and admin). A `member.changed` fact. Errors: `not-found`, `permission-denied`, `invalid` (direct room).
 */
export const changeMember = command(
  'message.member.change',
  z.object({
    tenantId,
    actor,
    origin,
    roomId,
    userId: idSchema,
    role: roleSchema.optional(),
    nickname: z.string().max(256).nullable().optional(),
    names,
  }),
  z.object({ state: roomStateSchema, member: memberSchema }),
);

/** Deletes every message there is for everybody (owner, admin, server): one `room.cleared` fact. */
export const clearRoom = command(
  'message.room.clear',
  z.object({ tenantId, actor, origin, roomId }),
  z.object({ room: roomStampSchema, throughSeq: z.int().nonnegative(), count: z.int().nonnegative() }),
);

/**
 * Bans a user from a group (owner, admin, server): it is removed, if there, and neither added nor invited until unbanned.
 * Errors: `conflict` (banned already), `not-found`, `permission-denied`, `invalid` (direct room, the owner).
 */
export const setBan = command(
  'message.ban.set',
  z.object({ tenantId, actor, origin, roomId, userId: idSchema, banned: z.boolean(), names }),
  z.object({ createdAt: instantSchema, updatedAt: instantSchema }),
);
const ban = z.object({ userId: idSchema, byId: idSchema.nullable(), createdAt: instantSchema });
export const listBans = query(
  'message.ban.list',
  z.object({ tenantId, viewerId: idSchema.nullable(), roomId }),
  z.object({ bans: z.array(ban) }),
);

/**
 * One user blocks another: nobody of the two writes into their direct room or calls until it is taken back. Both are told by a
 * `block.changed` user event, each from its own viewpoint. Repeating it changes nothing. Errors: `invalid` (oneself), `not-found`.
 */
export const setBlock = command(
  'message.block.set',
  z.object({
    tenantId,
    user: userSnapshotSchema,
    other: userSnapshotSchema,
    origin,
    blocked: z.boolean(),
  }),
  z.object({ room: roomStampSchema.nullable(), blockedByMe: z.boolean(), blockedMe: z.boolean() }),
);
export const getBlock = query(
  'message.block.get',
  z.object({ tenantId, userId: idSchema, otherId: idSchema }),
  z.object({ room: roomStampSchema.nullable(), blockedByMe: z.boolean(), blockedMe: z.boolean() }),
);
/** Whom this user blocks, the newest first, at most 1,000. */
export const listBlocks = query(
  'message.block.list',
  z.object({ tenantId, userId: idSchema }),
  z.object({ blocks: z.array(z.object({ userId: idSchema, createdAt: instantSchema })) }),
);

/**
 * Invites users into a group (owner, admin, server). Members, banned and already invited users are left out (the open invitation
 * of the latter is answered again). Errors: `not-found`, `permission-denied`, `invalid` (direct room, size limit).
 */
export const createInvitations = command(
  'message.invitation.create',
  z.object({ tenantId, actor, origin, roomId, users: z.array(userSnapshotSchema).min(1).max(500) }),
  z.object({ invitations: z.array(invitationSchema), room: roomStampSchema }),
);

/** By id, or the open one of a user in a room. */
const invitationKey = z.union([z.object({ id: idSchema }), z.object({ roomId, userId: idSchema })]);

/**
 * The invitee accepts (and is a member then) or rejects. Repeating the same answer changes nothing.
 * Errors: `not-found` (also for anybody but the invitee or the server), `conflict` (another final state).
 */
export const answerInvitation = command(
  'message.invitation.answer',
  z.object({ tenantId, actor, origin, invitation: invitationKey, answer: z.enum(['accept', 'reject']) }),
  z.object({ invitation: invitationSchema, state: roomStateSchema }),
);

/** The inviter, an owner or admin, or the server takes it back. Errors: `not-found`, `permission-denied`, `conflict` (answered). */
export const cancelInvitation = command(
  'message.invitation.cancel',
  z.object({ tenantId, actor, origin, invitation: invitationKey }),
  z.object({ invitation: invitationSchema }),
);
export const listInvitations = query(
  'message.invitation.list',
  z.object({ tenantId, userId: idSchema.optional(), roomId: roomId.optional(), openOnly: z.boolean() }),
  z.object({ invitations: z.array(invitationSchema) }),
);

/** A user joins a group that is open (`room.extras` does not say so; `open: true` in the room's metadata) or whose invitation is open. */
export const joinRoom = command(
  'message.member.join',
  z.object({ tenantId, user: userSnapshotSchema, origin, roomId }),
  z.object({ state: roomStateSchema, joined: z.boolean() }),
);

/** Messages of all rooms the viewer is in (or one of them) that contain the text, the newest first. */
export const searchMessages = query(
  'message.search',
  z.object({
    tenantId,
    viewerId: idSchema.nullable(),
    roomId: roomId.optional(),
    text: z.string().max(256).optional(),
    types: z.array(messageTypeSchema).optional(),
    starredOnly: z.boolean().optional(),
    beforeId: idSchema.optional(),
    offset: z.int().nonnegative(),
    limit: z.int().min(1).max(200),
  }),
  z.object({
    messages: z.array(messageSchema),
    /** counted up to 10,000 */
    total: z.int().nonnegative(),
    /** as in `listMessages` */
    starred: z.array(idSchema).default([]),
    replied: z.array(messageSchema).default([]),
  }),
);
