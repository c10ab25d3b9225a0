import type { DomainEventType } from '@parlance/dialect-kit';
import {
  EVENT_TYPES,
  expectRecorded,
  readTranscript,
  sampleCall,
  sampleEvents,
  sampleFactBase,
  sampleMessage,
  sampleRoomView,
  sampleTenant,
  sampleUser,
  sampleView,
} from '@parlance/dialect-kit/conformance';
import type { Attachment, CallReason, FactOf, Message, MessageType } from '@parlance/domain';
import { snapshotOf } from '@parlance/domain';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { classic } from './index.js';
import { outbound } from './outbound.js';
import { messageText, wireDate } from './wire.js';

const ann = sampleUser('ann', { number: 1 });
const direct = sampleRoomView({ uuid: '2833e549-67db-4fd1-9136-c36cdfbab5db' }, ['ann', 'ben']);
const view = { ...sampleView(), room: null };
const withOptions = (options: Record<string, unknown>) => sampleTenant({ options });
const base = sampleFactBase(direct, { actor: snapshotOf(ann) });
const samples = sampleEvents(direct);

const file = new URL('../transcripts/outbound.json', import.meta.url);
const recorded = readTranscript(file, z.record(z.string(), z.unknown()));

function rendering<T extends DomainEventType>(type: T, event: (typeof samples)[T][number] | undefined): unknown {
  const entry = outbound[type];
  if ('ignored' in entry || event === undefined) throw new Error(`${type} is not rendered`);
  return entry.render(event, view);
}

function created(over: Partial<Message>, actor: FactOf<'message.created'>['actor'] = base.actor): unknown {
  const message = sampleMessage({ text: 'Good morning', ...over });
  return rendering('message.created', { ...base, actor, type: 'message.created', message });
}

const picture = { url: 'https://files.example/x-ray.png', name: 'x-ray.png' };
const memberGone = { ...base, type: 'member.removed', userId: 'cleo', reason: 'removed' } as const;

const ben = sampleUser('ben', { number: 2 });
const [offered] = samples['call.offered'];
if (offered === undefined) throw new Error('no sample of an offered call');
const call = { ...offered, caller: snapshotOf(ann), callee: snapshotOf(ben) };
const hungUp = (reason: CallReason) => ({
  ...call,
  type: 'call.ended' as const,
  elsewhere: false,
  call: sampleCall({ state: 'ended', reason, endedAt: base.at }),
});

const renderings: Readonly<Record<string, () => unknown>> = {
  'message.created': () => created({}),
  "message.created, with the sender's own type_id": () => created({ extras: { classic: { type_id: 41 } } }),
  'message.created, a picture from another wire': () => created({ type: 'image', text: null, attachment: picture }),
  'message.created, sent for the user by the app': () => created({}, null),
  'message.created, info': () => created({ type: 'info' }),
  'message.created, deleted since': () => created({ text: null, deletedAt: base.at }),
  'message.edited': () => rendering('message.edited', samples['message.edited'][0]),
  'message.deleted': () => rendering('message.deleted', samples['message.deleted'][0]),
  'room.created': () => rendering('room.created', samples['room.created'][0]),
  'room.changed, name': () => rendering('room.changed', samples['room.changed'][0]),
  'room.changed, metadata': () =>
    rendering('room.changed', { ...base, type: 'room.changed', state: direct.room, changed: ['metadata', 'role'] }),
  'room.deleted': () => rendering('room.deleted', samples['room.deleted'][0]),
  'member.added': () => rendering('member.added', samples['member.added'][0]),
  'member.removed': () => rendering('member.removed', memberGone),
  'presence.shown': () => rendering('presence.shown', samples['presence.shown'][0]),
  'room.cleared': () => rendering('room.cleared', samples['room.cleared'][0]),
  'room-preferences.changed': () => rendering('room-preferences.changed', samples['room-preferences.changed'][0]),
  'messages.hidden': () => rendering('messages.hidden', samples['messages.hidden'][0]),
  'user.terminated': () => rendering('user.terminated', samples['user.terminated'][0]),
  'presence.changed': () => rendering('presence.changed', samples['presence.changed'][0]),
  'call.offered': () => rendering('call.offered', { ...call, type: 'call.offered', payload: { sdp: 'x' } }),
  'call.offered, without a picture': () =>
    rendering('call.offered', { ...call, type: 'call.offered', payload: null, call: sampleCall({ withVideo: false }) }),
  'call.offered, to a group': () =>
    rendering('call.offered', { ...call, type: 'call.offered', payload: null, callee: null }),
  'call.accepted': () => rendering('call.accepted', { ...call, type: 'call.accepted', payload: null, glare: false }),
  'call.ended': () => rendering('call.ended', hungUp('timeout')),
  'call.ended, busy': () => rendering('call.ended', hungUp('busy')),
  'call.signaled': () => rendering('call.signaled', samples['call.signaled'][0]),
  'refresh.requested': () => rendering('refresh.requested', samples['refresh.requested'][0]),
};

