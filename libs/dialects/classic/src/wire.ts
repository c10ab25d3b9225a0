import type { Message, MessageType } from '@parlance/domain';
import { ParlanceError } from '@parlance/domain';
import { z } from 'zod';

/** The dialect's name: in tokens, tenant settings, `extras` and the namespace. */
export const NAME = 'classic';

/** The four names this wire's clients listen on; the inner `type` tells the answers apart. */
export const LOGS_RESPONSE = 'logs response';
export const USER_RESPONSE = 'user response';
export const CALL_RESPONSE = 'call response';
export const RECEIVE = 'receive';

/** A user's number. Up to 2^53-1: what JSON carries exactly. */
const number = z.int().nonnegative();
/** A room by its uuid, or by its id. */
const roomTitle = z.string().min(1).max(128);

export const requestSchema = z
  .object({ user_id: number, recipient_id: number })
  .refine((body) => body.user_id !== body.recipient_id, {
    path: ['recipient_id'],
    message: 'must name somebody else than user_id',
  });
export const sendSchema = z.object({
  user_id: number,
  room_title: roomTitle,
  message: z.string(),
  type_id: z.int().optional(),
});
export const statusSchema = z.object({ user_id: number, online: z.boolean() });
export const userSchema = z.object({ user_id: number });
export const refreshSchema = z.object({ room_title: roomTitle });
/** Nothing is documented of its argument, and nothing is done with it: only an identity it may carry is looked at. */
export const lastSeenSchema = z.object({ user_id: number.optional() }).nullish();
export const callSchema = z.object({ from_user: number, to_user: number, type: z.string().min(1).max(64) });
export const callAnswerSchema = z
  .object({
    from_user: number,
    to_user: number,
    room_title: roomTitle.optional(),
    room_id: roomTitle.optional(),
    answered: z.boolean(),
  })
  .refine((body) => (body.room_title ?? body.room_id) !== undefined, {
    path: ['room_title'],
    message: 'is required (or room_id)',
  });
export const callStatusSchema = z.object({ user_id: number, call_status: z.boolean() });
/** The relay between two callers takes whatever they have to say to each other. */
export const callResponseSchema = z.unknown();

/** Longest JSON text that is parsed, in UTF-16 units: 20,000 characters, each as a six-character escape, and room to spare. */
export const MAX_JSON_TEXT = 131_072;

/** This wire's argument: an object, or the JSON text of one. Throws ParlanceError `invalid` for binary and for a text that is no JSON. */
export function argumentOf(args: readonly unknown[]): unknown {
  const argument = args[0];
  // a schema would take bytes for an object without fields
  if (argument instanceof Uint8Array) throw new ParlanceError('invalid', 'The payload is binary.');
  if (typeof argument !== 'string') return argument;
  if (argument.length > MAX_JSON_TEXT) {
    throw new ParlanceError('invalid', `The payload is a text longer than ${MAX_JSON_TEXT} characters.`);
  }
  try {
    return JSON.parse(argument);
  } catch (error) {
    throw new ParlanceError('invalid', 'The payload is a text, but not JSON.', undefined, { cause: error });
  }
}

/** An instant as this wire shows it: `YYYY-MM-DD HH:mm`, UTC. */
export function wireDate(instant: string): string {
  return new Date(instant).toISOString().slice(0, 16).replace('T', ' ');
}

const TEXT_TYPE_ID = 2;
const TYPE_IDS: Readonly<Partial<Record<MessageType, number>>> = {
  text: TEXT_TYPE_ID,
  image: 3,
  video: 4,
  voice: 5,
  file: 6,
  location: 7,
};

/** The `type_id` its sender gave it, if that was a client of this wire; else the number that stands for the type. */
export function typeIdOf(message: Message): number {
  const own = message.extras[NAME]?.['type_id'];
  if (typeof own === 'number' && Number.isSafeInteger(own)) return own;
  return TYPE_IDS[message.type] ?? TEXT_TYPE_ID;
}

/**
 * All that this wire can carry of a message is one text. A type it has a number for shows its text and, on a line of its own, where to
 * find what is attached; any other type shows its text, else the file name, else the URL.
 */
export function messageText({ type, text, attachment }: Message): string {
  const said = text === '' ? null : text;
  if (TYPE_IDS[type] === undefined) return said ?? attachment?.name ?? attachment?.url ?? '';
  const place = placeOf(attachment);
  return [said, attachment?.url ?? place ?? (said === null ? attachment?.name : null)]
    .filter((part) => part !== null && part !== undefined)
    .join('\n');
}

function placeOf(attachment: Message['attachment']): string | null {
  if (attachment?.latitude === undefined || attachment.longitude === undefined) return null;
  return `${attachment.latitude},${attachment.longitude}`;
}
