import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { API_KEY, Clients, Heard, next, say } from './clients.fixture.js';
import { startWorld, type Pod, type World } from './gateway.fixture.js';

let world: World;
let one: Pod;
let two: Pod;
const clients = new Clients();

beforeAll(async () => {
  world = await startWorld();
  one = await world.startGateway('one');
  two = await world.startGateway('two');
  for (const id of ['ann', 'bob', 'cat', '7', '8']) await world.user(id);
});

afterEach(() => clients.closeAll());
afterAll(() => world.close());

describe('gateway', () => {
  it('carries a message from one gateway to another and acknowledges it', async () => {
    const room = await world.group('ann', 'bob');
    const ann = await clients.member(one.url, 'ann', room.id);
    const bob = await clients.member(two.url, 'bob', room.id);
    const heard = next(bob, 'message');
    const ack = await say(ann, 'ann', room.id, 'hello');
    expect(ack).toMatchObject({ success: true, text: 'hello', chat_id: room.id });
    expect(await heard).toEqual(ack);
  });

  it('keeps the order of a burst of one connection, for every member on every gateway', async () => {
    const room = await world.group('ann', 'bob', 'cat');
    const ann = await clients.member(one.url, 'ann', room.id);
    const bob = await clients.member(one.url, 'bob', room.id);
    const cat = await clients.member(two.url, 'cat', room.id);
    const heard = [bob, cat].map((socket) => new Heard(socket, 'message', 'text'));
    const texts = Array.from({ length: 20 }, (_, index) => `m${index}`);
    await Promise.all(texts.map((text) => say(ann, 'ann', room.id, text)));
    for (const one of heard) expect(await one.until(20)).toEqual(texts);
  });

  it('lets two wires meet in one room, each in its own shape', async () => {
    const room = await world.group('ann', '7');
    const ann = await clients.member(one.url, 'ann', room.id);
    const seven = await clients.dialOld(two.url);
    const answered = next(seven, 'logs response');
    seven.emit('status', { user_id: 7, online: true });
    expect(await answered).toMatchObject({ type: 'status', user_id: 7, online: true });
    const numeric = new Heard(seven, 'receive', 'message');
    const stringly = new Heard(ann, 'message', 'text');
    await say(ann, 'ann', room.id, 'from ann');
    await numeric.until(1);
    seven.emit('send', JSON.stringify({ user_id: 7, room_title: room.uuid, message: 'from 7', type_id: 2 }));
    expect(await stringly.until(1)).toEqual(['from 7']);
    expect(await numeric.until(2)).toEqual(['from ann', 'from 7']);
  });

  it('serves explicit namespaces of both generations', async () => {
    const room = await world.group('ann', '8');
    const ann = await clients.member(`${one.url}/minchat`, 'ann', room.id);
    const eight = await clients.dialOld(`${two.url}/classic`);
    const heard = new Heard(eight, 'receive', 'message');
    const answered = next(eight, 'logs response');
    eight.emit('status', { user_id: 8, online: true });
    await answered;
    await say(ann, 'ann', room.id, 'to the namespace');
    expect(await heard.until(1)).toEqual(['to the namespace']);
  });

  it('brings a user who is added to a room into it, and tells nothing after removal', async () => {
    const room = await world.group('ann');
    const ann = await clients.member(one.url, 'ann', room.id);
    const bob = await clients.dial(two.url);
    bob.emit('room.user.join', { channelUserId: 'bob', apiKey: API_KEY });
    await bob.timeout(5_000).emitWithAck('user.status', { memberId: 'bob', apiKey: API_KEY });
    const heard = new Heard(bob, 'chat', 'id');
    await world.add(room.id, 'bob');
    await say(ann, 'ann', room.id, 'welcome');
    expect(await heard.until(1)).toEqual([room.id]);
    await world.remove(room.id, 'bob');
    await say(ann, 'ann', room.id, 'in private');
    const again = await world.group('ann', 'bob');
    await say(ann, 'ann', again.id, 'a room later');
    expect(await heard.until(2)).toEqual([room.id, again.id]);
  });

  it('passes typing to the others in the room, across gateways through the adapter alone when there is one', async () => {
    const room = await world.group('ann', 'bob');
    const ann = await clients.member(one.url, 'ann', room.id);
    const bob = await clients.member(one.url, 'bob', room.id);
    const heard = next(bob, 'typing.start');
    ann.emit('typing.start', {
      channelId: room.id,
      user: { id: 'ann', username: 'ann', name: 'ann' },
      apiKey: API_KEY,
    });
    expect(await heard).toMatchObject({ id: 'ann' });
  });

  it('tells each client of a direct room once that a message was read', async () => {
    const direct = await world.direct('ann', 'bob');
    const ann = await clients.member(one.url, 'ann', direct.id);
    const bob = await clients.member(one.url, 'bob', direct.id);
    const seen = new Heard(ann, 'message.seen', '');
    const [first, second] = [await say(ann, 'ann', direct.id, 'first'), await say(ann, 'ann', direct.id, 'second')];
    const user = { id: 'bob', username: 'bob', name: 'bob' };
    bob.emit('message.seen', { lastMessageId: idOf(first), user, apiKey: API_KEY });
    await seen.until(1);
    bob.emit('message.seen', { lastMessageId: idOf(second), user, apiKey: API_KEY });
    expect(await seen.until(2)).toEqual([idOf(first), idOf(second)]);
  });

  it('notes when a user was last seen', async () => {
    const seven = await clients.dialOld(two.url);
    const answered = next(seven, 'logs response');
    seven.emit('status', { user_id: 7, online: true });
    await answered;
    const before = Date.now();
    const gone = next(seven, 'disconnect');
    seven.close();
    await gone;
    await expect.poll(() => world.lastSeen('7'), { timeout: 10_000 }).toBeGreaterThanOrEqual(before);
  });
});

function idOf(message: unknown): string {
  return typeof message === 'object' && message !== null ? String(Reflect.get(message, 'id')) : '';
}
