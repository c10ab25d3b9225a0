import type { ListedRoom } from '@parlance/dialect-kit';
import {
  callSchema,
  idSchema,
  instantSchema,
  invitationSchema,
  memberSchema,
  messageSchema,
  participationSchema,
  roomSchema,
  tenantSchema,
  userSchema,
  type Call,
  type Message,
  type Room,
} from '@parlance/domain';
import { z } from 'zod';

/** What the native API shows (native-api.md). A room's `version` and all `extras` are ours alone. */

const nextCursor = z.string().optional().meta({ description: 'Asks for the next page; absent on the last one.' });

export const userAnswer = userSchema;
export const usersAnswer = z.object({ users: z.array(userSchema), nextCursor });
export const tenantAnswer = tenantSchema;
export const keyAnswer = z.object({ id: z.string(), kind: z.enum(['secret', 'publishable']), key: z.string() });
export const tokenAnswer = z.object({ token: z.string(), expiresAt: instantSchema });
export const roomAnswer = roomSchema.omit({ version: true, extras: true });
export const messageAnswer = messageSchema.omit({ extras: true });
export const membersAnswer = z.object({ members: z.array(memberSchema), nextCursor });
export const invitationAnswer = invitationSchema;
export const invitationsAnswer = z.object({ invitations: z.array(invitationSchema) });
export const banAnswer = z.object({ userId: idSchema, createdAt: instantSchema, updatedAt: instantSchema });
export const bansAnswer = z.object({
  bans: z.array(z.object({ userId: idSchema, byId: idSchema.nullable(), createdAt: instantSchema })),
});
export const blockAnswer = z.object({
  userId: idSchema,
  blockedByMe: z.boolean(),
  blockedMe: z.boolean(),
  roomId: idSchema.nullable().meta({ description: 'The direct room of the two, if there is one.' }),
});
export const blocksAnswer = z.object({ blocks: z.array(z.object({ userId: idSchema, createdAt: instantSchema })) });
export const messagesAnswer = z.object({ messages: z.array(messageAnswer), lastSeq: z.int().nonnegative() });
export const readAnswer = z.object({ readSeq: z.int().nonnegative() });
export const deliveredAnswer = z.object({ deliveredSeq: z.int().nonnegative() });
export const listedRoomAnswer = roomAnswer.extend({
  unread: z.int().nonnegative(),
  lastMessage: messageAnswer.nullable(),
  readSeq: z.int().nonnegative(),
});
export const roomsAnswer = z.object({ rooms: z.array(listedRoomAnswer), nextCursor });
export const presenceAnswer = z.object({
  users: z.array(userSchema.pick({ id: true, lastSeenAt: true }).extend({ online: z.boolean() })),
});
export const turnAnswer = z.object({
  username: z.string(),
  credential: z.string(),
  ttl: z.int().positive().meta({ description: 'Seconds.' }),
  uris: z.array(z.string()),
});
export const mediaTokenAnswer = z.object({
  token: z.string(),
  url: z.string().meta({ description: 'Where the client of the media server connects to.' }),
});
export const callAnswer = callSchema.omit({ uuid: true, acceptedAt: true });
export const callsAnswer = z.object({ calls: z.array(callAnswer), nextCursor });
export const callParticipantsAnswer = z.object({
  participants: z.array(z.object({ userId: idSchema, state: participationSchema })),
});
export const errorAnswer = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    details: z.record(z.string(), z.unknown()).optional().meta({
      description: '`fields`: one message per invalid field. `retryAfterMs`: when to repeat.',
    }),
  }),
});

export function shownRoom({ version: _, extras: __, ...room }: Room): z.output<typeof roomAnswer> {
  return room;
}

export function shownCall({ uuid: _, acceptedAt: __, ...call }: Call): z.output<typeof callAnswer> {
  return call;
}

export function shownMessage({ extras: _, ...message }: Message): z.output<typeof messageAnswer> {
  return message;
}

export function shownListing({ room, unread, lastMessage, readSeq }: ListedRoom): z.output<typeof listedRoomAnswer> {
  return { ...shownRoom(room), unread, lastMessage: lastMessage === null ? null : shownMessage(lastMessage), readSeq };
}
