import { z } from 'zod';
import type { FrameTable, Meaning } from '../decode.js';
import { meaning } from '../decode.js';

const id = z.string().min(1);
const date = z.iso.datetime();
const count = z.int().nonnegative();

const userSchema = z.strictObject({ _id: id, name: z.string(), username: z.string(), photo: z.string() });
const messageSchema = z.strictObject({
  _id: id,
  user: userSchema,
  chat: id,
  reel: id.optional(),
  content: z.string(),
  at: date,
});
const lastMessageSchema = z.strictObject({ _id: id, user: id, chat: id, content: z.string(), at: date });

const presenceSchema = z
  .strictObject({ user: userSchema, chats: z.array(id).min(1).max(100), chat: id })
  .refine(({ chats, chat }) => chats.includes(chat), 'names a chat that is none of the shared ones');
const typingSchema = z.strictObject({ user: userSchema, chat: id });
const readSchema = z.strictObject({ user: userSchema, chat: id, lastReadAt: date, lastMessage: lastMessageSchema });
const arrivedSchema = z.strictObject({ message: messageSchema });
const createdSchema = z.strictObject({ chat: id });
const joinedSchema = z.strictObject({ chat: id, admin: userSchema.optional() });
const removedSchema = z.strictObject({ chat: id, user: id });
const deletedSchema = z.strictObject({ chat: id, user: id, event: id.optional() });
const wordsSchema = z.strictObject({ message: z.string().min(1) });
const rewardSchema = z.strictObject({
  reward: id,
  isExpired: z.boolean(),
  remaining: count,
  isConsumedByYou: z.boolean(),
});

const actionSchema = z.strictObject({
  label: z.string(),
  subLabel: z.string().optional(),
  type: z.string(),
  value: z.number(),
  completed: z.literal(true).optional(),
  startAt: count.optional(),
});
const weekday = z.enum(['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']);
const scoreSchema = z.strictObject({
  date,
  reelsSeen: count,
  totalScore: z.number(),
  social: z.strictObject({ score: z.number(), day: weekday, actions: z.array(actionSchema) }),
  mindfulness: z.strictObject({ score: z.number(), actions: z.array(actionSchema) }),
});

/** One argument, the data alone. */
function one<S extends z.ZodType>(schema: S, means: (data: z.output<S>) => Meaning): z.ZodType<Meaning> {
  return z.tuple([schema]).transform(([data]) => means(data as z.output<S>));
}

const presence = (online: boolean) =>
  one(presenceSchema, ({ user, chat }) =>
    meaning('presence', { room: chat, user: user._id, text: online ? 'online' : 'offline' }),
  );
const typing = (type: 'typing' | 'typing-stopped') =>
  one(typingSchema, ({ user, chat }) => meaning(type, { room: chat, user: user._id }));
const message = one(arrivedSchema, ({ message: { _id, user, chat, content } }) =>
  meaning('message', { room: chat, user: user._id, messageId: _id, text: content }),
);
/** The same message under its other name, which a client that listens on both passes over. */
const messageAgain = one(arrivedSchema, ({ message: { _id, chat } }) =>
  meaning('answer', { room: chat, messageId: _id }),
);
const error = one(wordsSchema, ({ message: text }) => meaning('error', { text }));

export const REELS_ERRORS = [
  'authorization-failed',
  'verification-required',
  'account-terminated',
  'server-error',
  'validation-failed',
  'not-found',
  'permission-denied',
] as const;

/** `text` of a `chat` event: what became of the chat. */
export const REELS_FRAMES: FrameTable = new Map<string, z.ZodType<Meaning>>([
  ['user-online', presence(true)],
  ['user-offline', presence(false)],
  ['typing-started', typing('typing')],
  ['typing-stopped', typing('typing-stopped')],
  [
    'messages-read',
    one(readSchema, ({ user, chat, lastMessage }) =>
      meaning('read', { room: chat, user: user._id, messageId: lastMessage._id }),
    ),
  ],
  ['message-received', message],
  ['messages-received', messageAgain],
  ['message-sent', message],
  ['messages-sent', messageAgain],
  ['chat-created', one(createdSchema, ({ chat }) => meaning('chat', { room: chat, text: 'created' }))],
  [
    'chat-joined',
    one(joinedSchema, ({ chat, admin }) => meaning('chat', { room: chat, user: admin?._id ?? null, text: 'joined' })),
  ],
  [
    'chat-participant-removed',
    one(removedSchema, ({ chat, user }) => meaning('chat', { room: chat, user, text: 'removed' })),
  ],
  ['chat-deleted', one(deletedSchema, ({ chat, user }) => meaning('chat', { room: chat, user, text: 'deleted' }))],
  ['reward-consumed', one(rewardSchema, ({ reward }) => meaning('answer', { text: reward }))],
  ['score-updated', one(scoreSchema, ({ date: day }) => meaning('answer', { text: day }))],
  ...REELS_ERRORS.map((name): [string, z.ZodType<Meaning>] => [name, error]),
]);
