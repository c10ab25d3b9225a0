import {
  recordingExecute,
  sampleMessage,
  sampleRoomView,
  sampleStamp,
  sampleTenant,
  sampleUser,
} from '@parlance/dialect-kit/conformance';
import type { ErrorCode } from '@parlance/domain';
import { ParlanceError, snapshotOf } from '@parlance/domain';
import { describe, expect, it } from 'vitest';
import { classic } from './index.js';

const ROOM = '2833e549-67db-4fd1-9136-c36cdfbab5db';
const uuid = '3f1c6a52-0d7e-4c6b-8a55-9a3d5b2c7e10';
const LAST_SEEN = '2026-03-04T04:59:59.999Z';
const ann = sampleUser('ann', { number: 1 });
const ben = sampleUser('ben', { number: 2, lastSeenAt: LAST_SEEN });
const context = { acked: false, tenant: sampleTenant(), user: snapshotOf(ann) };
const sentMessage = {
  message: sampleMessage(),
  sender: ann,
  room: sampleStamp(sampleRoomView()),
  repeated: false,
};

function inboundOf(event: string) {
  const found = classic.inbound.get(event);
  if (found === undefined) throw new Error(`classic has no event ${event}`);
  return found;
}

function parsed(event: string, body: unknown) {
  return inboundOf(event).parse([body], context);
}

async function answersTo(event: string, body: unknown, answers: Parameters<typeof recordingExecute>[0]) {
  const { execute, intents } = recordingExecute(answers);
  return { reply: await parsed(event, body).run(execute), intents };
}

function fail(code: ErrorCode): never {
  throw new ParlanceError(code, 'No.');
}

describe('calls', () => {
  const call = { from_user: 1, to_user: 2, type: 'Video' };
  const answer = { from_user: 2, to_user: 1, room_title: uuid, answered: true };
  const heard = (message: string) => ({ frames: [{ event: 'call response', args: [{ type: 'error', message }] }] });

  it.each([
    ['conflict', 'Users are not available'],
    ['not-found', 'User not found'],
    ['permission-denied', 'No.'],
    ['unsupported', 'No.'],
  ] as const)('that end in %s say %j', async (code, message) => {
    const { reply } = await answersTo('call', call, { 'call.create': () => fail(code) });
    expect(reply).toEqual(heard(message));
  });

  it.each([
    ['not-found', `room ${uuid} doesn't exist`],
    ['conflict', 'No.'],
  ] as const)('an answer that ends in %s says %j', async (code, message) => {
    const { reply } = await answersTo('call answer', answer, { 'call.accept': () => fail(code) });
    expect(reply).toEqual(heard(message));
  });

  it.each([
    [1, 2, null],
    [2, 1, null],
    [2, 3, { user: { number: 2 } }],
  ])('an answer between %i and %i claims %j on the connection of 1', (from_user, to_user, claim) => {
    expect(parsed('call answer', { ...answer, from_user, to_user }).claim).toEqual(claim);
  });

  it.each([['v=0 not JSON'], [7], [true], [null], [['a', { b: 1 }]]])('relays %j verbatim', async (said) => {
    const { execute, intents } = recordingExecute({ 'call.signal': () => ({}) });
    expect(await parsed('call response', said).run(execute)).toEqual({});
    expect(intents).toEqual([{ type: 'call.signal', call: null, data: said }]);
  });
});

describe("the tenant's settings", () => {
  const settled = (options: Record<string, unknown>) => ({ ...context, tenant: sampleTenant({ options }) });

  it.each([
    [
      'https://files.example/a.png',
      30,
      { type: 'image', text: null, attachment: { url: 'https://files.example/a.png' } },
    ],
    ['no URL', 30, { type: 'text', text: 'no URL', attachment: null }],
    ['javascript:alert(1)', 30, { type: 'text', attachment: null }],
    ['52.5,13.4', 70, { type: 'location', text: null, attachment: { latitude: 52.5, longitude: 13.4 } }],
    ['52.5,,', 70, { type: 'text', text: '52.5,,' }],
    ['somewhere', 70, { type: 'text', text: 'somewhere' }],
    ['https://files.example/a.png', 3, { type: 'text', text: 'https://files.example/a.png' }],
    ['an info', 90, { type: 'text' }],
  ])('classicTypeIds take %j of the type_id %i for what it is', async (message, type_id, draft) => {
    const settings = settled({ classicTypeIds: { image: 30, location: 70, info: 90 } });
    const { execute, intents } = recordingExecute({ 'message.send': () => sentMessage });
    const body = { user_id: 1, room_title: ROOM, message, type_id };
    await inboundOf('send').parse([body], settings).run(execute);
    expect(intents).toMatchObject([{ draft: { ...draft, extras: { classic: { type_id } } } }]);
  });

  it('hold for the first frame too, whose own claim says which tenant it is', async () => {
    const unbound = { acked: false, tenant: null as ReturnType<typeof sampleTenant> | null, user: null };
    const translation = inboundOf('status').parse([{ user_id: 2, online: true }], unbound);
    unbound.tenant = sampleTenant({ options: { classicCalendar: 'jalali' } });
    const { execute } = recordingExecute({
      'presence.show': () => ({ user: ben, online: true, lastSeenAt: LAST_SEEN }),
    });
    expect(await translation.run(execute)).toMatchObject({ frames: [{ args: [{ last_seen: '1404-12-13 04:59' }] }] });
  });

  it('classicListBothNames false leaves the name that the wire used', async () => {
    const settings = settled({ classicListBothNames: false });
    const translation = inboundOf('user list').parse([{ user_id: 1 }], settings);
    const { execute } = recordingExecute({ 'room.list': () => ({ rooms: [], total: 0 }) });
    const frames = [{ event: 'user response', args: [{ type: 'list', rooms: [] }] }];
    expect(await translation.run(execute)).toEqual({ frames });
    expect(translation.refuse(new ParlanceError('unavailable', 'Later.')).frames).toHaveLength(1);
  });
});
