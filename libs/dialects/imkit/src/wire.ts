import { idSchema } from '@parlance/domain';
import { z } from 'zod';

/** The dialect's name: its key among the extras of messages, rooms and preferences. */
export const NAME = 'imkit';

const MAX_TOKEN = 8192;
const MAX_URL = 2048;
const MAX_EXTRA = 65_536;
const MAX_TYPE = 64;
/** what a typing signal carries at most */
const MAX_TYPED = 1000;

/** Types that the server alone makes. */
export const SYSTEM_TYPES: ReadonlySet<string> = new Set([
  'joinRoom',
  'leaveRoom',
  'addMember',
  'addMembers',
  'deleteMember',
  'deleteMembers',
  'cancelInvitations',
  'assignAdmin',
  'ai_streaming',
]);
export const RECALL = 'recall';

/** `Bearer` stands in one of the vendor's examples; no client sends it. */
export const tokenField = z
  .string()
  .max(MAX_TOKEN)
  .transform((token) => token.replace(/^Bearer(?:\s+|$)/i, '').trim())
  .pipe(z.string().min(1));

export const confSchema = z.object({ encoding: z.string().max(MAX_TYPE) });

const headerValue = z.union([z.string().max(MAX_TOKEN), z.null()]).optional();
/** JS and Vue spell the headers as one, Flutter as the other. */
const authHeaders = z.object({
  CLIENT_KEY: headerValue,
  Authorization: headerValue,
  'IM-CLIENT-KEY': headerValue,
  'IM-Authorization': headerValue,
});
export const auth2Schema = z.object({ token: tokenField, headers: authHeaders.nullish() });
export const authSchema = z.object({ token: tokenField, deviceId: z.string().max(256).nullish() });

export const typingSchema = z.object({
  room: idSchema,
  text: z
    .string()
    .nullish()
    .transform((text) => text?.slice(0, MAX_TYPED)),
});

/** Any object of the app's own making, as it came. */
const plainObject = z.record(z.string(), z.json());
const url = z.string().max(MAX_URL);
const measure = z.number().nonnegative();

/** JSON text in today's clients, an object in the vendor's documentation: comes back as it was sent. */
const extraField = z.union([z.string().max(MAX_EXTRA), plainObject]);
const imageField = z.object({
  originalUrl: url.nullish(),
  thumbnailUrl: url.nullish(),
  width: measure.nullish(),
  height: measure.nullish(),
});

/** What a message may carry, whether it comes by socket or over REST. */
export const contentFields = {
  messageType: z.string().min(1).max(MAX_TYPE).nullish(),
  message: z.union([z.string(), plainObject]).nullish(),
  sticker: z.string().max(MAX_URL).nullish(),
  url: url.nullish(),
  originalUrl: url.nullish(),
  thumbnailUrl: url.nullish(),
  width: measure.nullish(),
  height: measure.nullish(),
  /** seconds */
  duration: measure.nullish(),
  latitude: z.number().nullish(),
  longitude: z.number().nullish(),
  images: z.array(imageField).max(50).nullish(),
  reply: idSchema.nullish(),
  mentions: z.array(idSchema).max(500).nullish(),
  extra: extraField.nullish(),
  template: plainObject.nullish(),
  contents: plainObject.nullish(),
};
export const contentSchema = z.object(contentFields);
export type Content = z.output<typeof contentSchema>;

export const chatMessageSchema = z.object({ ...contentFields, room: idSchema, _id: idSchema.nullish() });
export type ChatMessage = z.output<typeof chatMessageSchema>;
