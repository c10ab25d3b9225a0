import type {
  Call,
  CallRecord,
  Fact,
  Info,
  InfoAction,
  Invitation,
  Member,
  Message,
  Room,
  RoomStamp,
  ScoreDay,
  Tenant,
  User,
} from '@parlance/domain';
import { infoActionSchema, snapshotOf } from '@parlance/domain';
import type { View } from '../dialect.js';
import type { RoomView } from '../intent.js';

/** Whole, valid values of the domain, for examples in documents and for specs; each takes what shall differ. */

export const AT = '2026-01-02T03:04:05.678Z';
export const LATER = '2026-01-02T03:05:06.789Z';

export function sampleTenant(over: Partial<Tenant> = {}): Tenant {
  const rules = { payloadIdentity: 'trust', dialects: null, defaultDialect: null } as const;
  return { id: 'tenant-1', name: 'Sample', hosts: [], origins: [], options: {}, ...rules, ...over };
}

export function sampleUser(id = 'ann', over: Partial<User> = {}): User {
  return {
    id,
    number: 1_000_000_000_000 + id.length,
    name: id.charAt(0).toUpperCase() + id.slice(1),
    username: `${id}-name`,
    identifier: `${id}@sample.test`,
    photo: null,
    isBot: false,
    verified: true,
    timeZone: null,
    metadata: {},
    lastSeenAt: null,
    createdAt: AT,
    ...over,
  };
}

export function sampleMember(userId: string, over: Partial<Member> = {}): Member {
  const receipts = { readSeq: 0, readAt: null, deliveredSeq: 0, deliveredAt: null };
  return { userId, role: 'member', joinedAt: AT, ...receipts, nickname: null, ...over };
}

export function sampleRoom(over: Partial<Room> = {}): Room {
  return {
    id: '64a000000000000000000001',
    number: 7,
    uuid: '6f1d2c3b-4a59-4687-9b0c-1d2e3f405162',
    kind: 'direct',
    name: null,
    photo: null,
    metadata: {},
    lastSeq: 1,
    createdAt: AT,
    createdBy: 'ann',
    description: null,
    frozen: false,
    extras: {},
    version: 1,
    ...over,
  };
}

export function sampleMessage(over: Partial<Message> = {}): Message {
  return {
    id: '64b000000000000000000001',
    seq: 1,
    roomId: '64a000000000000000000001',
    senderId: 'ann',
    clientMessageId: 'client-1',
    type: 'text',
    text: 'hello',
    attachment: null,
    replyTo: null,
    forwardOf: null,
    broadcastOf: null,
    metadata: {},
    extras: {},
    createdAt: AT,
    editedAt: null,
    deletedAt: null,
    ...over,
  };
}

/** A room of the named users, each of whom is known. */
export function sampleRoomView(over: Partial<Room> = {}, userIds: readonly string[] = ['ann', 'bob']): RoomView {
  const members = userIds.map((id, index) => sampleMember(id, index === 0 ? { role: 'owner' } : {}));
  return { room: sampleRoom(over), members, users: new Map(userIds.map((id) => [id, sampleUser(id)])) };
}

export function sampleStamp({ room, members }: RoomView): RoomStamp {
  const { id, number, uuid, kind, version } = room;
  const [first, second] = members;
  const isPair = kind === 'direct' && first !== undefined && second !== undefined;
  return { id, number, uuid, kind, version, pair: isPair ? [first.userId, second.userId] : null };
}

export function sampleView(room: RoomView | null = sampleRoomView()): View {
  return { tenant: sampleTenant(), room };
}

type FactBase = Pick<Fact, 'id' | 'v' | 'tenantId' | 'room' | 'pos' | 'prevAt' | 'at' | 'actor' | 'origin'>;

/** What every fact of this room has; its actor is the room's first member. */
export function sampleFactBase(view: RoomView = sampleRoomView(), over: Partial<FactBase> = {}): FactBase {
  const actor = [...view.users.values()][0];
  return {
    id: '64c000000000000000000001',
    v: 1,
    tenantId: 'tenant-1',
    room: sampleStamp(view),
    pos: 2,
    prevAt: AT,
    at: LATER,
    actor: actor === undefined ? null : snapshotOf(actor),
    origin: 'connection-1',
    ...over,
  };
}

