import type { Attachment, CallReason, Info, InfoAction, Message, RoomKind } from '@parlance/domain';
import { callRecordSchema, infoSchema } from '@parlance/domain';
import { NAME } from './wire.js';

/** How this wire carries a message's content. */
export interface Content {
  readonly mT: string;
  readonly c: string;
  readonly msgAtt: object | null;
}

/** Clients divide by an image's sides to lay it out, so an unknown side is never zero. */
const UNKNOWN_SIDE = 512;

/** What stands in a room's list for what is not text. */
const PLACEHOLDERS: Readonly<Record<string, string>> = {
  image: '📷',
  video: '🎥',
  voice: '🎤',
  file: '📎',
  location: '📍',
  call: '📞',
};

/** The content of a message; a type this wire has no word for, or nothing to show for, arrives as text. `kind`: of its room, if known. */
export function contentOf(message: Message, kind?: RoomKind): Content {
  const special = specialContent(message, kind);
  if (special === null) return { mT: 'text', c: plainText(message), msgAtt: null };
  const [mT, msgAtt] = special;
  return { mT, c: captionOf(message, mT), msgAtt };
}

function specialContent(message: Message, kind: RoomKind | undefined): readonly [mT: string, msgAtt: object] | null {
  const { type } = message;
  const attachment = message.attachment ?? {};
  switch (type) {
    case 'text':
      return null;
    case 'sticker':
      return withType('image', imageOf(attachment));
    case 'image':
      return withType(type, imageOf(attachment));
    case 'video':
      return withType(type, videoOf(attachment));
    case 'voice':
      return withType(type, voiceOf(attachment));
    case 'file':
      return withType(type, fileOf(attachment, type));
    case 'location':
      return withType(type, placeOf(message, attachment));
    case 'call':
      return withType(type, callOf(message));
    case 'info':
      return withType(type, infoOf(message, kind));
    case 'custom':
      return [type, { data: attachment.data ?? {} }];
  }
}

function withType(mT: string, msgAtt: object | null): readonly [string, object] | null {
  return msgAtt === null ? null : [mT, msgAtt];
}

/** An info message has no content of its own; other words are the sender's, or what stands for their absence. */
function captionOf({ text, extras, type }: Message, mT: string): string {
  if (type === 'info') return '';
  const own = extras[NAME]?.['content'];
  return text ?? (typeof own === 'string' ? own : (PLACEHOLDERS[mT] ?? ''));
}

function plainText({ type, text, attachment }: Message): string {
  const words = [text, attachment?.name, attachment?.url].find((one) => (one ?? '') !== '');
  return words ?? (type === 'text' ? '' : `[${type}]`);
}

function fileOf({ url, name, mimeType, size }: Attachment, kind: string): object | null {
  if (url === undefined) return null;
  return {
    name: name ?? nameIn(url) ?? kind,
    url,
    networkUrl: url,
    ...(mimeType === undefined ? {} : { mimeType }),
    fileSize: size ?? 0,
  };
}

function nameIn(url: string): string | undefined {
  const last = url.split(/[?#]/, 1)[0]?.split('/').at(-1);
  return last === '' ? undefined : last;
}

function imageOf(attachment: Attachment): object | null {
  const file = fileOf(attachment, 'image');
  return file === null ? null : { ...file, width: sideOf(attachment.width), height: sideOf(attachment.height) };
}

function sideOf(pixels: number | undefined): number {
  return Math.round(pixels ?? 0) || UNKNOWN_SIDE;
}

function videoOf(attachment: Attachment): object | null {
  const file = fileOf(attachment, 'video');
  if (file === null) return null;
  const { durationMs, thumbnailUrl } = attachment;
  const thumbImage = thumbnailUrl === undefined ? null : imageOf({ url: thumbnailUrl });
  return { ...file, duration: durationMs === undefined ? null : Math.round(durationMs), thumbImage };
}

function voiceOf(attachment: Attachment): object | null {
  const file = fileOf(attachment, 'voice');
  return file === null ? null : { ...file, duration: Math.round(attachment.durationMs ?? 0) };
}

/** Coordinates are text: Dart reads a whole number as another type than a broken one. */
function placeOf({ text, extras }: Message, { latitude, longitude, name }: Attachment): object | null {
  if (latitude === undefined || longitude === undefined) return null;
  const own = extras[NAME]?.['linkPreviewData'];
  const link = `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}`;
  const linkPreviewData = own ?? { image: '', title: name ?? text ?? '', desc: '', link };
  return { lat: String(latitude), long: String(longitude), linkPreviewData };
}

/** The client throws at a status it does not know. A call that met a busy line is a missed one. */
const CALL_STATUS: Readonly<Record<CallReason, string>> = {
  completed: 'finished',
  canceled: 'canceled',
  rejected: 'rejected',
  busy: 'timeout',
  timeout: 'timeout',
  failed: 'sessionEnd',
  disconnected: 'sessionEnd',
  replaced: 'sessionEnd',
  removed: 'sessionEnd',
  server: 'sessionEnd',
};

export function callStatusOf(reason: CallReason): string {
  return CALL_STATUS[reason];
}

function callOf({ attachment }: Message): object | null {
  const record = callRecordSchema.safeParse(attachment?.data);
  if (!record.success) return null;
  const { reason, startedAt, endedAt, withVideo } = record.data;
  return { callStatus: callStatusOf(reason), startAt: startedAt, endAt: endedAt, withVideo };
}

/** null: this wire has no word for it, and a client throws at a word it does not know. */
const INFO_ACTIONS: Readonly<Record<InfoAction, string | null>> = {
  'room.created': 'createGroup',
  'room.renamed': 'updateTitle',
  'room.photo-changed': 'updateImage',
  'members.added': 'addGroupMember',
  'member.joined': 'addGroupMember',
  'member.promoted': 'upAdmin',
  'member.demoted': 'downMember',
  'member.left': 'leave',
  'member.removed': 'kick',
  'invitations.canceled': null,
};

function readInfo({ attachment }: Message): Info | null {
  return infoSchema.safeParse(attachment?.data).data ?? null;
}

/** Who gets a broadcast has a word of its own. */
function actionOf({ action }: Info, kind: RoomKind | undefined): string | null {
  const isRecipients = action === 'members.added' || action === 'room.created';
  return kind === 'broadcast' && isRecipients ? 'addToBroadcast' : INFO_ACTIONS[action];
}

function infoOf(message: Message, kind?: RoomKind): object | null {
  const info = readInfo(message);
  const action = info === null ? null : actionOf(info, kind);
  if (info === null || action === null) return null;
  const { by, targets, title } = info;
  const targetName = title ?? targets.map((target) => target.name).join(', ');
  return { action, targetName, targetId: targets[0]?.id ?? '', adminName: by?.name ?? '' };
}

/** An info message that this wire has no word for is not shown at all: its text would be nobody's. */
export function isShown(message: Message): boolean {
  return message.type !== 'info' || message.deletedAt !== null || infoOf(message) !== null;
}
