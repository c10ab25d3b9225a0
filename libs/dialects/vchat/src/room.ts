import type { ListedRoom } from '@parlance/dialect-kit';
import type { Member, Role, Room, RoomKind } from '@parlance/domain';
import { isShown } from './attachment.js';
import { wireMessage } from './message.js';
import type { Surroundings } from './message.js';
import type { Person } from './person.js';
import { formerUser } from './person.js';
import { NAME } from './wire.js';

const ROOM_TYPES: Readonly<Record<RoomKind, 's' | 'g' | 'b'>> = { direct: 's', group: 'g', broadcast: 'b' };
const ROLES: Readonly<Record<Role, string>> = { owner: 'superAdmin', admin: 'admin', member: 'member' };

export function roleWord(role: Role): string {
  return ROLES[role];
}

export function roleNamed(word: 'member' | 'admin' | 'superAdmin'): Role {
  return word === 'superAdmin' ? 'owner' : word;
}

/** A room as one of its members sees it in the list. `replied`: what its last message answers, if that is known. */
export function wireRoom(listed: ListedRoom, viewerId: string, replied: Surroundings['replied'] = null): object {
  const { room, unread, preferences, lastMessage } = listed;
  const peer = peerOf(listed, viewerId);
  return {
    rId: room.id,
    t: preferences.nickname ?? (room.kind === 'direct' ? (peer?.name ?? '') : (room.name ?? 'Group')),
    img: room.photo ?? peer?.photo ?? '',
    rT: ROOM_TYPES[room.kind],
    uC: unread,
    isM: preferences.muted,
    isA: preferences.archived,
    isD: preferences.hidden,
    tTo: preferences.translateTo,
    pId: peer?.id ?? null,
    pIdentifier: peer?.identifier ?? null,
    lastMessage: lastMessage === null || !isShown(lastMessage) ? null : lastOf(listed, lastMessage, replied),
    createdAt: room.createdAt,
  };
}

function lastOf(
  { room, members, users }: ListedRoom,
  message: NonNullable<ListedRoom['lastMessage']>,
  replied: Surroundings['replied'],
): object {
  return wireMessage(message, { senderOf: (id) => users.get(id), members: receiptMembers(room, members), replied });
}

/** Only between two does this wire say when something was read. */
export function receiptMembers({ kind }: Pick<Room, 'kind'>, members: readonly Member[]): readonly Member[] {
  return kind === 'direct' ? members : [];
}

function peerOf({ room, members, users }: ListedRoom, viewerId: string): Person | null {
  if (room.kind !== 'direct') return null;
  const peer = members.find((member) => member.userId !== viewerId);
  return peer === undefined ? null : (users.get(peer.userId) ?? formerUser(peer.userId));
}

/** What a group's own page shows of it. */
export function wireGroupSettings({ createdBy, description, extras, createdAt }: Room): object {
  const extraData = extras[NAME]?.['extraData'];
  return { cId: createdBy ?? '', desc: description, pinMsg: null, extraData: extraData ?? null, createdAt };
}
