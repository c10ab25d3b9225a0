import {
  recordingExecute,
  sampleInvitation,
  sampleMember,
  sampleMessage,
  sampleRoomView,
  sampleStamp,
  sampleUser,
} from '@parlance/dialect-kit/conformance';
import type { RoomView } from '@parlance/dialect-kit';
import { DEFAULT_ROOM_PREFERENCES, roomPreferencesSchema } from '@parlance/domain';
import type { JsonValue, Message, StoredFile, User } from '@parlance/domain';

export const AT = '2026-01-02T03:04:05.678Z';
export const LATER = '2026-01-02T03:06:07.890Z';

export const ann = sampleUser('ann', { photo: 'https://img.sample.test/ann.png' });
export const bob = sampleUser('bob', { lastSeenAt: '2026-02-03T04:05:06.789Z' });
export const cleo = sampleUser('cleo', { isBot: true });
export const people: ReadonlyMap<string, User> = new Map([ann, bob, cleo].map((user) => [user.id, user]));

export const pair: RoomView = { ...sampleRoomView(), users: people };
export const team: RoomView = {
  ...sampleRoomView(
    {
      kind: 'group',
      name: 'Team',
      photo: 'https://img.sample.test/team.png',
      description: 'of three',
      extras: { imkit: { roomTags: ['demo'], webhook: 'hook' } },
      lastSeq: 3,
    },
    [...people.keys()],
  ),
  members: [
    sampleMember('ann', { role: 'owner', readSeq: 3 }),
    sampleMember('bob', { role: 'admin', readSeq: 2, nickname: 'Bobby' }),
    sampleMember('cleo'),
  ],
  users: people,
};
export const news: RoomView = { ...sampleRoomView({ kind: 'broadcast', name: 'News' }), users: people };

const ids = ['64b000000000000000000001', '64b000000000000000000002', '64b000000000000000000003'] as const;
export const messages: readonly Message[] = [
  sampleMessage({ id: ids[0], seq: 1, text: 'first' }),
  sampleMessage({ id: ids[1], seq: 2, senderId: 'bob', text: 'second', replyTo: ids[0] }),
  sampleMessage({ id: ids[2], seq: 3, text: 'third', editedAt: LATER, reactions: [{ userId: 'bob', value: 'like' }] }),
];

const file: StoredFile = {
  id: '64c000000000000000000001',
  roomId: team.room.id,
  ownerId: 'ann',
  name: 'a.png',
  mimeType: 'image/png',
  size: 2048,
  width: 3,
  height: 4,
  url: 'https://files.sample.test/files/64c000000000000000000001/proof/a.png',
  createdAt: AT,
};

const withTagged = { ...DEFAULT_ROOM_PREFERENCES, pinned: true, folder: 'work', tags: ['a'] };
export const listed = {
  ...team,
  unread: 2,
  readSeq: 1,
  lastMessage: messages[2] ?? null,
  online: new Set(['bob']),
  preferences: withTagged,
};

