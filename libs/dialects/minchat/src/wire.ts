import { numberField, readJson } from '@parlance/dialect-kit';
import { idSchema, metadataSchema } from '@parlance/domain';
import { z } from 'zod';
import type { Upload } from './upload.js';

/** The dialect's name: its key among a message's extras. */
export const NAME = 'minchat';

const MAX_KEY = 4096;
const MAX_NAME = 256;
const MAX_URL = 2048;
const MAX_PAGE = 1_000_000;
const MAX_USERNAMES = 500;

/** An app key; a user token or the secret key stands in the same place. */
const apiKey = z.string().min(1).max(MAX_KEY);

/** Kept and returned as it came, so nothing may be in it that JSON changes. */
export const metadataField = metadataSchema.refine(isPlain, { message: 'must not hold binary data' });

/** Depth is bounded before any schema runs. */
function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (value instanceof Uint8Array) return false;
  return Object.values(value).every(isPlain);
}

/** A file beside a text. Where the SDK cannot read it (a form of a browser, say) `buffer` is no binary data. */
export const fileField = z.object({
  name: z.string().max(512).nullish(),
  type: z.string().max(256).nullish(),
  buffer: z.unknown().refine((value) => value instanceof Uint8Array, { message: 'must be binary data' }),
});

/** The file of a frame, as far as there is one. */
export function uploadOf(file: z.output<typeof fileField> | null | undefined): Upload | undefined {
  if (file == null || !(file.buffer instanceof Uint8Array)) return undefined;
  return { name: file.name ?? '', mimeType: file.type ?? '', bytes: file.buffer };
}

/** The sender's own user object; only who it is counts. */
const self = z.object({ id: idSchema });

const content = { text: z.string().nullish(), metadata: metadataField.nullish(), file: fileField.nullish() };

export const userRoomSchema = z.object({ channelUserId: idSchema, apiKey });
export const chatRoomSchema = z.object({ channelId: idSchema, apiKey });
export const messageSchema = z
  .object({ ...content, apiKey, chat_id: idSchema, user_id: idSchema })
  .refine(({ text, file }) => (text ?? '') !== '' || file != null, {
    path: ['text'],
    message: 'needs a text or a file',
  });
export const updateSchema = z
  .object({ ...content, apiKey, messageId: idSchema })
  .refine((input) => input.text != null || input.metadata != null || input.file != null, {
    path: ['text'],
    message: 'needs a text, metadata or a file',
  });
export const deleteSchema = z.object({ messageId: idSchema, apiKey });
/** The SDK leaves the id out in a chat where it knows of no message yet. */
export const seenSchema = z.object({ lastMessageId: idSchema.nullish(), user: self.nullish(), apiKey });
export const typingSchema = z.object({ channelId: idSchema, user: self.nullish(), apiKey });
export const statusSchema = z.object({ memberId: idSchema, apiKey });

// REST

export const username = z.string().min(1).max(128);
const oneOrMore = z
  .union([username, z.array(username).min(1).max(MAX_USERNAMES)])
  .transform((names) => (typeof names === 'string' ? [names] : names));

/** A list in a query or form: `usernames` repeated, or axios' `usernames[]`. */
export const usernamesFields = { usernames: oneOrMore.optional(), 'usernames[]': oneOrMore.optional() };
export function usernamesOf(fields: {
  readonly usernames?: readonly string[] | undefined;
  readonly 'usernames[]'?: readonly string[] | undefined;
}): readonly string[] {
  return [...new Set([...(fields.usernames ?? []), ...(fields['usernames[]'] ?? [])])];
}

/** A call about several users names one at least. */
export function namesSomebody(fields: Parameters<typeof usernamesOf>[0]): boolean {
  return usernamesOf(fields).length > 0;
}

/** Metadata of a form is JSON text, of a JSON body an object. */
export const metadataText = z.union([metadataField, z.string().transform(readJson).pipe(metadataField)]);

/** A blank name is none: the SDK shows its own then. */
export const nameField = z
  .string()
  .max(MAX_NAME)
  .transform((name) => (name.trim() === '' ? undefined : name));
/** `avatar` and, as text, `avatar_file`: the address of a picture. */
export const avatarField = z.string().max(MAX_URL);

export const pageField = numberField(z.number().int().min(1).max(MAX_PAGE).default(1));
export const limitField = numberField(z.number().int().min(1).max(100).default(25));
