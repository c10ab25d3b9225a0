import type { CallView, ListedRoom, RoomView } from '@parlance/dialect-kit';
import {
  recordingExecute,
  sampleCall,
  sampleMember,
  sampleMessage,
  sampleRoomView,
  sampleStamp,
  sampleUser,
} from '@parlance/dialect-kit/conformance';
import type { Message, User, UserRef } from '@parlance/domain';
import { DEFAULT_ROOM_PREFERENCES, ParlanceError } from '@parlance/domain';
import { NAME } from './wire.js';

/** A world of three people in which everything works, for the specs of this dialect. Whoever asks is Ann. */

export const ann = sampleUser('ann', { photo: 'https://img.sample.test/ann.png' });
export const bob = sampleUser('bob', { lastSeenAt: '2026-02-03T04:05:06.789Z' });
export const cleo = sampleUser('cleo');
export const people: ReadonlyMap<string, User> = new Map([ann, bob, cleo].map((user) => [user.id, user]));

const READ = '2026-01-02T03:10:00.000Z';
const GOT = '2026-01-02T03:09:00.000Z';
const reader = { readSeq: 1, readAt: READ, deliveredSeq: 2, deliveredAt: GOT };

export const pair: RoomView = {
  ...sampleRoomView(),
  users: people,
  members: [sampleMember('ann', { role: 'owner' }), sampleMember('bob', reader)],
};
const trio = [...people.keys()];
export const team: RoomView = {
  ...sampleRoomView(
    {
      id: '64a000000000000000000002',
      kind: 'group',
      name: 'Team',
      photo: 'https://img.sample.test/team.png',
      description: 'All of us',
      extras: { [NAME]: { extraData: { colour: 'red' } } },
    },
    trio,
  ),
  users: people,
  members: [sampleMember('ann', { role: 'owner' }), sampleMember('bob', reader), sampleMember('cleo')],
};
export const news: RoomView = {
  ...sampleRoomView({ id: '64a000000000000000000003', kind: 'broadcast', name: 'News' }, trio),
  users: people,
};

const LOCAL = '447bc1aa-bbf4-4de6-bc43-19d349398f02';
/** Ann's own, from a client of this wire. */
export const first = sampleMessage({
  clientMessageId: LOCAL,
  extras: { [NAME]: { isEncrypted: false, plm: 'android' } },
});
/** Bob's, from another wire, in answer to it. */
export const second = sampleMessage({
  id: '64b000000000000000000002',
  seq: 2,
  senderId: 'bob',
  text: 'hello Ann',
  replyTo: first.id,
});
const third = sampleMessage({
  id: '64b000000000000000000003',
  seq: 3,
  type: 'image',
  text: null,
  attachment: {
    url: 'https://files.sample.test/a.png',
    name: 'a.png',
    mimeType: 'image/png',
    size: 9,
    width: 3,
    height: 4,
  },
});
const stored: readonly Message[] = [first, second, third];

export function listed(view: RoomView, over: Partial<ListedRoom> = {}): ListedRoom {
  const preferences = { ...DEFAULT_ROOM_PREFERENCES, muted: true, translateTo: 'de' };
  const state = { unread: 1, readSeq: 1, lastMessage: second, online: new Set(['bob']), preferences };
  return { ...view, ...state, ...over };
}

function viewOf(room: string): RoomView {
  const view = [pair, team, news].find((one) => one.room.id === room);
  if (view === undefined) throw new ParlanceError('not-found', 'Room not found.');
  return view;
}

function messageOf(messageId: string): Message {
  const message = stored.find((one) => one.id === messageId);
  if (message === undefined) throw new ParlanceError('not-found', 'Message not found.');
  return message;
}

function personNamed(ref: UserRef): User | null {
  const isMeant = (user: User): boolean =>
    'id' in ref ? user.id === ref.id : 'identifier' in ref && user.identifier === ref.identifier;
  return [...people.values()].find(isMeant) ?? null;
}

function required(ref: UserRef): User {
  const user = personNamed(ref);
  if (user === null) throw new ParlanceError('not-found', 'User not found.');
  return user;
}

