import { readFileSync } from 'node:fs';
import {
  EVENT_TYPES,
  recordingExecute,
  sampleEvents,
  sampleMember,
  sampleMessage,
  sampleRoomView,
  sampleStamp,
  sampleTenant,
  sampleUser,
  sampleView,
} from '@parlance/dialect-kit/conformance';
import type { Delivery, DomainEventType, HttpRequest, RoomView } from '@parlance/dialect-kit';
import type { User, UserRef } from '@parlance/domain';
import {
  DEFAULT_ROOM_PREFERENCES,
  factSchema,
  receiptChangedSchema,
  signalSchema,
  userEventSchema,
} from '@parlance/domain';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
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
const ROOMS: Readonly<Record<string, RoomView>> = { pair, team, nameless, news };

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

/** The value as it looks after the wire: no `undefined`. */
function onTheWire(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function transcript<S extends z.ZodType>(name: string, entry: S): z.output<S>[] {
  const text = readFileSync(new URL(`../transcripts/${name}.json`, import.meta.url), 'utf8');
  return z.array(entry).parse(JSON.parse(text));
}

const inbound = transcript(
  'inbound',
  z.strictObject({
    says: z.string(),
    event: z.string(),
    args: z.array(z.unknown()),
    acked: z.boolean(),
    claim: z.unknown(),
    asks: z.unknown(),
    reply: z.unknown(),
  }),
);

describe('what a client emits', () => {
  it('is recorded for every inbound event', () => {
    expect([...new Set(inbound.map(({ event }) => event))].sort()).toEqual([...minchat.inbound.keys()].sort());
  });

  it.each(inbound)('$event: $says', async ({ event, args, acked, claim, asks, reply }) => {
    const translation = minchat.inbound.get(event)?.parse(args, { acked, tenant: sampleTenant(), user: null });
    const { execute, intents } = world();
    const given = await translation?.run(execute);
    expect(onTheWire({ claim: translation?.claim, asks: intents[0] ?? null, reply: given })).toEqual({
      claim,
      asks,
      reply,
    });
  });
});

const rest = transcript(
  'rest',
  z.strictObject({
    says: z.string(),
    route: z.string(),
    request: z.object({
      params: z.record(z.string(), z.string()).default({}),
      query: z.record(z.string(), z.unknown()).default({}),
      headers: z.record(z.string(), z.string()).default({}),
      body: z.unknown().optional(),
    }),
    claim: z.unknown(),
    asks: z.unknown(),
    answer: z.unknown(),
  }),
);

describe('what a client calls over REST', () => {
  const routes = new Map((minchat.http?.routes ?? []).map((route) => [`${route.method} ${route.path}`, route]));

  it('is recorded for every route', () => {
    expect([...new Set(rest.map(({ route }) => route))].sort()).toEqual([...routes.keys()].sort());
  });

  it.each(rest)('$route: $says', async ({ route, request, claim, asks, answer }) => {
    const full: HttpRequest = { ...request, body: request.body, files: [] };
    const translation = routes.get(route)?.parse(full);
    const { execute, intents } = world();
    const given = await translation?.run(execute);
    expect(onTheWire({ claim: translation?.claim, asks: intents[0], answer: given })).toEqual({ claim, asks, answer });
  });
});

const outbound = transcript(
  'outbound',
  z.strictObject({
    says: z.string(),
    of: z.enum(EVENT_TYPES),
    room: z.string(),
    message: z.record(z.string(), z.unknown()).optional(),
    change: z.record(z.string(), z.unknown()).optional(),
    deliveries: z.unknown(),
  }),
);

/** A delivery as the transcript writes it: one frame for all, or one per viewer. */
function written(delivery: Delivery, viewers: readonly string[]): unknown {
  const { to, except } = delivery;
  if ('frame' in delivery) return { to, except, frame: delivery.frame };
  return { to, except, each: Object.fromEntries(viewers.map((viewer) => [viewer, delivery.each(viewer)])) };
}

const domainEvent = z.union([factSchema, receiptChangedSchema, signalSchema, userEventSchema]);

function heard(type: DomainEventType, room: RoomView, change: object, message: object): unknown {
  const [sample] = sampleEvents(room)[type];
  const carried =
    sample !== undefined && 'message' in sample && typeof sample.message === 'object'
      ? { message: { ...sample.message, ...message } }
      : {};
  const event = domainEvent.parse({ ...sample, ...carried, ...change });
  const entry = minchat.outbound[event.type];
  // The renderer found by an event's type is that event's.
  const deliveries = 'render' in entry ? entry.render(event as never, sampleView(room)) : [];
  const viewers = room.members.map(({ userId }) => userId);
  return deliveries.map((delivery) => written(delivery, viewers));
}

describe('what a client hears', () => {
  it('is recorded for every event that the wire has a word for', () => {
    const worded = Object.entries(minchat.outbound).flatMap(([type, entry]) => ('render' in entry ? [type] : []));
    expect([...new Set(outbound.map(({ of }) => of))].sort()).toEqual(worded.sort());
  });

  it.each(outbound)('$of: $says', ({ of, room, message, change, deliveries }) => {
    const view = ROOMS[room];
    if (view === undefined) throw new Error(`no such room in this spec: ${room}`);
    expect(onTheWire(heard(of, view, change ?? {}, message ?? {}))).toEqual(deliveries);
  });
});
