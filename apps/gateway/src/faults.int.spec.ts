// takes: 15 s
import { listMessages } from '@parlance/contracts';
import { afterEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { API_KEY, Clients, Heard, next, say, trySay } from './clients.fixture.js';
import { startWorld, type Pod, type World } from './gateway.fixture.js';

const clients = new Clients();
let world: World | null = null;

afterEach(async () => {
  clients.closeAll();
  await world?.close();
  world = null;
});

async function logOf(from: World, roomId: string): Promise<string[]> {
  const page = { tenantId: 'demo', viewerId: null, roomId, skip: 0, limit: 200, visibleOnly: false };
  const { messages } = await from.bus.request(listMessages, page);
  return messages.toSorted((a, b) => a.seq - b.seq).map((message) => message.text ?? '');
}

/** The judge of this file: everybody hears the log, the whole log, in its order and nothing twice. */
function problems(log: readonly string[], heard: Readonly<Record<string, Heard>>): string[] {
  return Object.entries(heard).flatMap(([name, { texts }]) =>
    JSON.stringify(texts) === JSON.stringify(log) ? [] : [`${name} heard ${texts.join(' ')} of ${log.join(' ')}`],
  );
}

const MESSAGES = 15;

/** Two people write at once from two gateways and two wires; three others listen. */
async function conversation(over: World, one: Pod, two: Pod): Promise<{ log: string[]; heard: Record<string, Heard> }> {
  for (const id of ['ann', 'bob', 'cat', '7', '8']) await over.user(id);
  const room = await over.group('ann', 'bob', 'cat', '7', '8');
  const ann = await clients.member(one.url, 'ann', room.id);
  const eight = await clients.dialOld(two.url);
  const seven = await clients.dialOld(two.url);
  for (const [socket, user_id] of [
    [seven, 7],
    [eight, 8],
  ] as const) {
    const answered = next(socket, 'logs response');
    socket.emit('status', { user_id, online: true });
    await answered;
  }
  const heard = {
    bob: new Heard(await clients.member(one.url, 'bob', room.id), 'message', 'text'),
    cat: new Heard(await clients.member(two.url, 'cat', room.id), 'message', 'text'),
    seven: new Heard(seven, 'receive', 'message'),
  };
  for (let n = 0; n < MESSAGES; n += 1) {
    eight.emit('send', { user_id: 8, room_title: room.uuid, message: `e${n}` });
    await say(ann, 'ann', room.id, `a${n}`);
  }
  let log = await logOf(over, room.id);
  while (log.length < 2 * MESSAGES) log = await logOf(over, room.id);
  return { log, heard };
}

const FAULTS = { drop: 0.15, duplicate: 0.15, reorder: 0.2, delayMs: 200 };
const seeds = Array.from({ length: 5 }, () => Math.floor(Math.random() * 2 ** 31));

describe('a bus that loses, doubles and reorders', () => {
  it.each(seeds)('costs nobody a message, an order or a repeat (seed %i)', async (seed) => {
    world = await startWorld({ seed, ...FAULTS });
    const { log, heard } = await conversation(world, await world.startGateway('one'), await world.startGateway('two'));
    await Promise.all(Object.values(heard).map((one) => one.until(log.length)));
    expect(problems(log, heard)).toEqual([]);
    expect(world.faults?.report().events).toBeGreaterThan(0);
  });

  it('is noticed by this judge when the sequencer is off', async () => {
    const seed = seeds[0] ?? 0;
    world = await startWorld({ seed, ...FAULTS, drop: 0.3 });
    const plant = { PARLANCE_PLANT: 'sequencer-off' };
    const { log, heard } = await conversation(
      world,
      await world.startGateway('one', plant),
      await world.startGateway('two', plant),
    );
    // Everything held back is let go, and the heads of all rooms are repeated once: later nothing would change any more.
    world.faults?.stop();
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect(problems(log, heard)).not.toEqual([]);
  });
});

describe('a gateway that loses the bus', () => {
  it('refuses sends in time, and afterwards its clients are told everything once, also of joins and leaves', async () => {
    world = await startWorld();
    const one = await world.startGateway('one');
    const two = await world.startGateway('two');
    for (const id of ['ann', 'bob', 'cat', 'dan']) await world.user(id);
    const room = await world.group('ann', 'bob', 'dan');
    const later = await world.group('ann');
    const ann = await clients.member(two.url, 'ann', room.id);
    const bob = await clients.member(one.url, 'bob', room.id);
    const dan = new Heard(await clients.member(one.url, 'dan', room.id), 'message', 'text');
    const heard = { bob: new Heard(bob, 'message', 'text') };
    const chats = new Heard(bob, 'chat', 'id');
    await say(ann, 'ann', room.id, 'before');
    await Promise.all([heard.bob.until(1), dan.until(1)]);
    world.hub.partition('one');
    const refused = await bob.timeout(3_500).emitWithAck('message', {
      text: 'lost',
      apiKey: API_KEY,
      chat_id: room.id,
      user_id: 'bob',
    });
    expect(refused).toMatchObject({ success: false });
    await say(ann, 'ann', room.id, 'during 1');
    await world.remove(room.id, 'dan');
    await world.add(later.id, 'bob');
    await say(ann, 'ann', room.id, 'during 2');
    world.hub.heal('one');
    await heard.bob.until(3);
    await say(ann, 'ann', room.id, 'after');
    await say(ann, 'ann', later.id, 'in the room joined meanwhile');
    await heard.bob.until(4);
    const log = await logOf(world, room.id);
    expect(log).toEqual(['before', 'during 1', 'during 2', 'after']);
    expect(problems(log, heard)).toEqual([]);
    while (!chats.texts.includes(later.id)) await chats.until(chats.texts.length + 1);
    expect(dan.texts).toEqual(['before', 'during 1']);
    expect(await trySay(bob, 'bob', room.id, 'works again')).toMatchObject({ success: true });
  });
});

describe('a client that reads nothing', () => {
  it('is closed, and costs the others nothing', async () => {
    world = await startWorld();
    const one = await world.startGateway('one');
    for (const id of ['ann', 'bob', 'cat']) await world.user(id);
    const room = await world.group('ann', 'bob', 'cat');
    const ann = await clients.member(one.url, 'ann', room.id);
    const bob = new Heard(await clients.member(one.url, 'bob', room.id), 'message', 'text');
    const deaf = new WebSocket(`${one.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
    const answered = async (frame: string | null, start: string): Promise<void> => {
      const answer = new Promise<void>((resolve) => {
        deaf.on('message', (data: Buffer) => (data.toString().startsWith(start) ? resolve() : undefined));
      });
      if (frame !== null) deaf.send(frame);
      await answer;
    };
    const ask = (id: number, ...args: readonly unknown[]) => answered(`42${id}${JSON.stringify(args)}`, `43${id}`);
    await answered(null, '0');
    await answered('40', '40');
    await ask(0, 'room.user.join', { channelUserId: 'cat', apiKey: API_KEY });
    await ask(1, 'room.join', { channelId: room.id, apiKey: API_KEY });
    deaf.pause();
    const COUNT = 400;
    for (let n = 0; n < COUNT; n += 40) {
      await Promise.all(
        Array.from({ length: 40 }, (_, i) => say(ann, 'ann', room.id, `${n + i} ${'x'.repeat(19_000)}`)),
      );
    }
    expect((await bob.until(COUNT)).map((text) => Number(text.split(' ')[0]))).toEqual(
      Array.from({ length: COUNT }, (_, n) => n),
    );
    while (!(await one.metrics()).includes('gateway_closes_total{reason="slow"} 1')) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    deaf.terminate();
  });
});