const callView: CallView = {
  call: sampleCall(),
  room: sampleStamp(pair),
  caller: ann,
  callee: bob,
  payload: null,
  participants: [
    { userId: 'ann', state: 'joined' },
    { userId: 'bob', state: 'invited' },
  ],
};
const pastCall = sampleCall({ state: 'ended', reason: 'timeout', endedAt: '2026-01-02T03:05:00.000Z' });
const FILE = {
  id: '650000000000000000000001',
  roomId: null,
  ownerId: 'ann',
  size: 3,
  width: 30,
  height: 40,
  createdAt: GOT,
};

export function world(over: Parameters<typeof recordingExecute>[0] = {}) {
  const stamp = sampleStamp(pair);
  const page = { senders: people, replied: new Map([[first.id, first]]), starred: new Set([first.id]) };
  return recordingExecute({
    'session.identify': () => ({ user: ann }),
    'user.sign-in': () => ({ user: ann, created: true, token: 'the-token', expiresAt: READ }),
    'user.sign-out': () => ({}),
    'user.put': ({ fields }) => ({ user: { ...ann, photo: fields.photo ?? ann.photo }, created: false }),
    'user.find': ({ refs }) => ({ users: refs.map(personNamed) }),
    'user.list': () => ({ users: [...people.values()], total: 23 }),
    'device.put': () => ({}),
    'device.remove': () => ({}),
    'block.set': ({ blocked, user }) => ({
      other: required(user),
      room: stamp,
      blockedByMe: blocked,
      blockedMe: false,
    }),
    'block.get': ({ user }) => ({ other: required(user), room: stamp, blockedByMe: false, blockedMe: true }),
    'room.create': ({ kind }) => ({ ...(kind === 'direct' ? pair : kind === 'group' ? team : news), created: true }),
    'room.show': ({ room }) => listed(viewOf(room)),
    'room.list': () => ({ rooms: [listed(pair), listed(team, { lastMessage: null })], total: 42 }),
    'room.get': ({ room }) => viewOf(room),
    'room.patch': ({ room }) => viewOf(room),
    'room.preferences': () => ({ preferences: DEFAULT_ROOM_PREFERENCES }),
    'member.add': ({ room, users }) => ({ ...viewOf(room), added: users.map(required) }),
    'member.remove': ({ room, user }) => ({ ...viewOf(room), removed: required(user) }),
    'member.change': ({ room, user }) => ({ ...viewOf(room), changed: required(user) }),
    'message.send': ({ room, draft, clientMessageId }) => ({
      message: sampleMessage({
        ...draft,
        id: '64b000000000000000000009',
        seq: 9,
        roomId: room,
        clientMessageId: clientMessageId ?? 'none',
      }),
      sender: ann,
      room: stamp,
      repeated: false,
    }),
    'message.get': ({ messageId }) => ({ message: messageOf(messageId), sender: ann, room: stamp }),
    'message.list': ({ room }) => ({ ...page, ...viewOf(room), messages: stored, lastSeq: 3, total: 3 }),
    'message.search': () => ({ ...page, messages: [first, second], total: 2 }),
    'message.hide': () => ({ room: stamp, hidden: [first.id], allUpToSeq: null }),
    'message.star': ({ messageId }) => ({ message: messageOf(messageId) }),
    'message.delete': ({ messageId }) => ({ message: messageOf(messageId), room: stamp }),
    'receipt.mark': () => ({ roomId: pair.room.id, readSeq: 1, deliveredSeq: 1 }),
    'typing.set': () => ({}),
    'presence.find': ({ users }) => ({ found: users.map((ref) => ({ user: personNamed(ref), online: true })) }),
    'file.store': ({ room, name, mimeType }) => ({
      file: { ...FILE, roomId: room, name, mimeType, url: `https://files.sample.test/${name}` },
    }),
    'link.preview': ({ url }) => ({ url, title: 'A page', description: null, images: [], favicons: [] }),
    'call.create': () => callView,
    'call.accept': () => callView,
    'call.end': () => callView,
    'call.signal': () => ({}),
    'call.active': () => ({ view: callView }),
    'call.history': () => ({ calls: [{ ...callView, call: pastCall }], total: 1 }),
    'call.forget': () => ({}),
    'call.media-token': () => ({ token: 'rtc', url: 'wss://media.sample.test' }),
    ...over,
  });
}
