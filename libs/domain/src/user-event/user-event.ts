import { z } from 'zod';
import { callSchema } from '../call/call.js';
import { idSchema, instantSchema } from '../id/id.js';
import { invitationSchema } from '../invitation/invitation.js';
import { jsonValueSchema, roomPreferencesSchema } from '../preference/preference.js';
import { roomStampSchema } from '../room/room.js';
import { scoreDaySchema } from '../score/score.js';
import { userSnapshotSchema } from '../user/user.js';

/**
 * What concerns one user and is no fact of a room's log: told to that user's connections (`userId`), from that user's viewpoint.
 * Absolute, so that a missed or doubled one does no harm: a client that comes back reads the state anew. `origin`: the
 * connection that caused it. `device`: told to this device only, or to all but this one; null: to all.
 */
const base = {
  v: z.literal(1),
  tenantId: idSchema,
  userId: idSchema,
  at: instantSchema,
  origin: z.string().nullable(),
  device: z.union([z.object({ only: z.string() }), z.object({ except: z.string() })]).nullable(),
};
const noRoom = { ...base, room: z.null() };
const inRoom = { ...base, room: roomStampSchema };

/** `room`: the pair's direct room, if there is one. */
export const blockChangedSchema = z.object({
  ...base,
  room: roomStampSchema.nullable(),
  type: z.literal('block.changed'),
  other: userSnapshotSchema,
  blockedByMe: z.boolean(),
  blockedMe: z.boolean(),
});

/** An own key-value preference; `value` null and `removed` true: it is gone. */
export const preferenceChangedSchema = z.object({
  ...noRoom,
  type: z.literal('preference.changed'),
  key: z.string().max(128),
  value: jsonValueSchema,
  removed: z.boolean(),
});

export const roomPreferencesChangedSchema = z.object({
  ...inRoom,
  type: z.literal('room-preferences.changed'),
  preferences: roomPreferencesSchema,
});

/** Deleted for this user alone: these messages, or everything up to and including `allUpToSeq`. */
export const messagesHiddenSchema = z.object({
  ...inRoom,
  type: z.literal('messages.hidden'),
  messageIds: z.array(idSchema),
  allUpToSeq: z.int().nonnegative().nullable(),
});

/** Told to invitee and inviter. */
export const invitationChangedSchema = z.object({
  ...inRoom,
  type: z.literal('invitation.changed'),
  invitation: invitationSchema,
  inviter: userSnapshotSchema.nullable(),
  invitee: userSnapshotSchema,
});

/** The last thing a terminated user hears; the connections are closed after it. */
export const userTerminatedSchema = z.object({
  ...noRoom,
  type: z.literal('user.terminated'),
  message: z.string().max(1024),
});

/** Somebody who shares rooms with this user came or went. `shared`: those rooms, at most 100. */
export const presenceChangedSchema = z.object({
  ...noRoom,
  type: z.literal('presence.changed'),
  subject: userSnapshotSchema,
  online: z.boolean(),
  lastSeenAt: instantSchema.nullable(),
  shared: z.array(roomStampSchema).max(100),
});

const callBase = { ...inRoom, call: callSchema, caller: userSnapshotSchema, callee: userSnapshotSchema.nullable() };

/** It rings. Told to both sides. `payload`: the caller's, verbatim, type unchanged. */
export const callOfferedSchema = z.object({
  ...callBase,
  type: z.literal('call.offered'),
  payload: jsonValueSchema,
});
/**
 * Told to both sides. `payload`: the answering side's, verbatim. `glare`: both rang each other, so the callee waits for an answer too;
 * each is told the payload of the other.
 */
export const callAcceptedSchema = z.object({
  ...callBase,
  type: z.literal('call.accepted'),
  payload: jsonValueSchema,
  glare: z.boolean().default(false),
});
/** The end, with `call.reason`. `elsewhere`: only for this device, because another one of the same user answered. */
export const callEndedSchema = z.object({
  ...callBase,
  type: z.literal('call.ended'),
  elsewhere: z.boolean(),
});
/** A signalling message of the other side (an ICE candidate, say), verbatim. */
export const callSignaledSchema = z.object({ ...callBase, type: z.literal('call.signaled'), data: jsonValueSchema });

export const scoreChangedSchema = z.object({ ...noRoom, type: z.literal('score.changed'), day: scoreDaySchema });

export const rewardChangedSchema = z.object({
  ...noRoom,
  type: z.literal('reward.changed'),
  rewardId: idSchema,
  remaining: z.int().nonnegative(),
  isExpired: z.boolean(),
  consumedByMe: z.boolean(),
});

export const userEventSchema = z.discriminatedUnion('type', [
  blockChangedSchema,
  preferenceChangedSchema,
  roomPreferencesChangedSchema,
  messagesHiddenSchema,
  invitationChangedSchema,
  userTerminatedSchema,
  presenceChangedSchema,
  callOfferedSchema,
  callAcceptedSchema,
  callEndedSchema,
  callSignaledSchema,
  scoreChangedSchema,
  rewardChangedSchema,
]);
export type UserEvent = z.infer<typeof userEventSchema>;
export type UserEventType = UserEvent['type'];
export type UserEventOf<T extends UserEventType> = Extract<UserEvent, { type: T }>;
