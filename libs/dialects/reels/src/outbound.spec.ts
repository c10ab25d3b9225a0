import { readFileSync } from 'node:fs';
import type { Delivery, DomainEventOf, DomainEventType, View } from '@parlance/dialect-kit';
import {
  EVENT_TYPES,
  expectRecorded,
  framesFor,
  readTranscript,
  recordedDelivery,
  sampleEvents,
  sampleFactBase,
  sampleMessage,
  sampleRoomView,
  sampleStamp,
  sampleTenant,
  sampleUser,
  sampleView,
} from '@parlance/dialect-kit/conformance';
import type { Attachment, Message, MessageType, ScoreDay } from '@parlance/domain';
import { scoreDaySchema, snapshotOf } from '@parlance/domain';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { outbound } from './outbound.js';
import { contentOf } from './wire.js';

const PHOTO = 'https://img.sample.test/raj.png';
const raj = sampleUser('raj', { name: 'Raj Kr', username: 'raj.example', photo: PHOTO });
const bob = sampleUser('bob');
const people = new Map([raj, bob].map((user) => [user.id, user]));
const pair = { ...sampleRoomView({ createdBy: 'raj' }, ['raj', 'bob']), users: people };
const base = sampleFactBase(pair, { actor: snapshotOf(raj) });
const byServer = { ...base, actor: null, origin: null };
const samples = sampleEvents(pair);
const read = sampleMessage({ senderId: 'raj', text: 'Hi There' });

const transcript = (name: string) => new URL(`../transcripts/${name}.json`, import.meta.url);
const anyValues = z.record(z.string(), z.unknown());

function sample<T extends DomainEventType>(type: T, index = 0): (typeof samples)[T][number] {
  const event = samples[type][index];
  if (event === undefined) throw new Error(`no sample ${index} of ${type}`);
  return event;
}

function rendering<T extends DomainEventType>(type: T, event: DomainEventOf<T>, view: Partial<View> = {}) {
  const entry = outbound[type];
  if ('ignored' in entry) throw new Error(`${type} is not rendered`);
  return entry.render(event, { ...sampleView(pair), replied: read, ...view });
}

const hello = (over: Partial<Message> = {}) => sampleMessage({ senderId: 'raj', text: 'Hi Bob, all good?', ...over });
const created = (over: Partial<Message> = {}, actor = base.actor, view: Partial<View> = {}) =>
  rendering('message.created', { ...base, actor, type: 'message.created', message: hello(over) }, view);
const typing = (status: 'typing' | 'recording' | 'stop') =>
  rendering('typing.changed', { ...sample('typing.changed'), user: snapshotOf(raj), status });
const second = { ...sampleStamp(pair), id: '68c91d441f5f189aa2c53780' };
const presence = (online: boolean) => {
  const shared = [sampleStamp(pair), second];
  return rendering('presence.changed', {
    ...sample('presence.changed'),
    subject: snapshotOf(raj),
    online,
    shared,
  });
};
const receipt = { ...sample('receipt.changed'), user: snapshotOf(raj) };
const added = (...ids: readonly string[]) => ({
  type: 'member.added' as const,
  members: ids.map((userId) => ({ userId, role: 'member' as const })),
});
const deleted = { type: 'room.deleted' as const, memberIds: ['raj', 'bob'] };
const linked = { ...pair.room, metadata: { event: '24f83d46d7f5a437029aa4c3' } };
const options = (settings: Record<string, unknown>) => ({ tenant: sampleTenant({ options: settings }) });

const renderings: Readonly<Record<string, () => readonly Delivery[]>> = {
  'message.created': () => created(),
  'message.created, of a reel': () => created({ metadata: { reel: '68bee79857ab80b69867946b', mood: 'calm' } }),
  "message.created, sent for the user by the app's server": () => created({}, null),
  'message.created, heading names alone': () => created({}, base.actor, options({ reelsBothNames: false })),
  'message.created, in envelopes': () => created({}, base.actor, options({ reelsEnvelope: true })),
  'message.created, info': () => created({ type: 'info' }),
  'message.created, deleted since': () => created({ text: null, deletedAt: base.at }),
  'room.created': () => rendering('room.created', sample('room.created')),
  'member.added, by a member': () => rendering('member.added', { ...base, ...added('bob') }),
  "member.added, by the app's server": () => rendering('member.added', { ...byServer, ...added('bob') }),
  'member.added, by oneself': () => rendering('member.added', { ...base, ...added('raj') }),
  'member.removed': () => rendering('member.removed', sample('member.removed')),
  'room.deleted': () => rendering('room.deleted', { ...base, ...deleted, state: linked }),
  "room.deleted, by the app's server": () => rendering('room.deleted', { ...byServer, ...deleted, state: pair.room }),
  'receipt.changed, read': () => rendering('receipt.changed', receipt),
  'receipt.changed, delivered': () => rendering('receipt.changed', { ...receipt, kind: 'delivered' }),
  'receipt.changed, of nothing': () => rendering('receipt.changed', { ...receipt, messageId: null }, { replied: null }),
  'typing.changed, typing': () => typing('typing'),
  'typing.changed, recording': () => typing('recording'),
  'typing.changed, stop': () => typing('stop'),
  'presence.changed, online': () => presence(true),
  'presence.changed, offline': () => presence(false),
  'user.terminated': () => rendering('user.terminated', sample('user.terminated')),
  'reward.changed, taken': () => rendering('reward.changed', sample('reward.changed')),
  'reward.changed, gone': () => rendering('reward.changed', sample('reward.changed', 1)),
  'score.changed': () => rendering('score.changed', sample('score.changed')),
  'score.changed, in an envelope': () =>
    rendering('score.changed', sample('score.changed'), options({ reelsEnvelope: true })),
};

