import { findPresence } from '@parlance/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { API_KEY, Clients, Heard, next, say } from '../clients.fixture.js';
import { startWorld, type Pod, type World } from '../gateway.fixture.js';

/** A limit against hanging; nothing here is measured. */
const PATIENCE = { timeout: 30_000 };

let world: World;
let one: Pod;
let two: Pod;
const clients = new Clients();

beforeAll(async () => {
  world = await startWorld();
  [one, two] = [await world.startGateway('one'), await world.startGateway('two')];
  for (const id of ['ann', 'bob', 'cat', 'dan', '8']) await world.user(id);
});
afterEach(() => clients.closeAll());
afterAll(() => world.close());

const online = async (...userIds: string[]) =>
  (await world.bus.request(findPresence, { tenantId: 'demo', userIds })).online.sort();

function statuses(
  socket: Parameters<typeof next>[0] & { on: (event: string, f: (payload: unknown) => void) => unknown },
) {
  const told: string[] = [];
  socket.on('user.status', (payload) => {
    if (typeof payload !== 'object' || payload === null) return;
    const line = `${String(Reflect.get(payload, 'memberId'))} ${String(Reflect.get(payload, 'status'))}`;
    // It is absolute: who comes is told what others were told before.
    if (told.at(-1) !== line) told.push(line);
  });
  return told;
}

describe('presence over the gateways', () => {
  it('shows somebody with three devices on two gateways offline when the last one goes', async () => {
    const room = await world.direct('ann', 'bob');
    const ann = await clients.member(one.url, 'ann', room.id);
    const told = statuses(ann);
    const devices = [
      await clients.member(one.url, 'bob', room.id),
      await clients.member(two.url, 'bob', room.id),
      await clients.member(two.url, 'bob', room.id),
    ];
    await expect.poll(() => told, PATIENCE).toEqual(['bob online']);
    devices[0]?.close();
    devices[1]?.io.engine.close();
    devices[1]?.close();
    await expect.poll(() => online('ann', 'bob'), PATIENCE).toEqual(['ann', 'bob']);
    expect(told).toEqual(['bob online']);
    devices[2]?.close();
    // In polls at once, to the others after the grace.
    await expect.poll(() => online('ann', 'bob'), PATIENCE).toEqual(['ann']);
    await expect.poll(() => told, PATIENCE).toEqual(['bob online', 'bob offline']);
  });

  it('answers a poll about peers alone, and hides a connection that wants to be hidden', async () => {
    const room = await world.direct('ann', '8');
    const ann = await clients.member(one.url, 'ann', room.id);
    await clients.member(one.url, 'dan', (await world.direct('dan', 'bob')).id);
    const eight = await clients.dialOld(two.url);
    const shows = async (isOnline: boolean) => {
      const answered = next(eight, 'logs response');
      eight.emit('status', { user_id: 8, online: isOnline });
      await answered;
    };
    await shows(true);
    const ask = async (memberId: string): Promise<unknown> => {
      const answer: unknown = await ann.timeout(10_000).emitWithAck('user.status', { memberId, apiKey: API_KEY });
      return typeof answer === 'object' && answer !== null ? Reflect.get(answer, 'status') : answer;
    };
    await expect.poll(() => ask('8'), PATIENCE).toBe('online');
    await expect.poll(() => online('dan'), PATIENCE).toEqual(['dan']);
    expect(await ask('dan')).toBe('offline');
    await shows(false);
    await expect.poll(() => ask('8'), PATIENCE).toBe('offline');
    expect(eight.connected).toBe(true);
    await shows(true);
    await expect.poll(() => ask('8'), PATIENCE).toBe('online');
  });
});

describe('typing', () => {
  it('stops for a client that dies in mid-typing, and by itself when its time is over', async () => {
    const room = await world.direct('ann', 'bob');
    const ann = await clients.member(one.url, 'ann', room.id);
    const bob = await clients.member(one.url, 'bob', room.id);
    const [started, stopped] = [new Heard(ann, 'typing.start', 'id'), new Heard(ann, 'typing.stop', 'id')];
    const type = (status: 'start' | 'stop') =>
      bob.emit(`typing.${status}`, { channelId: room.id, user: { id: 'bob' }, apiKey: API_KEY });
    type('start');
    expect(await started.until(1)).toEqual(['bob']);
    bob.io.engine.close();
    bob.close();
    expect(await stopped.until(1)).toEqual(['bob']);
    one.pass(3_000);
    const again = await clients.member(one.url, 'bob', room.id);
    again.emit('typing.start', { channelId: room.id, user: { id: 'bob' }, apiKey: API_KEY });
    await started.until(2);
    one.pass(31_000);
    expect(await stopped.until(2)).toEqual(['bob', 'bob']);
  });

  it('is off in rooms of more than a hundred', async () => {
    const crowd = Array.from({ length: 99 }, (_, n) => `crowd-${n}`);
    const small = await world.group('ann', 'bob');
    const large = await world.group('ann', 'bob', ...crowd);
    const ann = await clients.member(one.url, 'ann', large.id);
    const bob = await clients.member(one.url, 'bob', large.id);
    await ann.timeout(10_000).emitWithAck('room.join', { channelId: small.id, apiKey: API_KEY });
    const started = new Heard(ann, 'typing.start', 'id');
    for (const { id: channelId } of [large, small]) {
      await bob.timeout(10_000).emitWithAck('typing.start', { channelId, user: { id: 'bob' }, apiKey: API_KEY });
    }
    expect(await started.until(1)).toEqual(['bob']);
    await say(bob, 'bob', small.id, 'after it');
    expect(started.texts).toEqual(['bob']);
  });
});

describe('delivery', () => {
  it('is told from heartbeats, for a wire whose clients never say it', async () => {
    const room = await world.direct('ann', 'cat');
    const ann = await clients.member(one.url, 'ann', room.id);
    await clients.member(two.url, 'cat', room.id);
    await say(ann, 'ann', room.id, 'did you get this?');
    await expect.poll(() => world.delivered(room.id, 'cat'), PATIENCE).toBe(1);
    expect(await world.delivered(room.id, 'ann')).toBeLessThanOrEqual(1);
  });
});
