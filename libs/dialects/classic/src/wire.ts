import type { Draft, Message, MessageType, Tenant } from '@parlance/domain';
import { messageTypeSchema, ParlanceError, textDraft } from '@parlance/domain';
import { z } from 'zod';

/** The dialect's name: in tokens, tenant settings, `extras` and the namespace. */
export const NAME = 'classic';

/** The names this wire's clients listen on; the inner `type` tells the answers apart. */
export const LOGS_RESPONSE = 'logs response';
export const USER_RESPONSE = 'user response';
export const CALL_RESPONSE = 'call response';
export const RECEIVE = 'receive';
/** What the other side of a call said to this one. */
export const CALL_BROADCAST = 'call broadcast';

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
export const callSchema = z
  .object({ from_user: number, to_user: number, type: z.string().min(1).max(64) })
  .refine((body) => body.from_user !== body.to_user, {
    path: ['to_user'],
    message: 'must name somebody else than from_user',
  });
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
/** The relay between two callers takes whatever they have to say to each other, verbatim: nothing is `null`. */
export const callResponseSchema = z
  .json()
  .optional()
  .transform((said) => said ?? null);

/** Longest JSON text that is parsed, in UTF-16 units: 20,000 characters, each as a six-character escape, and room to spare. */
export const MAX_JSON_TEXT = 131_072;

/** What one caller says to the other: a text that is no JSON is just that text. Throws ParlanceError `invalid` as `argumentOf` does else. */
export function saidIn(args: readonly unknown[]): unknown {
  const [said] = args;
  return typeof said === 'string' && said.length <= MAX_JSON_TEXT && !isJson(said) ? said : argumentOf(args);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function tooLong(): ParlanceError {
  return new ParlanceError('invalid', `The payload is a text longer than ${MAX_JSON_TEXT} characters.`);
}

/** This wire's argument: an object, or the JSON text of one. Throws ParlanceError `invalid` for binary and for a text that is no JSON. */
export function argumentOf(args: readonly unknown[]): unknown {
  const argument = args[0];
  // a schema would take bytes for an object without fields
  if (argument instanceof Uint8Array) throw new ParlanceError('invalid', 'The payload is binary.');
  if (typeof argument !== 'string') return argument;
  if (argument.length > MAX_JSON_TEXT) throw tooLong();
  try {
    return JSON.parse(argument);
  } catch (error) {
    throw new ParlanceError('invalid', 'The payload is a text, but not JSON.', undefined, { cause: error });
  }
}

const JALALI = new Intl.DateTimeFormat('en-u-ca-persian-nu-latn', {
  timeZone: 'UTC',
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
});

/**
 * An instant as this wire shows it: `YYYY-MM-DD HH:mm`, UTC. With the tenant's option `classicCalendar: 'jalali'` the day is of the solar
 * Hijri calendar, its month and day without leading zeros, as in the page's example.
 */
export function wireDate(instant: string, tenant: Tenant | null): string {
  const at = new Date(instant);
  const iso = at.toISOString();
  if (tenant?.options['classicCalendar'] !== 'jalali') return iso.slice(0, 16).replace('T', ' ');
  const parts = new Map(JALALI.formatToParts(at).map(({ type, value }) => [type, value]));
  return `${parts.get('year')}-${parts.get('month')}-${parts.get('day')} ${iso.slice(11, 16)}`;
}

/** The names a room list goes out on: both, unless the tenant wants only the one that the wire's own server used. */
export function listNames(tenant: Tenant | null): readonly string[] {
  return tenant?.options['classicListBothNames'] === false ? [USER_RESPONSE] : [USER_RESPONSE, CALL_RESPONSE];
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
const typeIdsSchema = z.partialRecord(messageTypeSchema, z.int()).catch({});

/** The tenant's own table of numbers by message type (option `classicTypeIds`), if it has one. */
function ownTypeIds(tenant: Tenant | null): Readonly<Partial<Record<MessageType, number>>> {
  const table = tenant?.options['classicTypeIds'];
  return table === undefined ? {} : typeIdsSchema.parse(table);
}

/** The `type_id` its sender gave it, if that was a client of this wire; else the number that stands for the type. */
export function typeIdOf(message: Message, tenant: Tenant): number {
  const own = message.extras[NAME]?.['type_id'];
  if (typeof own === 'number' && Number.isSafeInteger(own)) return own;
  return ownTypeIds(tenant)[message.type] ?? TYPE_IDS[message.type] ?? TEXT_TYPE_ID;
}

const FILE_TYPES: readonly MessageType[] = ['image', 'video', 'voice', 'file', 'sticker'];
const MAX_URL = 2048;

/**
 * What a client of this wire says. A text, unless the tenant's own table gives the number to a type that this text can be: a file by
 * its URL, a place as `latitude,longitude`.
 */
export function draftOf(text: string, typeId: number | undefined, tenant: Tenant | null): Draft {
  const extras: Draft['extras'] = typeId === undefined ? {} : { [NAME]: { type_id: typeId } };
  const type = Object.entries(ownTypeIds(tenant)).find(([, number]) => number === typeId)?.[0];
  const found = FILE_TYPES.find((one) => one === type);
  if (found !== undefined && text.length <= MAX_URL && /^https?:\/\/\S+$/.test(text)) {
    return textDraft('', { type: found, text: null, attachment: { url: text }, extras });
  }
  const [latitude, longitude, ...more] = /^[-\d.,\s]{3,64}$/.test(text) ? text.split(',').map(Number) : [];
  const isPlace = Number.isFinite(latitude) && Number.isFinite(longitude) && more.length === 0;
  if (type === 'location' && isPlace && latitude !== undefined && longitude !== undefined) {
    return textDraft('', { type, text: null, attachment: { latitude, longitude }, extras });
  }
  return textDraft(text, { extras });
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
