import { z } from 'zod';
import type { FrameTable, Meaning } from '../decode.js';
import { meaning } from '../decode.js';

const number = z.int().nonnegative();
const title = z.uuid();
const date = z.string().regex(/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}$/);
const words = z.string().min(1);

const errorSchema = z.strictObject({ type: z.literal('error'), message: words });

export const receiveSchema = z.strictObject({
  user_id: number,
  room_title: title,
  message: z.string(),
  type_id: z.int(),
});
export const requestedSchema = z.strictObject({
  type: z.literal('request'),
  success: z.literal(true),
  room_title: title,
});
export const statusSchema = z.strictObject({
  type: z.literal('status'),
  user_id: number,
  online: z.boolean(),
  last_seen: date.nullable(),
});
const statusFailedSchema = z.strictObject({ error: z.strictObject({ type: z.literal('status'), message: words }) });
export const sendFailedSchema = z.strictObject({
  type: z.literal('send'),
  error: z.strictObject({ code: z.int(), message: words }),
});
export const roomMissingSchema = z.string().regex(/^\[error\]: room .+ doesn't exist$/);

const refreshSchema = z.strictObject({ type: z.literal('status'), refresh: z.literal(true) });
export const listSchema = z.strictObject({
  type: z.literal('list'),
  rooms: z.array(
    z.strictObject({
      id: number,
      title,
      user_id: number,
      recipient_id: number,
      last_message: z.string(),
      last_message_date: z.union([date, z.literal('')]),
      recipient_status: z.enum(['online', 'offline']),
      recipient_lastseen: date.nullable(),
      recipient_avatar: z.string().nullable(),
      recipient_name: z.string().nullable(),
    }),
  ),
});
const profileSchema = z.strictObject({
  type: z.literal('profile'),
  user: z.strictObject({
    user_id: number,
    name: z.string(),
    avatar: z.string().nullable(),
    last_seen: date.nullable(),
  }),
});
const profileFailedSchema = z.strictObject({ error: z.strictObject({ type: z.literal('profile'), message: words }) });

export const callOfferSchema = z.strictObject({
  room_id: title,
  room_title: title,
  from_id: number,
  to_id: number,
  from_status: z.literal('Calling'),
  to_status: z.literal('Ringing'),
  call_type: z.enum(['Video', 'Audio']),
  type: z.literal('request'),
});
export const callAnswerSchema = z.strictObject({
  status: z.boolean(),
  type: z.literal('answer'),
  room_title: title,
  room_id: title,
});

const answer = () => meaning('answer');
const error = ({ message: text }: { readonly message: string }) => meaning('error', { text });

/** One argument each. What an answer says beyond its kind is read from the frame by whoever asked. */
export const CLASSIC_FRAMES: FrameTable = new Map<string, z.ZodType<Meaning>>([
  [
    'receive',
    z
      .tuple([receiveSchema])
      .transform(([{ user_id, room_title, message }]) =>
        meaning('message', { room: room_title, user: String(user_id), text: message }),
      ),
  ],
  [
    'logs response',
    z
      .tuple([
        z.union([
          requestedSchema.transform(answer),
          statusSchema.transform(({ user_id, online }) =>
            meaning('presence', { user: String(user_id), text: online ? 'online' : 'offline' }),
          ),
          errorSchema.transform(error),
          statusFailedSchema.transform((failed) => error(failed.error)),
          sendFailedSchema.transform((failed) => error(failed.error)),
          roomMissingSchema.transform((text) => meaning('error', { text })),
        ]),
      ])
      .transform(([found]) => found),
  ],
  [
    'user response',
    z
      .tuple([
        z.union([
          refreshSchema.transform(() => meaning('refresh')),
          listSchema.transform(answer),
          profileSchema.transform(answer),
          errorSchema.transform(error),
          profileFailedSchema.transform((failed) => error(failed.error)),
        ]),
      ])
      .transform(([found]) => found),
  ],
  [
    'call response',
    z
      .tuple([
        z.union([
          callOfferSchema.transform(answer),
          callAnswerSchema.transform(answer),
          listSchema.transform(answer),
          errorSchema.transform(error),
        ]),
      ])
      .transform(([found]) => found),
  ],
  // Whatever the other side of a call said.
  ['call broadcast', z.tuple([z.json()]).transform(answer)],
]);
