import type { Attachment, Info, InfoAction, Message, MessageType } from '@parlance/domain';
import { infoSchema } from '@parlance/domain';
import { flagIn, numberIn, ownExtras, textIn, textsIn } from './extras.js';
import type { Person } from './people.js';
import { wireSender } from './people.js';
import { RECALL } from './wire.js';

/** A constant: the name of the app is nothing a client decides by, and REST and sockets must agree. */
export const APP_ID = 'parlance';

const MS_PER_SECOND = 1000;

/** A type of the domain in this wire's word; what it has no word for is told as text. */
const TYPE: Readonly<Record<Exclude<MessageType, 'info'>, string>> = {
  text: 'text',
  image: 'image',
  file: 'file',
  video: 'video',
  voice: 'audio',
  location: 'location',
  sticker: 'sticker',
  call: 'text',
  custom: 'text',
};

/** What `info` messages are called here; the others have no word: the `room` event that goes with them says it. */
const SYSTEM_TYPE: Readonly<Partial<Record<InfoAction, string>>> = {
  'members.added': 'addMembers',
  'member.joined': 'joinRoom',
  'member.left': 'leaveRoom',
  'member.removed': 'deleteMember',
  'invitations.canceled': 'cancelInvitations',
};

export interface Surroundings {
  readonly sender: Person;
  /** the message it answers, and who wrote that */
  readonly replied?: { readonly message: Message; readonly sender: Person } | null | undefined;
}

/** Was it taken back by an IMKit client? Then such clients keep a note in its place. */
export function isRecalled({ deletedAt, extras }: Message): boolean {
  return deletedAt !== null && flagIn(ownExtras(extras), 'recalled');
}

/** Does this wire show the message in a conversation? */
export function isShown(message: Message): boolean {
  if (message.deletedAt !== null) return isRecalled(message);
  return message.type !== 'info' || systemInfo(message) !== null;
}

/** Message, whatever it is. Null: an info message this wire has no word for. */
export function wireMessage(message: Message, { sender, replied }: Surroundings): object | null {
  const base = frameOf(message, sender);
  if (message.deletedAt !== null) return { ...base, messageType: RECALL, message: '', mentions: [] };
  if (message.type === 'info') {
    const info = systemInfo(message);
    return info === null ? null : { ...base, ...systemContent(info), mentions: [] };
  }
  return {
    ...base,
    ...contentOf(message),
    ...(replied == null ? {} : { reply: wireMessage(replied.message, { sender: replied.sender }) ?? undefined }),
    ...marksOf(message),
  };
}

function frameOf({ id, roomId, createdAt, editedAt, deletedAt }: Message, sender: Person) {
  const createdAtMS = Date.parse(createdAt);
  const updatedAt = deletedAt ?? editedAt;
  return {
    _id: id,
    id,
    room: roomId,
    sender: wireSender(sender),
    appID: APP_ID,
    messageTime: createdAt,
    messageTimeMS: createdAtMS,
    createdAtMS,
    updatedAtMS: updatedAt === null ? createdAtMS : Date.parse(updatedAt),
    ...(editedAt === null || deletedAt !== null ? {} : { editedAt }),
  };
}

function contentOf(message: Message): object {
  const own = ownExtras(message.extras);
  const messageType = textIn(own, 'messageType') ?? TYPE[message.type === 'info' ? 'text' : message.type];
  return {
    messageType,
    message: own['message'] ?? wordsOf(message, messageType),
    ...mediaOf(message, messageType),
    ...intact(own),
    mentions: textsIn(own, 'mentions'),
  };
}

/** A type told as text: its text, else the file name, else the URL, else what it is. */
function wordsOf({ type, text, attachment }: Message, messageType: string): string {
  if (messageType !== 'text' || type === 'text') return text ?? '';
  const words = [text, attachment?.name, attachment?.url].find((one) => (one ?? '') !== '');
  return words ?? `[${type}]`;
}

function mediaOf({ attachment, extras }: Message, messageType: string): object {
  if (attachment === null) return {};
  if (messageType === 'location') return defined({ latitude: attachment.latitude, longitude: attachment.longitude });
  const { url, thumbnailUrl, width, height } = attachment;
  return defined({
    originalUrl: url,
    thumbnailUrl: thumbnailUrl ?? (messageType === 'image' ? url : undefined),
    width,
    height,
    duration: numberIn(ownExtras(extras), 'duration') ?? seconds(attachment),
    ...(messageType === 'sticker' ? { sticker: url } : {}),
    ...(messageType === 'file' ? { url, extra: fileExtra(attachment) } : {}),
  });
}

/** Its clients read whole seconds. */
function seconds({ durationMs }: Attachment): number | undefined {
  return durationMs === undefined ? undefined : Math.round(durationMs / MS_PER_SECOND);
}

function fileExtra({ name, mimeType, size }: Attachment): object | undefined {
  if (name === undefined && mimeType === undefined) return undefined;
  return defined({ title: name, mimetype: mimeType, fileSize: size });
}

const INTACT = ['sticker', 'images', 'extra', 'url', 'template', 'contents'] as const;

/** What only this wire knows comes back as it was sent. */
function intact(own: Readonly<Record<string, unknown>>): object {
  return defined(Object.fromEntries(INTACT.map((key) => [key, own[key]])));
}

/** Reactions and pins, where they are known. */
function marksOf({ reactions, pinnedAt }: Message): object {
  return {
    ...(reactions === undefined ? {} : { reactions: reactions.map(wireReaction), reactionCount: reactions.length }),
    ...(pinnedAt == null ? {} : { isPined: true }),
  };
}

function wireReaction({ userId, value }: { readonly userId: string; readonly value: string }): object {
  return { client: userId, reaction: value };
}

function systemInfo({ attachment }: Message): Info | null {
  const parsed = infoSchema.safeParse(attachment?.data);
  return parsed.success && SYSTEM_TYPE[parsed.data.action] !== undefined ? parsed.data : null;
}

function systemContent({ action, targets }: Info): object {
  const people = targets.map(({ id, name }) => ({ _id: id, id, nickname: name, avatarUrl: '' }));
  const message = targets.map(({ name }) => name).join(', ');
  const messageType = SYSTEM_TYPE[action] ?? 'text';
  const [first] = people;
  if (action === 'members.added' && people.length === 1 && first !== undefined) {
    return { messageType: 'addMember', message, member: first, extra: { invitees: people } };
  }
  if (action === 'members.added' || action === 'invitations.canceled') {
    return { messageType, message, extra: { invitees: people } };
  }
  if (action === 'member.removed') return { messageType, message, extra: { members: people } };
  return { messageType, message: '' };
}

/** Without what is undefined. */
export function defined(fields: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
