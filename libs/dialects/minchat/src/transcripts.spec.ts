import type { RoomView } from '@parlance/dialect-kit';
import {
  callingTranscript,
  emittingTranscript,
  hearingTranscript,
  recordingExecute,
  sampleMember,
  sampleMessage,
  sampleRoomView,
  sampleStamp,
  sampleUser,
} from '@parlance/dialect-kit/conformance';
import type { User, UserRef } from '@parlance/domain';
import { DEFAULT_ROOM_PREFERENCES } from '@parlance/domain';
import { minchat } from './index.js';

/**
 * Golden frames. What clients send was recorded from the published `@minchat/js` 3.4.0 (what it never sends, from the README's
 * tables); what we answer and send is held still here: a change of these files is a change of the wire.
 */

const ann = sampleUser('ann', { metadata: { level: 3 }, photo: 'https://img.sample.test/ann.png' });
const bob = sampleUser('bob', { lastSeenAt: '2026-02-03T04:05:06.789Z' });
const cleo = sampleUser('cleo');
const people = new Map([ann, bob, cleo].map((user) => [user.id, user]));
const pair: RoomView = { ...sampleRoomView({ metadata: { topic: 'tea' } }), users: people };
const team: RoomView = {
  ...sampleRoomView({ kind: 'group', name: 'Team', photo: 'https://img.sample.test/team.png' }, [...people.keys()]),
  users: people,
};
const nameless: RoomView = { ...sampleRoomView({ kind: 'group' }, [...people.keys()]), users: people };
const news: RoomView = { ...sampleRoomView({ kind: 'broadcast', name: 'News' }), users: people };

/** A world in which everything works. */
function world() {
  const stamp = sampleStamp(pair);
  const read = [sampleMember('ann', { readSeq: 2 }), sampleMember('bob', { readSeq: 1 })];
  const first = sampleMessage({ metadata: { mood: 'calm' } });
  const second = sampleMessage({ id: '64b000000000000000000002', seq: 2, senderId: 'bob', text: 'hello Ann' });
  const third = sampleMessage({ id: '64b000000000000000000003', seq: 3, senderId: 'ann', text: 'unseen' });
  const listed = {
    ...team,
    unread: 1,
    readSeq: 1,
    lastMessage: second,
    online: new Set(['bob']),
    preferences: DEFAULT_ROOM_PREFERENCES,
  };
  return recordingExecute({
    'session.identify': () => ({ user: ann }),
    'session.leave': () => ({}),
    'room.open': () => ({ room: stamp }),
    'room.close': () => ({}),
    'message.send': ({ draft, room }) => ({
      message: sampleMessage({ ...draft, roomId: room }),
      sender: ann,
      room: stamp,
      repeated: false,
    }),
    'message.edit': ({ messageId, text, metadata }) => ({
      message: sampleMessage({
        id: messageId,
        text: text ?? 'hello',
        metadata: metadata ?? { kept: true },
        editedAt: '2026-01-02T03:06:07.890Z',
      }),
      sender: ann,
      room: stamp,
    }),
    'message.delete': ({ messageId }) => ({
      message: sampleMessage({ id: messageId, text: null, deletedAt: '2026-01-02T03:06:07.890Z' }),
      room: stamp,
    }),
    'message.list': () => ({
      messages: [first, second, third],
      senders: people,
      members: read,
      room: pair.room,
      lastSeq: 3,
      total: 28,
      starred: new Set(),
      replied: new Map(),
    }),
    'receipt.mark': () => ({ roomId: pair.room.id, readSeq: 1, deliveredSeq: 1 }),
    'typing.set': () => ({}),
    'presence.find': ({ users }) => ({ found: users.map(() => ({ user: bob, online: true })) }),
    'presence.show': () => ({ user: ann, online: true, lastSeenAt: null }),
    'user.put': ({ fields }) => ({ user: { ...ann, photo: fields.photo ?? null }, created: true }),
    'user.find': ({ refs }) => ({ users: refs.map(personNamed) }),
    'room.create': ({ kind }) => ({ ...(kind === 'direct' ? pair : team), created: true }),
    'room.get': () => pair,
    'room.patch': ({ metadata }) => ({
      ...pair,
      room: { ...pair.room, metadata: { ...pair.room.metadata, ...metadata } },
    }),
    'room.delete': () => ({}),
    'room.list': () => ({
      rooms: [listed, { ...listed, ...pair, lastMessage: first }, { ...listed, ...pair, lastMessage: null }],
      total: 53,
    }),
    'member.add': () => ({ ...team, added: [bob] }),
    'member.remove': () => ({ ...team, removed: bob }),
    'user.terminate': () => ({}),
  });
}

function personNamed(ref: UserRef): User | null {
  const isMeant = (user: User) =>
    'id' in ref ? user.id === ref.id : 'username' in ref && user.username === ref.username;
  return [...people.values()].find(isMeant) ?? null;
}

const file = (name: string) => new URL(`../transcripts/${name}.json`, import.meta.url);

emittingTranscript(minchat, file('inbound'), world);
callingTranscript(minchat, { file: file('rest'), world, asked: ([intent]) => intent });
hearingTranscript(minchat.outbound, { file: file('outbound'), rooms: { pair, team, nameless, news } });
