import { z } from 'zod';
import type { FrameTable, Meaning } from '../decode.js';
import { meaning } from '../decode.js';

/** Written from the vendor's clients and documentation, not from what renders it: nothing missing, nothing more, no other type. */

const id = z.string().min(1);
const instant = z.iso.datetime();
const epochMs = z.int().positive();
const anything = z.json();

const person = { _id: id, id, nickname: z.string().min(1), avatarUrl: z.string() };
export const senderSchema = z.strictObject({ ...person, isRobot: z.boolean() });
const user = { ...person, isRobot: z.boolean(), clientType: z.literal('user'), lastLoginTimeMS: z.int().nonnegative() };
/** The Vue client ends without members unless each says `clientType: 'user'`. */
export const userSchema = z.strictObject(user);
const named = z.strictObject(person);

const imageSchema = z.strictObject({
  originalUrl: z.string().optional(),
  thumbnailUrl: z.string().optional(),
  width: z.number().optional(),
  height: z.number().optional(),
});

const messageFields = {
  _id: id,
  id,
  room: id,
  sender: senderSchema,
  appID: id,
  messageTime: instant,
  messageTimeMS: epochMs,
  createdAtMS: epochMs,
  updatedAtMS: epochMs,
  mentions: z.array(id),
};
const media = {
  originalUrl: z.string().min(1).optional(),
  thumbnailUrl: z.string().min(1).optional(),
  width: z.number().nonnegative().optional(),
  height: z.number().nonnegative().optional(),
  duration: z.number().nonnegative().optional(),
  latitude: z.number().optional(),
  longitude: z.number().optional(),
  sticker: z.string().min(1).optional(),
  url: z.string().min(1).optional(),
  images: z.array(imageSchema).optional(),
  extra: z.union([z.string(), z.record(z.string(), anything)]).optional(),
  template: z.record(z.string(), anything).optional(),
  contents: z.record(z.string(), anything).optional(),
};
const marks = {
  editedAt: instant.optional(),
  reactions: z.array(z.strictObject({ client: id, reaction: id })).optional(),
  reactionCount: z.int().nonnegative().optional(),
  isPined: z.boolean().optional(),
};

const SYSTEM = ['joinRoom', 'leaveRoom', 'addMember', 'addMembers', 'deleteMember', 'cancelInvitations'] as const;
const systemSchema = z.strictObject({
  ...messageFields,
  messageType: z.enum(SYSTEM),
  message: z.string(),
  member: named.optional(),
  extra: z
    .union([z.strictObject({ invitees: z.array(named).min(1) }), z.strictObject({ members: z.array(named).min(1) })])
    .optional(),
});
const recallSchema = z.strictObject({ ...messageFields, messageType: z.literal('recall'), message: z.literal('') });
const ownType = z.string().refine((type) => type !== 'recall' && !SYSTEM.some((one) => one === type));
const plainFields = {
  ...messageFields,
  ...media,
  ...marks,
  messageType: ownType,
  message: z.union([z.string(), z.record(z.string(), anything)]),
};
/** What it answers, in full, but without what that one answers. */
const replySchema = z.union([recallSchema, z.strictObject(plainFields)]);
const plainSchema = z.strictObject({ ...plainFields, reply: replySchema.optional() });
export const messageSchema = z.union([recallSchema, systemSchema, plainSchema]);
export type ImkitMessage = z.output<typeof messageSchema>;

const prefFields = {
  folder: z.string().optional(),
  hidden: z.boolean(),
  muted: z.boolean(),
  sticky: z.boolean(),
  tags: z.array(z.string()),
  tagColors: z.record(z.string(), z.string()).optional(),
  translation: anything.optional(),
};

const roomFields = {
  _id: id,
  id,
  appID: id,
  name: z.string(),
  cover: z.string(),
  description: z.string(),
  roomType: z.enum(['direct', 'group']),
  members: z.array(userSchema),
  memberProperties: z.array(
    z.strictObject({
      client: id,
      badge: z.int().nonnegative(),
      lastRead: id.optional(),
      role: z.enum(['owner', 'admin']).optional(),
      nickname: z.string().optional(),
    }),
  ),
  isSuperuser: z.boolean(),
  roomTags: z.array(z.string()),
  extParams: z.string(),
  status: z.union([z.literal(0), z.literal(1)]),
  serviceStatus: z.number(),
  encrypted: z.boolean(),
  botMode: z.boolean(),
  botState: z.string(),
  webhook: z.string(),
  owner: userSchema.optional(),
  createdTimeMS: epochMs,
};
/** As the event carries it: what is missing keeps its old value. */
export const roomSchema = z.strictObject(roomFields);
/** As a list shows it to one of its people. */
export const listedRoomSchema = z.strictObject({
  ...roomFields,
  lastMessage: messageSchema.optional(),
  unread: z.int().nonnegative(),
  muted: z.boolean(),
  isMentioned: z.boolean(),
  pref: z.strictObject(prefFields),
});