const PICTURE = { url: 'https://files.sample.test/a.png', name: 'a.png', mimeType: 'image/png', size: 2048 };

/** Stands in the extras of a dialect that does not exist: no dialect may show it. */
export const FOREIGN_SECRET = 'extras-of-another-dialect';

export function sampleInfo(action: InfoAction): Info {
  const targets = action === 'room.renamed' ? [] : [{ id: 'bob', name: 'Bob' }];
  return { action, by: { id: 'ann', name: 'Ann' }, targets, title: action === 'room.renamed' ? 'New name' : null };
}

export function sampleCallRecord(over: Partial<CallRecord> = {}): CallRecord {
  const times = { startedAt: AT, endedAt: LATER };
  return { callId: '64d000000000000000000001', reason: 'completed', withVideo: true, ...times, ...over };
}

/** Messages of every type, edited, deleted and bare. */
export function sampleMessages(): readonly Message[] {
  const place = { latitude: 52.5, longitude: 13.4 };
  return [
    sampleMessage(),
    sampleMessage({ metadata: { a: { b: [1, null, 'c'] } }, replyTo: '64b000000000000000000009' }),
    sampleMessage({ extras: { elsewhere: { secret: FOREIGN_SECRET } } }),
    sampleMessage({ type: 'image', text: null, attachment: { ...PICTURE, width: 3, height: 4 } }),
    sampleMessage({ type: 'image', text: null, attachment: {} }),
    sampleMessage({
      type: 'file',
      text: 'see',
      attachment: { ...PICTURE, name: 'a.pdf', mimeType: 'application/pdf' },
    }),
    sampleMessage({
      type: 'video',
      text: null,
      attachment: { ...PICTURE, durationMs: 1500, thumbnailUrl: PICTURE.url },
    }),
    sampleMessage({ type: 'voice', text: null, attachment: { ...PICTURE, durationMs: 900 } }),
    sampleMessage({ type: 'location', text: null, attachment: place }),
    sampleMessage({ type: 'sticker', text: null, attachment: { url: PICTURE.url } }),
    sampleMessage({ type: 'call', text: null, attachment: { data: sampleCallRecord() } }),
    sampleMessage({ type: 'call', text: null }),
    ...infoActionSchema.options.map((action) =>
      sampleMessage({ type: 'info', text: null, attachment: { data: sampleInfo(action) } }),
    ),
    sampleMessage({ type: 'info', text: null }),
    sampleMessage({ forwardOf: '64b000000000000000000008', broadcastOf: '64b000000000000000000007' }),
    sampleMessage({ type: 'custom', text: null, attachment: { data: { kind: 'poll' } } }),
    sampleMessage({ text: 'edited', editedAt: LATER }),
    sampleMessage({ text: null, deletedAt: LATER }),
    sampleMessage({ senderId: 'somebody-gone' }),
  ];
}

export function sampleInvitation(over: Partial<Invitation> = {}): Invitation {
  const people = { inviterId: 'ann', inviteeId: 'bob' };
  const place = { id: '64e000000000000000000001', roomId: '64a000000000000000000001' };
  return { ...place, ...people, state: 'open', createdAt: AT, updatedAt: AT, ...over };
}

export function sampleScoreDay(): ScoreDay {
  return {
    date: '2025-11-07T18:30:00.000Z',
    reelsSeen: 3,
    totalScore: 1,
    social: {
      score: 0.5,
      day: 'saturday',
      actions: [
        { type: 'mindful-comment-reply', label: 'Reply', subLabel: 'mindfully', value: 1, completed: true, startAt: 2 },
        { type: 'send-dm-message', label: 'Write', value: 0 },
      ],
    },
    mindfulness: { score: 0, actions: [{ type: 'focus-video', label: 'Focus', value: 0, startAt: 10 }] },
  };
}

export function sampleCall(over: Partial<Call> = {}): Call {
  return {
    id: '64d000000000000000000001',
    uuid: '0b7c9f7e-6a55-4c0e-9d43-2f1a9f3f5a10',
    roomId: '64a000000000000000000001',
    state: 'ringing',
    reason: null,
    callerId: 'ann',
    calleeId: 'bob',
    withVideo: true,
    startedAt: AT,
    acceptedAt: null,
    endedAt: null,
    ...over,
  };
}
