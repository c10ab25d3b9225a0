import { z } from 'zod';
import type { FrameTable, Meaning } from '../decode.js';
import { meaning } from '../decode.js';

/**
 * What the Dart client reads, as strictly as it does and more: JSON text, nothing missing, nothing besides, no word it does not know.
 */

const id = z.string().min(1);
const instant = z.iso.datetime();

const file = {
  name: z.string().min(1),
  url: z.string().min(1),
  networkUrl: z.string().min(1),
  mimeType: z.string().optional(),
  fileSize: z.int().nonnegative(),
  fileHash: z.string().optional(),
};
/** The client divides by the sides. */
const side = z.int().positive();
const imageSchema = z.strictObject({ ...file, width: side, height: side });
const milliseconds = z.int().nonnegative();
const linkPreviewSchema = z.strictObject({
  image: z.string(),
  title: z.string(),
  desc: z.string(),
  link: z.string(),
});

const callStatus = z.enum(['ring', 'canceled', 'timeout', 'rejected', 'finished', 'inCall', 'sessionEnd']);
const infoAction = z.enum([
  'updateTitle',
  'updateImage',
  'addGroupMember',
  'upAdmin',
  'downMember',
  'leave',
  'kick',
  'createGroup',
  'addToBroadcast',
]);

const base = {
  _id: id,
  sId: id,
  sName: z.string(),
  sImg: z.string(),
  sIdentifier: z.string().nullable(),
  plm: z.string().min(1),
  rId: id,
  c: z.string(),
  isEncrypted: z.boolean(),
  sAt: instant.nullable(),
  dAt: instant.nullable(),
  dltAt: instant.nullable(),
  forId: id.nullable(),
  pBId: id.nullable(),
  dF: z.array(id),
  stars: z.array(id),
  lId: z.uuid(),
  linkAtt: z.record(z.string(), z.unknown()).nullable(),
  peerData: z.record(z.string(), z.unknown()).nullable(),
  createdAt: instant,
  updatedAt: instant,
};

/** `more`: what stands beside the documented keys; the answered message stands in it whole. */
function messageOf<A extends z.ZodType, M extends z.ZodRawShape>(rTo: A, more: M) {
  const common = { ...base, ...more, rTo };
  const of = <T extends string, S extends z.ZodType>(mT: T, msgAtt: S) =>
    z.strictObject({ ...common, mT: z.literal(mT), msgAtt });
  return z.discriminatedUnion('mT', [
    of('text', z.null()),
    of('image', imageSchema),
    of('video', z.strictObject({ ...file, duration: milliseconds.nullable(), thumbImage: imageSchema.nullable() })),
    of('voice', z.strictObject({ ...file, duration: milliseconds })),
    of('file', z.strictObject(file)),
    of('location', z.strictObject({ lat: z.string(), long: z.string(), linkPreviewData: linkPreviewSchema })),
    of('custom', z.strictObject({ data: z.record(z.string(), z.unknown()) })),
    of(
      'call',
      z.strictObject({ callStatus, startAt: instant.nullable(), endAt: instant.nullable(), withVideo: z.boolean() }),
    ),
    of(
      'info',
      z.strictObject({ action: infoAction, targetName: z.string(), targetId: z.string(), adminName: z.string() }),
    ),
  ]);
}

const answeredSchema = messageOf(z.null(), {});
export const messageSchema = messageOf(answeredSchema.nullable(), {});
/** Over REST a viewer is told as well whether the message is starred. */
export const listedMessageSchema = messageOf(answeredSchema.nullable(), { isStared: z.boolean().optional() });
export type VChatMessage = z.output<typeof listedMessageSchema>;

const userImagesSchema = z.strictObject({ fullImage: z.string(), chatImage: z.string(), smallImage: z.string() });
export const userSchema = z.strictObject({
  _id: id,
  identifier: z.string().min(1),
  fullName: z.string().min(1),
  userImages: userImagesSchema,
});

export const roomSchema = z.strictObject({
  rId: id,
  t: z.string(),
  img: z.string(),
  rT: z.enum(['s', 'g', 'b', 'o']),
  uC: z.int().nonnegative(),
  isM: z.boolean(),
  isA: z.boolean(),
  isD: z.boolean(),
  tTo: z.string().nullable(),
  pId: id.nullable(),
  pIdentifier: z.string().nullable(),
  lastMessage: messageSchema.nullable(),
  createdAt: instant,
});
export type VChatRoom = z.output<typeof roomSchema>;

/** `{data}` of every success; of lists, a page. */
export const dataSchema = z.strictObject({ data: z.unknown() });
export function pageSchema<S extends z.ZodType>(doc: S) {
  const page = { page: z.int().positive(), limit: z.int().positive(), nextPage: z.int().positive().optional() };
  return z.strictObject({ docs: z.array(doc), ...page });
}
export const connectedSchema = z.strictObject({ user: userSchema, accessToken: z.string().min(1) });

