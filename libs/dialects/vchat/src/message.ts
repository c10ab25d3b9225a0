import type { Member, Message, RoomKind } from '@parlance/domain';
import { contentOf } from './attachment.js';
import type { Content } from './attachment.js';
import { localIdOf } from './local-id.js';
import type { Person } from './person.js';
import { formerUser } from './person.js';
import { NAME } from './wire.js';

/** What a message's rendering needs beside it. `members`: of its room where that is a direct one, else empty. */
export interface Surroundings {
  readonly senderOf: (id: string) => Person | null | undefined;
  readonly replied?: Message | null | undefined;
  readonly members?: readonly Member[] | undefined;
  /** of the room, where it matters: info messages of a broadcast have their own words */
  readonly kind?: RoomKind | undefined;
  /** by the viewer, where it is known */
  readonly starred?: boolean | undefined;
}

/** The Message object of this wire; an answered message stands in it whole, without what that one answered. */
export function wireMessage(message: Message, surroundings: Surroundings): object {
  const { senderOf, replied, members = [], kind, starred } = surroundings;
  const isDeleted = message.deletedAt !== null;
  const isAnswer = !isDeleted && replied !== null && replied !== undefined && replied.id === message.replyTo;
  const own = message.extras[NAME] ?? {};
  return {
    _id: message.id,
    ...senderFields(senderOf(message.senderId) ?? formerUser(message.senderId)),
    plm: textIn(own['plm']) ?? 'other',
    rId: message.roomId,
    ...(isDeleted ? DELETED : contentOf(message, kind)),
    isEncrypted: !isDeleted && own['isEncrypted'] === true,
    rTo: isAnswer ? wireMessage(replied, { senderOf, members }) : null,
    ...receiptsOf(message, members),
    dltAt: message.deletedAt,
    forId: message.forwardOf,
    pBId: message.broadcastOf,
    dF: [],
    stars: [],
    ...(starred === undefined ? {} : { isStared: starred }),
    lId: localIdOf(message),
    linkAtt: isDeleted ? null : (objectIn(own['linkAtt']) ?? null),
    peerData: null,
    createdAt: message.createdAt,
    updatedAt: message.deletedAt ?? message.editedAt ?? message.createdAt,
  };
}

/** An image with its attachment gone breaks the client's parser, so whatever was deleted is an empty text. */
const DELETED: Content = { mT: 'text', c: '', msgAtt: null };

function senderFields({ id, name, photo, identifier }: Person): object {
  return { sId: id, sName: name, sImg: photo ?? '', sIdentifier: identifier };
}

/** When the other one of a direct room had it and read it. Whoever read it had it. */
function receiptsOf({ seq, senderId }: Message, members: readonly Member[]): object {
  const peer = members.length === 2 ? members.find((member) => member.userId !== senderId) : undefined;
  const sAt = peer !== undefined && peer.readSeq >= seq ? peer.readAt : null;
  const dAt = peer !== undefined && peer.deliveredSeq >= seq ? peer.deliveredAt : null;
  return { sAt, dAt: dAt ?? sAt };
}

function textIn(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function objectIn(value: unknown): object | undefined {
  return typeof value === 'object' && value !== null ? value : undefined;
}
