import { findPresence } from '@parlance/contracts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { API_KEY, Clients, Heard, say } from './clients.fixture.js';
import { startWorld, type Pod, type World } from './gateway.fixture.js';

let world: World;
let one: Pod;
const clients = new Clients();

beforeAll(async () => {
  world = await startWorld();
  one = await world.startGateway('one');
  for (const id of ['ann', 'bob', 'cat']) await world.user(id);
});

afterEach(() => clients.closeAll());
afterAll(() => world.close());

async function gauge(name: string): Promise<number> {
  const line = (await one.metrics()).split('\n').find((text) => text.startsWith(`${name} `));
  return Number(line?.split(' ')[1] ?? Number.NaN);
}

async function isOnline(userId: string): Promise<boolean> {
  const { online } = await world.bus.request(findPresence, { tenantId: 'demo', userIds: [userId] });
  return online.includes(userId);
}

/** Waits until something becomes true; a test's own limit ends it. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
}

describe('a connection that vanishes while it is bound', () => {
  it('leaves no session open, no subscription and nobody online, at whatever moment it goes', async () => {
    await world.group('cat', 'ann');
    for (let ticks = 0; ticks < 24; ticks += 1) {
      const socket = await clients.dial(one.url, { reconnection: false });
      socket.emit('room.user.join', { channelUserId: 'cat', apiKey: API_KEY });
      for (let tick = 0; tick < ticks; tick += 1) await new Promise((resolve) => setImmediate(resolve));
      socket.io.engine.close();
    }
    await until(async () => (await gauge('gateway_connections_count')) === 0);
    await until(async () => (await gauge('gateway_subscriptions_count')) === 0);
    await until(async () => (await world.openSessions('cat')) === 0);
    await until(async () => !(await isOnline('cat')));
  });
});

describe('binding among traffic', () => {
  it('gives a returning client every message of its rooms, once and in order', async () => {
    const room = await world.group('ann', 'bob', 'cat');
    const ann = await clients.member(one.url, 'ann', room.id);
    // Somebody else hears the room here all the time, so that its facts pass while the others bind.
    await clients.member(one.url, 'cat', room.id);
    const bob = await clients.member(one.url, 'bob', room.id);
    const heard = new Heard(bob, 'message', 'text');
    const texts: string[] = [];
    for (let round = 0; round < 8; round += 1) {
      const sent = Array.from({ length: 10 }, (_, n) => `${round}.${n}`);
      texts.push(...sent);
      const saying = (async () => {
        for (const text of sent) await say(ann, 'ann', room.id, text);
      })();
      await heard.until(texts.length - 5);
      // A transport that is closed while it opens is noticed by its client only 20 s later.
      if (bob.connected) bob.io.engine.close();
      await saying;
    }
    const has = (): boolean => texts.every((text) => heard.texts.includes(text));
    while (!has()) await heard.until(heard.texts.length + 1);
    // Across connections a repeat is right; what is new comes in the order of the log.
    expect([...new Set(heard.texts)]).toEqual(texts);
  });
});