const typingSchema = z.strictObject({
  room: id,
  message: z.string(),
  sender: id,
  senderInfo: z.strictObject({ _id: id, nickname: z.string(), avatarUrl: z.string() }),
});
const streamingSchema = z.strictObject({
  room: id,
  sender: id,
  text: z.string().min(1),
  messageId: id,
  senderInfo: z.strictObject({ _id: id, nickname: z.string(), avatarUrl: z.string() }).optional(),
});
const lastReadSchema = z.strictObject({ roomID: id, memberID: id, messageID: id });
const invitationSchema = z.strictObject({
  room: roomSchema,
  inviter: userSchema,
  createdTimeMS: epochMs,
  updatedTimeMS: epochMs,
});
const hiddenSchema = z.strictObject({
  room: id,
  messages: z.array(id),
  isUserDeleteAllMessagesInRoom: z.boolean(),
});

function aboutMessage(message: ImkitMessage): Meaning {
  const about = { room: message.room, user: message.sender._id, messageId: message._id };
  if (message.messageType === 'recall') return meaning('deleted', about);
  const text = typeof message.message === 'string' ? message.message : null;
  if (SYSTEM.some((type) => type === message.messageType)) return meaning('chat', { ...about, text });
  return meaning('editedAt' in message && message.editedAt !== undefined ? 'edited' : 'message', { ...about, text });
}

export const IMKIT_FRAMES: FrameTable = new Map<string, z.ZodType<Meaning>>([
  ['chat message', z.tuple([messageSchema]).transform(([one]) => aboutMessage(one))],
  ['room', z.tuple([roomSchema]).transform(([room]) => meaning('chat', { room: room._id }))],
  [
    'lastRead',
    z
      .tuple([lastReadSchema])
      .transform(([{ roomID, memberID, messageID }]) =>
        meaning('read', { room: roomID, user: memberID, messageId: messageID }),
      ),
  ],
  [
    'typing',
    z
      .tuple([typingSchema])
      .transform(([{ room, sender, message }]) => meaning('typing', { room, user: sender, text: message })),
  ],
  [
    'ai_streaming',
    z
      .tuple([streamingSchema])
      .transform(([{ room, sender, text, messageId }]) => meaning('typing', { room, user: sender, text, messageId })),
  ],
  [
    'roomPref',
    z.tuple([z.strictObject({ room: id, ...prefFields })]).transform(([{ room }]) => meaning('chat', { room })),
  ],
  [
    'myPrefChange',
    z.tuple([z.strictObject({ key: id, data: anything })]).transform(([{ key }]) => meaning('answer', { text: key })),
  ],
  ['myPrefDelete', z.tuple([id]).transform(([key]) => meaning('answer', { text: key }))],
  [
    'invitation',
    z
      .tuple([invitationSchema])
      .transform(([{ room, inviter }]) => meaning('chat', { room: room._id, user: inviter._id })),
  ],
  ['cancelInvitation', z.tuple([z.strictObject({ room: id })]).transform(([{ room }]) => meaning('chat', { room }))],
  [
    'userDeleteMessages',
    z
      .tuple([hiddenSchema])
      .transform(([{ room, messages }]) => meaning('deleted', { room, messageId: messages[0] ?? null })),
  ],
  [
    'messageDeleted',
    z
      .tuple([z.strictObject({ room: id, messageID: id })])
      .transform(([{ room, messageID }]) => meaning('deleted', { room, messageId: messageID })),
  ],
]);

/** Every answer, by socket or REST. `RC` 0 or the HTTP status of what went wrong. */
export const failureSchema = z.strictObject({
  RC: z.int().min(400).max(599),
  RM: z.string().min(1),
  error: z.strictObject({ code: z.string().regex(/^[A-Z_]+$/), message: z.string().min(1) }),
});
export function successSchema<S extends z.ZodType>(result: S) {
  return z.strictObject({ RC: z.literal(0), RM: z.literal('OK'), result });
}
export const authSchema = successSchema(z.strictObject({ client: id }));
export const confSchema = successSchema(z.strictObject({ encoding: z.string() }));
const sentSchema = successSchema(messageSchema);

const FINAL = new Set([400, 401, 403, 404, 409, 413]);

/** What the acknowledgement of a message came to. */
export function sendOutcome(answer: unknown) {
  const sent = sentSchema.safeParse(answer);
  if (sent.success) return { status: 'acked', messageId: sent.data.result._id } as const;
  const failed = failureSchema.safeParse(answer);
  if (!failed.success) return { status: 'failed', code: 'malformed', retryable: true } as const;
  const { RC } = failed.data;
  return { status: 'failed', code: String(RC), retryable: !FINAL.has(RC) } as const;
}
