import type { Reply, RoomView } from '@parlance/dialect-kit';
import { frame } from '@parlance/dialect-kit';
import type { Attachment, Draft, Member, Message, Metadata, ParlanceError, User, UserSnapshot } from '@parlance/domain';
import { textDraft } from '@parlance/domain';
import type { Carried } from './upload.js';
import { NAME } from './wire.js';

/** What is known of a person: a fact's snapshot has no metadata. */
export type Person = Omit<UserSnapshot, 'number' | 'identifier' | 'isBot'> & { readonly metadata?: Metadata };

/** User as REST and messages show it; the SDK turns the snake_case dates into `Date`s. */
export function wireUser(user: Person): object {
  return { ...identity(user), created_at: user.createdAt, last_active: lastActive(user) };
}

/** User as typing carries it: relayed as the SDK holds it, which spells the dates in camelCase. */
export function wireTypist(user: Person): object {
  return { ...identity(user), createdAt: user.createdAt, lastActive: lastActive(user) };
}

function identity({ id, username, name, photo, metadata }: Person): object {
  const base = { id, username, name };
  return { ...base, ...(photo === null ? {} : { avatar: photo }), ...(metadata === undefined ? {} : { metadata }) };
}

/** The SDK dates it without asking whether it is there. */
function lastActive({ lastSeenAt, createdAt }: Person): string {
  return lastSeenAt ?? createdAt;
}

/** Stands for a sender of whom nothing is known any more. */
function formerUser(id: string, createdAt: string): Person {
  return { id, username: id, name: id, photo: null, lastSeenAt: null, createdAt };
}

/** Deleted and info messages have no place in this wire. */
export function isShown(message: Message): boolean {
  return message.deletedAt === null && message.type !== 'info';
}

interface MessageSurroundings {
  readonly sender: Person | null | undefined;
  /** empty: unknown */
  readonly members?: readonly Member[];
}

export function wireMessage(message: Message, { sender, members = [] }: MessageSurroundings): object {
  return {
    id: message.id,
    chat_id: message.roomId,
    ...contentOf(message),
    ...metadataOf(message),
    seen: isSeen(message, members),
    user: wireUser(sender ?? formerUser(message.senderId, message.createdAt)),
    created_at: message.createdAt,
    ...(message.editedAt === null ? {} : { updated_at: message.editedAt }),
  };
}

/** The last message of a listed chat; its sender may have left. */
export function wireLastMessage({ users, members }: RoomView, message: Message): object {
  return wireMessage(message, { sender: users.get(message.senderId), members });
}

function isSeen(message: Message, members: readonly Member[]): boolean {
  const others = members.filter((member) => member.userId !== message.senderId);
  return others.length > 0 && others.every((member) => member.readSeq >= message.seq);
}

/** What was sent comes back, and nothing where nothing was sent; only an explicitly empty object needs a note of its own. */
function metadataOf({ metadata, extras }: Message): object {
  const isGiven = Object.keys(metadata).length > 0 || extras[NAME]?.['emptyMetadata'] === true;
  return isGiven ? { metadata } : {};
}

function extrasFor(metadata: Metadata | null | undefined): Record<string, Metadata> {
  return metadata != null && Object.keys(metadata).length === 0 ? { [NAME]: { emptyMetadata: true } } : {};
}

export function draftOf(text: string | null | undefined, metadata: Metadata | null | undefined, file?: Carried): Draft {
  const words = { metadata: metadata ?? {}, extras: extrasFor(metadata) };
  if (file === undefined) return textDraft(text ?? '', words);
  return { ...textDraft('', words), text: (text ?? '') === '' ? null : (text ?? null), ...file };
}

/** `sent`: the metadata that came with this very request, shown again even where it is empty. */
export function messageAnswer(message: Message, sender: User, sent?: Metadata | null): object {
  return { success: true, ...wireMessage(message, { sender }), ...(sent == null ? {} : { metadata: sent }) };
}

function contentOf(message: Message): object {
  const file = fileOf(message);
  if (file === null) return { text: plainText(message) };
  return message.text === null ? { file } : { text: message.text, file };
}

function fileOf({ type, attachment }: Message): object | null {
  if (type !== 'image' && type !== 'video' && type !== 'file') return null;
  if (attachment?.url === undefined) return null;
  const { url, name, size } = attachment;
  return {
    type: type === 'image' && attachment.mimeType === 'image/gif' ? 'gif' : type,
    url,
    ...(name === undefined ? {} : { name }),
    ...(size === undefined ? {} : { size: sizeText(size) }),
  };
}

const KILOBYTE = 1024;

function sizeText(bytes: number): string {
  const kilobytes = bytes / KILOBYTE;
  if (kilobytes < KILOBYTE) return `${kilobytes.toFixed(2)} KB`;
  return `${(kilobytes / KILOBYTE).toFixed(2)} MB`;
}

/** What this wire has no type for arrives as text: its text, else the file name, else the URL. */
function plainText({ type, text, attachment }: Message): string {
  const words = [text, attachment?.name, attachment?.url, placeText(attachment)].find((one) => (one ?? '') !== '');
  return words ?? (type === 'text' ? '' : `[${type}]`);
}

function placeText(attachment: Attachment | null): string | undefined {
  if (attachment?.latitude === undefined || attachment.longitude === undefined) return undefined;
  return `${attachment.latitude}, ${attachment.longitude}`;
}

/** A chat as one of its people sees it; `viewerId` null: as the app sees it. */
export function wireChat(view: RoomView, viewerId: string | null): object {
  const { room, members } = view;
  return {
    id: room.id,
    title: titleOf(view, viewerId),
    participant_user_ids: members.map((member) => member.userId),
    metadata: room.metadata,
    avatar: room.photo ?? peerOf(view, viewerId)?.photo ?? null,
    created_at: room.createdAt,
  };
}

function titleOf(view: RoomView, viewerId: string | null): string {
  const { room, members, users } = view;
  if (room.kind !== 'direct') return room.name ?? 'Group Chat';
  const peer = peerOf(view, viewerId);
  if (peer !== undefined) return peer.name;
  const shown = members.filter((member) => member.userId !== viewerId);
  return shown.map(({ userId }) => users.get(userId)?.name ?? userId).join(', ');
}

/** The other one of a direct chat, as far as it is known. */
function peerOf({ room, members, users }: RoomView, viewerId: string | null): Person | undefined {
  if (room.kind !== 'direct' || !members.some((member) => member.userId === viewerId)) return undefined;
  const peer = members.find((member) => member.userId !== viewerId);
  return peer === undefined ? undefined : users.get(peer.userId);
}

export function statusWord(online: boolean): 'online' | 'offline' {
  return online ? 'online' : 'offline';
}

/** For events whose outcome the SDK does not ask for; who asks is not left waiting. */
export const DONE: Reply = { ack: [{ success: true }] };

/** A failure answers the acknowledgement, which must be an object; who asked for none hears `error`. */
export function failure(error: ParlanceError): Reply {
  const message = wording(error);
  return { ack: [{ success: false, message }], unacked: [frame('error', { message })] };
}

/** Our own faults are not explained; every other error says what to do about it. */
export function wording(error: ParlanceError): string {
  if (error.code === 'internal') return 'Internal server error';
  return error.message === '' ? `The request failed: ${error.code}.` : error.message;
}