describe('recorded frames', () => {
  it('cover every event that is rendered', () => {
    expect(Object.keys(recorded).sort()).toEqual(Object.keys(renderings).sort());
    expectRecorded(
      Object.keys(renderings).map((name) => name.split(',')[0] ?? name),
      EVENT_TYPES.filter((type) => 'render' in outbound[type]),
    );
  });

  it.each(Object.entries(renderings))('%s', (name, render) => {
    expect(render()).toEqual(recorded[name]);
  });
});

describe('what a message shows', () => {
  const place = { latitude: 52.5, longitude: 13.4 };
  const cases: readonly (readonly [MessageType, string | null, Attachment | null, typeId: number, shown: string])[] = [
    ['text', 'hi', null, 2, 'hi'],
    ['image', 'look', picture, 3, 'look\nhttps://files.example/x-ray.png'],
    ['video', null, picture, 4, 'https://files.example/x-ray.png'],
    ['voice', '', picture, 5, 'https://files.example/x-ray.png'],
    ['file', null, { name: 'report.pdf' }, 6, 'report.pdf'],
    ['file', 'my report', { name: 'report.pdf' }, 6, 'my report'],
    ['location', null, place, 7, '52.5,13.4'],
    ['location', 'here', { ...place, url: 'https://map.example/1' }, 7, 'here\nhttps://map.example/1'],
    ['sticker', 'wave', picture, 2, 'wave'],
    ['sticker', null, picture, 2, 'x-ray.png'],
    ['sticker', null, { url: picture.url }, 2, picture.url],
    ['custom', null, { data: { kind: 'poll' } }, 2, ''],
  ];

  it.each(cases)('%s with text %j and %j has the type_id %i and shows %j', (type, text, attachment, typeId, shown) => {
    expect(created({ type, text, attachment })).toMatchObject([
      { frame: { args: [{ message: shown, type_id: typeId }] } },
    ]);
  });

  it.each([['2'], [2.5], [null], [{}]])('does not echo a type_id that is no integer: %j', (type_id) => {
    expect(created({ extras: { classic: { type_id } } })).toMatchObject([{ frame: { args: [{ type_id: 2 }] } }]);
  });

  it.each([
    ['image', {}, 30],
    ['video', {}, 4],
    ['image', { classic: { type_id: 41 } }, 41],
    ['sticker', {}, 2],
  ] as const)('%s with %j has the number that the tenant gives: %i', (type, extras, type_id) => {
    const tenant = withOptions({ classicTypeIds: { image: 30 } });
    const message = sampleMessage({ type, extras, attachment: picture });
    const entry = outbound['message.created'];
    const fact = { ...base, type: 'message.created' as const, message };
    const shown = 'render' in entry ? entry.render(fact, { ...view, tenant }) : [];
    expect(shown).toMatchObject([{ frame: { args: [{ type_id }] } }]);
  });

  it('is empty once deleted', () => {
    expect(messageText(sampleMessage({ text: null, deletedAt: base.at }))).toBe('');
  });
});

describe('the handshake', () => {
  const bare = { headers: {}, query: {}, auth: {} };

  it('never betrays the dialect, whatever token it brings', () => {
    expect(classic.opening.marks({ ...bare, query: { token: 't' }, auth: { token: 't' } })).toBe(false);
  });

  it.each([
    [{ auth: { token: 'a' } }, { credential: 'a' }],
    [{ query: { token: 'q' } }, { credential: 'q' }],
    [{ auth: { token: 'a' }, query: { token: 'q' } }, { credential: 'a' }],
    [{ auth: { token: '' }, query: { token: 'q' } }, { credential: 'q' }],
    [{ auth: { token: 7 } }, null],
    [{ query: { token: ['a', 'b'] } }, null],
    [{}, null],
  ])('%j claims %j', (handshake, claim) => {
    expect(classic.opening.claim({ ...bare, ...handshake })).toEqual(claim);
  });
});

describe('dates', () => {
  it('are Gregorian, UTC and without seconds', () => {
    expect(wireDate('2026-12-31T23:59:59.999Z', null)).toBe('2026-12-31 23:59');
    expect(wireDate('2026-12-31T23:59:59.999Z', withOptions({ classicCalendar: 'gregorian' }))).toBe(
      '2026-12-31 23:59',
    );
  });

  it.each([
    ['2019-04-18T15:03:20.000Z', '1398-1-29 15:03'],
    ['2026-03-20T23:59:59.999Z', '1404-12-29 23:59'],
    ['2026-03-21T00:00:00.000Z', '1405-1-1 00:00'],
    ['2025-03-20T08:00:00.000Z', '1403-12-30 08:00'],
  ])('are Jalali if the tenant wants it: %s is %s', (instant, shown) => {
    expect(wireDate(instant, withOptions({ classicCalendar: 'jalali' }))).toBe(shown);
  });
});
