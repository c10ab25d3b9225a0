import {
  callSchema,
  idSchema,
  jsonValueSchema,
  participationSchema,
  roomStampSchema,
  userSnapshotSchema,
} from '@parlance/domain';
import { z } from 'zod';
import { command, query } from './contract.js';

const tenantId = idSchema;
/** The asking connection; null over REST. */
const origin = z.string().max(128).nullable();
/** What the asker's credential says it is, see `deviceOf` of the actions; null: the tenant's own server. */
const device = idSchema.nullable();
/** A call by its id or uuid. */
const callKey = z.string().min(1).max(128);

/**
 * A call as its participants see it. `payload`: the caller's offer and `answer`: the answering side's, verbatim, while the call lasts;
 * null after it.
 */
const callOutcome = z.object({
  call: callSchema,
  room: roomStampSchema,
  payload: jsonValueSchema,
  participants: z.array(z.object({ userId: idSchema, state: participationSchema })),
});
export type CallOutcome = z.output<typeof callOutcome>;

/** Who acts, on which device. */
const acting = { tenantId, origin, device, user: userSnapshotSchema };

/**
 * Rings the other side of a direct room, or a group's members. To somebody who is in a call with a third it comes back ended (`busy`).
 * While the other side rings for this user it counts as the answer to that. `requestId`: the same again answers the same call.
 * `ringSeconds`: the tenant's own ring timeout. Errors: `not-found` (the room, or no member of it), `invalid` (oneself),
 * `permission-denied` (a blocked pair), `conflict` (the caller is in a call; the room has one), `rate-limited`, `too-large` (the
 * payload; a group with more than 256 members), `unsupported` (a broadcast room).
 */
export const createCall = command(
  'call.create',
  z.object({
    ...acting,
    roomId: idSchema,
    withVideo: z.boolean(),
    payload: jsonValueSchema,
    requestId: z.string().min(1).max(64),
    ringSeconds: z.int().min(1).max(600).nullable(),
  }),
  callOutcome,
);

/**
 * Takes a call that rings, or joins a group's. The same device again changes nothing. Errors: `not-found`, `conflict`
 * (`details.reason`: `already_answered` by another device, `ended`, `busy` in another call), `permission-denied` (the own call).
 */
export const acceptCall = command(
  'call.accept',
  z.object({ ...acting, call: callKey, payload: jsonValueSchema }),
  callOutcome,
);

/**
 * Rejects, cancels or hangs up, as the user's role and the call's state have it; a call that is over stays as it is. In a group's call
 * who began it ends it for all, any other one leaves. `user` null: the tenant's server ends it. Errors: `not-found`,
 * `permission-denied` (the other side's word), `conflict` (`already_answered`: by a device that lost the race).
 */
export const endCall = command(
  'call.end',
  z.object({
    ...acting,
    user: userSnapshotSchema.nullable(),
    call: callKey,
    as: z.enum(['reject', 'cancel', 'end']).optional(),
  }),
  callOutcome,
);

/**
 * Hands a signalling message to the device of the other side, verbatim; kept for it (64 at most) while it has no socket or the call
 * rings. `call` null: the user's live call. At most 4 KB. Errors: `not-found`, `conflict` (the call is over, or on another device),
 * `too-large`, `rate-limited` (more than 64 before the answer), `unsupported` (a group's call).
 */
export const signalCall = command(
  'call.signal',
  z.object({ tenantId, userId: idSchema, origin, device: idSchema, call: callKey.nullable(), data: jsonValueSchema }),
  z.object({}),
);

/** Errors: `not-found` also for somebody who has nothing to do with it. `viewerId` null: the tenant's server. */
export const getCall = query(
  'call.get',
  z.object({ tenantId, viewerId: idSchema.nullable(), call: callKey }),
  callOutcome,
);

/** The live call of this user that it takes part in, else the newest that rings for it; or null. */
export const findActiveCall = query(
  'call.active',
  z.object({ tenantId, userId: idSchema }),
  z.object({ active: callOutcome.nullable() }),
);

/** The calls of a user, the newest first; forgotten ones are left out. */
export const listCalls = query(
  'call.list',
  z.object({ tenantId, userId: idSchema, offset: z.int().nonnegative(), limit: z.int().min(1).max(200) }),
  z.object({ calls: z.array(callOutcome), total: z.int().nonnegative() }),
);

/** Takes one ended call, or all, out of the user's own history. Errors: `not-found`, `conflict` (it is not over). */
export const forgetCalls = command(
  'call.forget',
  z.object({ tenantId, userId: idSchema, call: callKey.optional() }),
  z.object({}),
);

/** Of each list in one note at most. */
export const SOCKET_NOTES = 500;

const socket = z.object({ tenantId, userId: idSchema, connectionId: z.string().min(1).max(64) });

/**
 * What a gateway knows of the sockets of people in calls, and its heartbeat: a gateway that has known some and is silent for 15 s is
 * dead. `here`: open ones; `fresh`: it has just come, so its device is told anew what goes on. `known`: those of them that
 * belong to somebody in a call; only their end need be told. `told`: who was told of a call's end. Repeating a note changes nothing.
 */
export const noteCallSockets = command(
  'call.sockets.note',
  z.object({
    podId: z.string().min(1).max(80),
    here: z.array(socket.extend({ device: idSchema, fresh: z.boolean() })).max(SOCKET_NOTES),
    left: z.array(socket).max(SOCKET_NOTES),
    told: z.array(z.object({ tenantId, userId: idSchema, callId: idSchema })).max(SOCKET_NOTES),
  }),
  z.object({ known: z.array(z.string()) }),
);