/** A world in which everything works, as ann sees it. `hidden`: messages of it that are not shown. */
export function world(room: readonly Message[] = messages) {
  const stamp = sampleStamp(team);
  const invitation = sampleInvitation({ inviteeId: 'bob' });
  const pageOf = (found: readonly Message[]) => ({
    messages: found,
    senders: people,
    replied: new Map(room.map((message) => [message.id, message])),
    starred: new Set<string>(),
    total: room.length,
  });
  const messageOf = (id: string): Message => room.find((one) => one.id === id) ?? sampleMessage({ id });
  const granted = { token: 'issued-token', expiresAt: '2026-01-09T03:04:05.678Z' };
  const preferences: Record<string, JsonValue> = { 'folders-meta': [{ key: 'f1', name: 'Work' }] };
  return recordingExecute({
    'session.identify': () => ({ user: ann }),
    'user.put': ({ ref, fields }) => {
      const id = 'id' in ref ? ref.id : 'made';
      const known = people.get(id) ?? sampleUser(id);
      const { name = known.name, photo = known.photo, isBot = known.isBot, metadata = known.metadata } = fields;
      return { user: { ...known, name, photo, isBot, metadata }, created: false };
    },
    'user.find': ({ refs }) => ({ users: refs.map((ref) => ('id' in ref ? (people.get(ref.id) ?? null) : null)) }),
    'user.list': () => ({ users: [...people.values()], total: people.size }),
    'user.sign-out': () => ({}),
    'device.put': () => ({}),
    'device.remove': () => ({}),
    'push.send': ({ users }) => ({ accepted: users.length }),
    'token.issue': () => granted,
    'presence.find': ({ users }) => ({ found: users.map((_, index) => ({ user: ann, online: index === 0 })) }),
    'room.create': ({ kind }) => ({ ...(kind === 'direct' ? pair : team), created: true }),
    'room.get': () => team,
    'room.show': () => listed,
    'room.patch': () => team,
    'room.delete': () => ({}),
    'room.clear': () => ({ room: stamp, throughSeq: 3, count: 3 }),
    'room.join': () => team,
    'room.list': () => ({ rooms: [listed, { ...listed, ...pair, unread: 0, lastMessage: null }], total: 2 }),
    'room.preferences': ({ patch }) => ({
      preferences: roomPreferencesSchema.parse({ ...DEFAULT_ROOM_PREFERENCES, ...patch }),
    }),
    'preference.list': () => ({ preferences }),
    'preference.put': () => ({}),
    'preference.remove': () => ({}),
    'member.add': () => ({ ...team, added: [bob] }),
    'member.remove': () => ({ ...team, removed: bob }),
    'member.change': () => ({ ...team, changed: bob }),
    'ban.set': () => ({ user: bob, createdAt: AT, updatedAt: AT }),
    'ban.list': () => ({ bans: [{ user: bob, byId: 'ann', createdAt: AT }] }),
    'block.set': () => ({ other: bob, room: sampleStamp(pair), blockedByMe: true, blockedMe: false }),
    'block.get': () => ({ other: bob, room: sampleStamp(pair), blockedByMe: true, blockedMe: false }),
    'block.list': () => ({ blocks: [{ user: bob, createdAt: AT }] }),
    'invitation.create': () => ({ ...team, invitations: [invitation] }),
    'invitation.answer': () => ({ ...team, invitation: { ...invitation, state: 'rejected' as const } }),
    'invitation.cancel': () => ({ invitation: { ...invitation, state: 'canceled' as const } }),
    'invitation.list': () => ({ invitations: [invitation], users: people }),
    'message.send': ({ draft, room: roomId }) => ({
      message: sampleMessage({ ...draft, roomId }),
      sender: ann,
      room: stamp,
      repeated: false,
    }),
    'message.edit': ({ messageId, text }) => ({
      message: { ...messageOf(messageId), text: text ?? null, editedAt: LATER },
      sender: ann,
      room: stamp,
    }),
    'message.delete': ({ messageId, extras }) => ({
      message: { ...messageOf(messageId), text: null, deletedAt: LATER, extras: extras ?? {} },
      room: stamp,
    }),
    'message.get': ({ messageId }) => ({ message: messageOf(messageId), sender: ann, room: stamp }),
    'message.hide': ({ messageIds }) => ({ room: stamp, hidden: messageIds, allUpToSeq: null }),
    'message.hidden': () => ({ messageIds: ['64b000000000000000000009'], allUpToSeq: null }),
    'message.react': ({ messageId, value, present }) => ({
      message: { ...messageOf(messageId), reactions: present ? [{ userId: 'ann', value }] : [] },
    }),
    'message.pin': ({ messageId, pinned }) => ({
      message: { ...messageOf(messageId), pinnedAt: pinned ? LATER : null },
    }),
    'message.search': () => pageOf(room.slice(0, 1)),
    'message.list': ({ afterSeq, beforeSeq, limit }) => {
      const inRange = room.filter(({ seq }) => seq > (afterSeq ?? 0) && seq < (beforeSeq ?? Infinity));
      const found = afterSeq === undefined ? inRange.slice(-limit) : inRange.slice(0, limit);
      return { ...pageOf(found), members: team.members, room: team.room, lastSeq: room.at(-1)?.seq ?? 0 };
    },
    'file.store': ({ name, mimeType }) => ({ file: { ...file, name, mimeType } }),
    'file.get': () => ({ file }),
    'receipt.mark': () => ({ roomId: team.room.id, readSeq: 3, deliveredSeq: 3 }),
    'typing.set': () => ({}),
  });
}
