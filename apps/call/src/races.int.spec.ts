import { getCall } from '@parlance/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makePair, openCallWorld, Phone, refusal, TENANT, type CallWorld } from './call.fixture.js';

let world: CallWorld;

beforeAll(async () => {
  world = await openCallWorld();
  await world.start();
});
afterAll(async () => {
  await world.close();
});

const get = async (call: string) => (await world.bus.request(getCall, { tenantId: TENANT, viewerId: null, call })).call;
const liveCalls = async (roomId: string): Promise<number> => {
  const { rows } = await world.db.query("select 1 from call.call where room_id = $1 and state <> 'ended'", [roomId]);
  return rows.length;
};

describe('races between two replicas', () => {
  const ROUNDS = 20;

  it('of two who call each other end in one call that is answered', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { roomId, ann, bob, annHears, bobHears } = await makePair(world);
      const [one, other] = await Promise.all([ann.call(roomId, { payload: 'a' }), bob.call(roomId, { payload: 'b' })]);
      expect(one.call.id).toBe(other.call.id);
      const call = await get(one.call.id);
      expect([call.state, await liveCalls(roomId)]).toEqual(['accepted', 1]);
      await Promise.all([annHears, bobHears].map((ear) => ear.hears(call.id, 'call.accepted')));
      const payloads = [annHears, bobHears].map(({ events }) =>
        events.flatMap((event) => (event.type === 'call.accepted' ? [event.payload, event.glare] : [])),
      );
      expect(payloads).toEqual([
        ['b', true],
        ['a', true],
      ]);
    }
  });

  it('of many devices that answer give the call to one', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { roomId, ann, bob } = await makePair(world);
      const { call } = await ann.call(roomId);
      const devices = ['1', '2', '3', '4'].map((name) => new Phone(world.bus, bob.user, name, true));
      const codes = await Promise.all(devices.map((device) => refusal(device.accept(call.id))));
      expect(codes.sort()).toEqual(['conflict', 'conflict', 'conflict', 'ok']);
    }
  });

  it('of answer, rejection, cancellation and hanging up come to one end, told once, with one message', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { roomId, ann, bob, annHears } = await makePair(world);
      const { call } = await ann.call(roomId);
      const tablet = new Phone(world.bus, bob.user, 'tablet', true);
      await Promise.all([
        refusal(bob.accept(call.id)),
        refusal(tablet.end(call.id, 'reject')),
        refusal(ann.end(call.id, 'cancel')),
        refusal(ann.signal(call.id, 'x')),
      ]);
      expect((await get(call.id)).state).toBe('ended');
      const { reason } = await get(call.id);
      expect(reason).toMatch(/^(canceled|rejected|completed)$/);
      await annHears.until(({ events }) => events.some(({ type }) => type === 'call.ended'));
      await expect.poll(() => world.records(roomId)).toMatchObject([{ reason }]);
      expect(annHears.told(call.id).filter((what) => what.startsWith('call.ended'))).toHaveLength(1);
    }
  });

  it('of several callers leave one call with the one they call, and busy ones', async () => {
    const callee = await world.user('popular');
    const callers = await Promise.all(['x1', 'x2', 'x3', 'x4'].map((id) => world.phone(id)));
    const rooms = await Promise.all(callers.map(({ user }) => world.room('direct', user.id, callee.id)));
    const calls = await Promise.all(callers.map((caller, index) => caller.call(rooms[index] ?? '')));
    expect(calls.map(({ call }) => call.reason ?? call.state).sort()).toEqual(['busy', 'busy', 'busy', 'ringing']);
  });
});
