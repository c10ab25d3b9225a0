import { idSchema, roomStampSchema, userSnapshotSchema } from '@parlance/domain';
import { z } from 'zod';
import { command, query } from './contract.js';

// Who shares a room with whom: what presence and delivery ask the message service

const tenantId = idSchema;

/**
 * The rooms that any of these users is in now, with their members, by room id: direct rooms and groups of at most `maxMembers`.
 * Broadcast rooms are left out: their recipients do not know each other. `next`: ask again after this room.
 */
export const findAudience = query(
  'message.room.audience',
  z.object({
    tenantId,
    userIds: z.array(idSchema).max(500),
    maxMembers: z.int().min(2).max(1_000),
    after: idSchema.nullable(),
    limit: z.int().min(1).max(1_000),
  }),
  z.object({
    rooms: z.array(z.object({ room: roomStampSchema, memberIds: z.array(idSchema) })),
    next: idSchema.nullable(),
  }),
);

/** Those of `among` who share a room with the user now, of whatever size. */
export const findPeers = query(
  'message.room.peers',
  z.object({ tenantId, userId: idSchema, among: z.array(idSchema).max(500) }),
  z.object({ peers: z.array(idSchema) }),
);

/** How many members each of these rooms has now, counted up to `atMost`; 0 for an unknown one. In the order asked. */
export const countMembers = query(
  'message.room.count-members',
  z.object({ tenantId, roomIds: z.array(idSchema).max(256), atMost: z.int().min(1).max(10_000) }),
  z.object({ counts: z.array(z.int().nonnegative()) }),
);

/**
 * Moves delivered watermarks of many members at once, forward only: what gateways learn from heartbeats. Rooms of more than 32 members
 * are passed over, and so is who is no member. One publication per room tells of it.
 */
export const markDelivered = command(
  'message.receipt.delivered',
  z.object({
    tenantId,
    marks: z
      .array(z.object({ roomId: idSchema, user: userSnapshotSchema, seq: z.int().positive() }))
      .min(1)
      .max(250),
  }),
  z.object({}),
);