const recorded = readTranscript(transcript('outbound'), anyValues);

describe('what clients hear', () => {
  it('is recorded for every event that the wire has a word for', () => {
    expect(Object.keys(recorded)).toEqual(Object.keys(renderings));
    expectRecorded(
      Object.keys(renderings).map((name) => name.split(',')[0] ?? name),
      EVENT_TYPES.filter((type) => 'render' in outbound[type]),
    );
  });

  it.each(Object.entries(renderings))('%s', (name, render) => {
    expect(render().map((delivery) => recordedDelivery(delivery, [...people.keys()]))).toEqual(recorded[name]);
  });
});

/** Every object of the vendor's page and of ours, as the set of its keys. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])];
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shapeOf(item)]));
}

describe("the vendor's own examples", () => {
  const page = readTranscript(transcript('page-examples'), anyValues);
  const heard = new Map(
    [
      ...presence(true),
      ...presence(false),
      ...typing('typing'),
      ...typing('stop'),
      ...rendering('receipt.changed', receipt),
      ...created({ metadata: { reel: '68bee79857ab80b69867946b' } }).slice(2),
      ...created().slice(0, 2),
      ...rendering('room.created', sample('room.created')),
      ...rendering('user.terminated', sample('user.terminated')),
      ...rendering('member.added', { ...base, ...added('bob') }),
      ...rendering('member.removed', sample('member.removed')),
      ...rendering('room.deleted', { ...base, ...deleted, state: linked }),
      ...rendering('reward.changed', sample('reward.changed')),
    ].flatMap((delivery) => framesFor([delivery], ['bob']).map((frame) => [frame.event, frame.args[0]] as const)),
  );

  it.each(Object.entries(page))('%s has the same keys and types, no more and no fewer', (event, data) => {
    expect(shapeOf(heard.get(event))).toEqual(shapeOf(data));
  });
});

describe('the score document', () => {
  it("is the vendor's example, byte for byte", () => {
    const example = readFileSync(transcript('score-updated'), 'utf8');
    const day: ScoreDay = scoreDaySchema.parse(JSON.parse(example));
    const [delivery] = rendering('score.changed', { ...sample('score.changed'), day });
    const frame = delivery !== undefined && 'frame' in delivery ? delivery.frame : null;
    expect(frame?.event).toBe('score-updated');
    expect(JSON.stringify(frame?.args[0])).toBe(JSON.stringify(JSON.parse(example)));
  });
});

describe('presence', () => {
  it('comes through at most 100 shared chats', () => {
    const shared = Array.from({ length: 130 }, (_, n) => ({ ...second, id: `chat-${n}` }));
    const frames = rendering('presence.changed', { ...sample('presence.changed'), shared });
    expect(frames).toHaveLength(100);
    expect(frames[99]).toMatchObject({ frame: { args: [{ chat: 'chat-99' }] } });
  });

  it('says nothing of somebody who shares no chat', () => {
    expect(rendering('presence.changed', { ...sample('presence.changed'), shared: [] })).toEqual([]);
  });
});

describe('what a message of another wire shows', () => {
  const file = { url: 'https://files.sample.test/x.png', name: 'x.png' };
  const cases: readonly (readonly [MessageType, string | null, Attachment | null, shown: string])[] = [
    ['text', 'hi', null, 'hi'],
    ['image', 'look', file, 'look'],
    ['image', '', file, 'x.png'],
    ['voice', null, { url: file.url }, file.url],
    ['location', null, { latitude: 52.5, longitude: 13.4 }, '52.5,13.4'],
    ['custom', null, { data: { kind: 'poll' } }, ''],
  ];

  it.each(cases)('%s with text %j and %j shows %j', (type, text, attachment, shown) => {
    expect(contentOf(sampleMessage({ type, text, attachment }))).toBe(shown);
  });

  it.each([[7], [null], [{ id: 'x' }]])('takes no reel from metadata that is no text: %j', (reel) => {
    expect(JSON.stringify(created({ metadata: { reel } }))).not.toContain('reel');
  });

  it('keeps the id of an author who is gone', () => {
    expect(created({ senderId: 'gone' })[0]).toMatchObject({
      to: { users: ['gone'] },
      frame: { args: [{ message: { user: { _id: 'gone', name: '', username: '', photo: '' } } }] },
    });
  });
});
