import type { ListedRoom, RoomView } from '@parlance/dialect-kit';
import type { Member, Room, RoomPreferences, User } from '@parlance/domain';
import { mayManage } from '@parlance/domain';
import { flagIn, numberIn, ownExtras, textIn, textsIn } from './extras.js';
import { APP_ID, isShown, wireMessage } from './message.js';
import { personIn, wireUser } from './people.js';

const MAX_BADGE = 1000;

/** What is known of where members have read to, as message ids by seq. */
export type ReadIds = ReadonlyMap<number, string>;
const NOTHING_READ: ReadIds = new Map();

/** A whole room as one of its people sees it. `viewerId` null: as the app's server does. */
export function wireRoom(view: RoomView, viewerId: string | null, readIds: ReadIds = NOTHING_READ): object {
  const { room, members, users } = view;
  const self = members.find((member) => member.userId === viewerId);
  const owner = members.find((member) => member.role === 'owner');
  return {
    _id: room.id,
    id: room.id,
    appID: APP_ID,
    ...faceOf(view, viewerId),
    description: room.description ?? '',
    // Who owns a broadcast room sees it as a group; nobody else sees it.
    roomType: room.kind === 'direct' ? 'direct' : 'group',
    members: members.map(({ userId }) => wireUser(personIn(users, userId))),
    memberProperties: members.map((member) => wireMemberProperty(room, member, readIds)),
    isSuperuser: self !== undefined && mayManage(self.role),
    ...settingsOf(room),
    ...(owner === undefined ? {} : { owner: wireUser(personIn(users, owner.userId)) }),
    createdTimeMS: Date.parse(room.createdAt),
  };
}

/** The room as it looks to whoever has just been taken out of it: who else is there is none of its business any more. */
export function wireRoomLeft({ room, users }: RoomView): object {
  return wireRoom({ room, members: [], users }, null);
}

/** A room of somebody's list: with what only that one sees. */
export function wireListedRoom(view: ListedRoom, viewerId: string, readIds?: ReadIds): object {
  const { lastMessage, unread, preferences, users } = view;
  const last = lastMessage === null || !isShown(lastMessage) ? null : lastMessage;
  const known = readIds ?? (lastMessage === null ? NOTHING_READ : newestRead(view, lastMessage.seq, lastMessage.id));
  return {
    ...wireRoom(view, viewerId, known),
    ...(last === null ? {} : { lastMessage: wireMessage(last, { sender: personIn(users, last.senderId) }) }),
    unread,
    muted: preferences.muted,
    isMentioned: unread > 0 && last !== null && textsIn(ownExtras(last.extras), 'mentions').includes(viewerId),
    pref: wirePreferences(preferences),
  };
}

/** Whoever has read as far as the last message has read that one. */
function newestRead({ members }: RoomView, lastSeq: number, lastId: string): ReadIds {
  const seqs = members.map(({ readSeq }) => readSeq).filter((seq) => seq >= lastSeq);
  return new Map(seqs.map((seq) => [seq, lastId]));
}

/** A direct room has no name or cover of its own: it is called by the other one. */
function faceOf({ room, members, users }: RoomView, viewerId: string | null): object {
  const peer = room.kind === 'direct' ? members.find((member) => member.userId !== viewerId) : undefined;
  const other: User | undefined = peer === undefined || viewerId === null ? undefined : users.get(peer.userId);
  return { name: room.name ?? other?.name ?? '', cover: room.photo ?? other?.photo ?? '' };
}

function wireMemberProperty(room: Room, { userId, role, readSeq, nickname }: Member, readIds: ReadIds): object {
  const lastRead = readIds.get(readSeq);
  return {
    client: userId,
    badge: Math.min(MAX_BADGE, Math.max(0, room.lastSeq - readSeq)),
    ...(lastRead === undefined ? {} : { lastRead }),
    ...(role === 'member' ? {} : { role }),
    ...(nickname === null ? {} : { nickname }),
  };
}

function settingsOf({ frozen, extras }: Room): object {
  const own = ownExtras(extras);
  return {
    status: frozen ? 0 : 1,
    serviceStatus: numberIn(own, 'serviceStatus') ?? 0,
    encrypted: flagIn(own, 'encrypted'),
    botMode: flagIn(own, 'botMode'),
    botState: textIn(own, 'botState') ?? '',
    webhook: textIn(own, 'webhook') ?? '',
    roomTags: textsIn(own, 'roomTags'),
    extParams: textIn(own, 'extParams') ?? '',
  };
}

/** A user's preferences for one room, without the room. */
export function wirePreferences({ folder, hidden, muted, pinned, tags, extras }: RoomPreferences): object {
  const { tagColors, translation } = ownExtras(extras);
  return {
    ...(folder === null ? {} : { folder }),
    hidden,
    muted,
    sticky: pinned,
    tags,
    ...(tagColors === undefined ? {} : { tagColors }),
    ...(translation === undefined ? {} : { translation }),
  };
}
