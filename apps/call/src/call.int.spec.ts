import { getCall } from '@parlance/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Ear, openCallWorld, TENANT, type CallWorld } from './call.fixture.js';

let world: CallWorld;

beforeAll(async () => {
  world = await openCallWorld();
  await world.start();
});
afterAll(async () => {
  await world.close();
});

let pairs = 0;

/** Two people with a room of their own, and what each hears. */
async function pair() {
  pairs += 1;
  const [a, b] = [`a${pairs}`, `b${pairs}`];
  const roomId = await world.room('direct', a, b);
  const [ann, bob] = [await world.phone(a), await world.phone(b)];
  return { roomId, ann, bob, annHears: await Ear.of(world.bus, a), bobHears: await Ear.of(world.bus, b) };
}

const stateOf = async (call: string) =>
  (await world.bus.request(getCall, { tenantId: TENANT, viewerId: null, call })).call.state;

describe('a call of two', () => {
  it('rings, is taken, is connected by the first exchange, and ends with one message', async () => {
    const { roomId, ann, bob, annHears, bobHears } = await pair();
    const { call, payload } = await ann.call(roomId, { payload: '{"sdp":"x"}' });
    expect([call.state, call.callerId, call.calleeId, payload]).toEqual([
      'ringing',
      ann.user.id,
      bob.user.id,
      '{"sdp":"x"}',
    ]);
    await bobHears.hears(call.id, 'call.offered');
    await ann.socketIs('here');
    await bob.socketIs('here');
    expect((await bob.accept(call.id)).call.state).toBe('accepted');
    await annHears.hears(call.id, 'call.accepted');
    await ann.signal(call.id, { candidate: 'of ann' });
    await bobHears.hears(call.id, `call.signaled {"candidate":"of ann"} {"only":"${bob.device ?? ''}"}`);
    expect(await stateOf(call.id)).toBe('accepted');
    await bob.signal(null, { candidate: 'of bob' });
    await annHears.hears(call.id, `call.signaled {"candidate":"of bob"} {"only":"${ann.device ?? ''}"}`);
    expect(await stateOf(call.id)).toBe('connected');
    expect((await bob.end(call.id)).call).toMatchObject({ state: 'ended', reason: 'completed' });
    await annHears.hears(call.id, 'call.ended completed');
    await bobHears.hears(call.id, 'call.ended completed');
    await expect.poll(() => world.records(roomId)).toMatchObject([{ callId: call.id, reason: 'completed' }]);
    expect((await ann.end(call.id)).call.reason).toBe('completed');
    const { rows } = await world.db.query('select 1 from call.signal where call_id = $1', [call.id]);
    expect(rows).toEqual([]);
  });
});