/** Exactly one argument: a text that holds JSON of this form. */
function jsonText<S extends z.ZodType>(schema: S) {
  return z.tuple([z.string().transform(parsed).pipe(schema)]);
}

function parsed(text: string, context: z.RefinementCtx): unknown {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'is not JSON' });
    return z.NEVER;
  }
}

const receiptSchema = z.strictObject({ roomId: id, userId: id, date: instant });
export const onlineSchema = z.array(z.strictObject({ peerId: id, isOnline: z.boolean(), extra: z.string() }));
const statusSchema = z.strictObject({
  name: z.string(),
  status: z.enum(['stop', 'typing', 'recording']),
  userId: id,
  roomId: id,
});
const banSchema = z.strictObject({ isMeBanner: z.boolean(), isPeerBanner: z.boolean(), roomId: id });
const kickSchema = z.strictObject({ roomId: id, userId: id });
const callKey = { roomId: id, meetId: id };
/** SDK 1 wants a text, SDK 2 an object or null. */
const payloadSchema = z.union([z.string(), z.record(z.string(), z.unknown())]).nullable();
const offerSchema = z.strictObject({
  ...callKey,
  withVideo: z.boolean(),
  payload: payloadSchema,
  userData: userSchema,
});
const acceptSchema = z.strictObject({ ...callKey, peerAnswer: payloadSchema });
const endSchema = z.strictObject(callKey);
const iceSchema = z.strictObject({
  data: z.strictObject({ candidate: z.string(), sdpMid: z.string(), sdpMLineIndex: z.int() }),
  meetId: id,
});

const about = (message: z.output<typeof messageSchema>) => ({
  room: message.rId,
  user: message.sId,
  messageId: message._id,
  text: message.mT === 'info' ? `[${message.msgAtt.action}]` : message.c,
});

function receipt(type: 'read' | 'delivered'): z.ZodType<Meaning> {
  return jsonText(receiptSchema).transform(([{ roomId, userId }]) => meaning(type, { room: roomId, user: userId }));
}

interface CallKey {
  readonly roomId: string;
  readonly meetId: string;
}

function called(word: string, schema: z.ZodType<CallKey>): z.ZodType<Meaning> {
  return jsonText(schema).transform(([{ roomId, meetId }]) =>
    meaning('call', { room: roomId, messageId: meetId, text: word }),
  );
}

export const VCHAT_FRAMES: FrameTable = new Map<string, z.ZodType<Meaning>>([
  [
    'v1OnNewMessage',
    jsonText(messageSchema).transform(([one]) => meaning(one.mT === 'info' ? 'info' : 'message', about(one))),
  ],
  [
    'v1OnDeleteMessageFromAll',
    jsonText(messageSchema)
      .refine(([{ dltAt, mT, c }]) => dltAt !== null && mT === 'text' && c === '', { error: 'is not deleted' })
      .transform(([one]) => meaning('deleted', about(one))),
  ],
  ['v1OnEnterChatRoom', receipt('read')],
  ['v1OnDeliverChatRoom', receipt('delivered')],
  [
    'v1OnMyOnline',
    jsonText(onlineSchema).transform(([people]) =>
      meaning('presence', { text: people.map((one) => `${one.peerId}:${one.isOnline}`).join(' ') }),
    ),
  ],
  [
    'v1OnRoomStatusChange',
    jsonText(statusSchema).transform(([{ status, userId, roomId }]) =>
      meaning(status === 'stop' ? 'typing-stopped' : 'typing', { room: roomId, user: userId, text: status }),
    ),
  ],
  [
    'v1OnBanUserChat',
    jsonText(banSchema).transform(([{ isMeBanner, isPeerBanner, roomId }]) =>
      meaning('blocked', { room: roomId, text: `me:${isMeBanner} peer:${isPeerBanner}` }),
    ),
  ],
  [
    'v1OnKickGroupMember',
    jsonText(kickSchema).transform(([{ roomId, userId }]) => meaning('kicked', { room: roomId, user: userId })),
  ],
  [
    'v1OnException',
    jsonText(z.strictObject({ error: z.string().min(1) })).transform(([{ error }]) =>
      meaning('error', { text: error }),
    ),
  ],
  ['v1OnNewCall', called('ring', offerSchema)],
  ['v1OnCallAccepted', called('accepted', acceptSchema)],
  ['v1OnCallEnded', called('ended', endSchema)],
  ['v1OnCallCanceled', called('canceled', endSchema)],
  ['v1OnCallRejected', called('rejected', endSchema)],
  ['v1OnCallTimeout', called('timeout', endSchema)],
  [
    'v1OnIceCandidate',
    jsonText(iceSchema).transform(([{ meetId }]) => meaning('call', { messageId: meetId, text: 'ice' })),
  ],
]);
