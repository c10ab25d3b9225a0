import { z } from 'zod';
import type { FrameTable, Meaning } from '../decode.js';
import { meaning } from '../decode.js';

const id = z.string().min(1);
const instant = z.iso.datetime();
const metadata = z.record(z.string(), z.unknown());

const person = {
  id,
  username: z.string().min(1),
  name: z.string(),
  avatar: z.string().optional(),
  metadata: metadata.optional(),
};

/** The SDK makes `Date`s of the snake_case dates without asking whether they are there. */
export const userSchema = z.strictObject({ ...person, created_at: instant, last_active: instant });
/** Typing relays the user as the SDK holds it. */
const typistSchema = z.strictObject({ ...person, createdAt: instant, lastActive: instant });

const fileSchema = z.strictObject({
  type: z.enum(['image', 'video', 'gif', 'file']),
  url: z.string().min(1),
  name: z.string().optional(),
  size: z.string().optional(),
});

const message = {
  id,
  chat_id: id,
  text: z.string().optional(),
  file: fileSchema.optional(),
  metadata: metadata.optional(),
  seen: z.boolean(),
  user: userSchema,
  created_at: instant,
  updated_at: instant.optional(),
};
const messageSchema = z.strictObject(message);
/** Without `success` the SDK drops a message silently. */
export const sentMessageSchema = z.strictObject({ success: z.literal(true), ...message });

/** The SDK throws without `participant_user_ids`. */
export const chatSchema = z.strictObject({
  success: z.literal(true),
  id,
  title: z.string().min(1),
  participant_user_ids: z.array(id),
  metadata,
  avatar: z.string().nullable(),
  created_at: instant,
});
const chatNewsSchema = chatSchema.extend({ last_message: messageSchema });

const statusSchema = z.strictObject({ memberId: id, status: z.enum(['online', 'offline']) });
export const failureSchema = z.strictObject({ success: z.literal(false), message: z.string().min(1) });
export const doneSchema = z.strictObject({ success: z.literal(true) });

/** What answers a frame: which of these, the asked event decides. Exactly one object: null crashes the SDK. */
export const ackSchema = z.union([sentMessageSchema, failureSchema, statusSchema, doneSchema]);

const about = ({ id: messageId, chat_id: room, text, user }: z.output<typeof sentMessageSchema>) => ({
  room,
  user: user.id,
  messageId,
  text: text ?? null,
});

export const MINCHAT_FRAMES: FrameTable = new Map<string, z.ZodType<Meaning>>([
  ['message', z.tuple([sentMessageSchema]).transform(([one]) => meaning('message', about(one)))],
  ['message.update', z.tuple([sentMessageSchema]).transform(([one]) => meaning('edited', about(one)))],
  ['message.delete', z.tuple([id]).transform(([messageId]) => meaning('deleted', { messageId }))],
  ['message.seen', z.tuple([id]).transform(([messageId]) => meaning('read', { messageId }))],
  [
    'chat',
    z.tuple([chatNewsSchema]).transform(([{ id: room, last_message }]) =>
      meaning('chat', {
        room,
        user: last_message.user.id,
        messageId: last_message.id,
        text: last_message.text ?? null,
      }),
    ),
  ],
  ['typing.start', z.tuple([typistSchema]).transform(([user]) => meaning('typing', { user: user.id }))],
  ['typing.stop', z.tuple([typistSchema]).transform(([user]) => meaning('typing-stopped', { user: user.id }))],
  [
    'user.status',
    z
      .tuple([statusSchema])
      .transform(([{ memberId, status }]) => meaning('presence', { user: memberId, text: status })),
  ],
  [
    'error',
    z
      .tuple([z.strictObject({ message: z.string().min(1) })])
      .transform(([{ message: text }]) => meaning('error', { text })),
  ],
]);

/** What an acknowledgement of a send came to. The wire has no error codes, so a refusal may always be for now. */
export function sendOutcome(answer: unknown) {
  const sent = sentMessageSchema.safeParse(answer);
  if (sent.success) return { status: 'acked', messageId: sent.data.id } as const;
  const failed = failureSchema.safeParse(answer);
  const code = failed.success ? `refused: ${failed.data.message}` : 'malformed';
  return { status: 'failed', code, retryable: true } as const;
}
