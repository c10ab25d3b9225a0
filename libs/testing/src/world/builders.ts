import type { Fact, FactOf, Member, Message, Room, RoomStamp, Tenant, User, UserSnapshot } from '@parlance/domain';
import { snapshotOf } from '@parlance/domain';

/** Whole, valid domain objects for tests: a test names what matters to it, the rest is something plain. */

const AT = '2026-01-02T03:04:05.678Z';

export function aTenant(part: Partial<Tenant> = {}): Tenant {
  return {
    id: 'demo',
    name: 'Demo',
    hosts: [],
    origins: [],
    payloadIdentity: 'trust',
    dialects: null,
    defaultDialect: null,
    options: {},
    ...part,
  };
}

/** Names follow the id. */
export function aUser(part: Partial<User> = {}): User {
  const id = part.id ?? 'ann';
  return {
    id,
    number: 1,
    name: id,
    username: id,
    identifier: id,
    photo: null,
    isBot: false,
    verified: true,
    timeZone: null,
    metadata: {},
    lastSeenAt: null,
    createdAt: AT,
    ...part,
  };
}

export function aSnapshot(part: Partial<User> = {}): UserSnapshot {
  return snapshotOf(aUser(part));
}

export function aRoom(part: Partial<Room> = {}): Room {
  return {
    id: 'room',
    number: 7,
    uuid: '0b8c0f4e-6c1c-4f3e-9d8e-0a4f1f6f2c11',
    kind: 'group',
    name: 'Room',
    photo: null,
    metadata: {},
    lastSeq: 0,
    createdAt: AT,
    createdBy: null,
    description: null,
    frozen: false,
    extras: {},
    version: 1,
    ...part,
  };
}

export function aStamp(part: Partial<RoomStamp> = {}): RoomStamp {
  const { id, number, uuid, kind, version } = aRoom();
  return { id, number, uuid, kind, version, pair: null, ...part };
}

export function aMember(part: Partial<Member> = {}): Member {
  return {
    userId: 'ann',
    role: 'member',
    readSeq: 0,
    readAt: null,
    deliveredSeq: 0,
    deliveredAt: null,
    joinedAt: AT,
    nickname: null,
    ...part,
  };
}

export function aMessage(part: Partial<Message> = {}): Message {
  const seq = part.seq ?? 1;
  return {
    id: `message-${seq}`,
    seq,
    roomId: 'room',
    senderId: 'ann',
    clientMessageId: `client-${seq}`,
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
    ...part,
  };
}

/** The fact of a message by Ann at the first place of a room's log. */
export function aFact(part: Partial<FactOf<'message.created'>> = {}): FactOf<'message.created'> {
  return { ...aFactBase(), type: 'message.created', message: aMessage(), ...part };
}

/** What every fact carries, for a fact of another type: `{ ...aFactBase(), type: 'room.deleted', memberIds: [] }`. */
export function aFactBase(): Omit<Fact, 'type' | 'message'> {
  return {
    id: 'fact-1',
    v: 1,
    tenantId: 'demo',
    room: aStamp(),
    pos: 1,
    prevAt: null,
    at: AT,
    actor: aSnapshot(),
    origin: null,
  };
}
