import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { API_KEY, Clients, Heard, next, nextAttempt, say } from './clients.fixture.js';
import { startWorld, type Pod, type World } from './gateway.fixture.js';

let world: World;
let one: Pod;
const clients = new Clients();

beforeAll(async () => {
  world = await startWorld();
  one = await world.startGateway('one');
  for (const id of ['ann', 'bob', '7']) await world.user(id);
});

afterEach(() => clients.closeAll());
afterAll(() => world.close());

describe('resume', () => {
  it('gives a returning client what it missed, without being asked, and its rooms are still open', async () => {
    const room = await world.group('ann', 'bob');
    const ann = await clients.member(one.url, 'ann', room.id);
    const bob = await clients.member(one.url, 'bob', room.id);
    const heard = new Heard(bob, 'message', 'text');
    await say(ann, 'ann', room.id, 'before');
    await heard.until(1);
    bob.io.reconnection(false);
    bob.io.engine.close();
    await say(ann, 'ann', room.id, 'missed 1');
    await say(ann, 'ann', room.id, 'missed 2');
    bob.io.reconnection(true);
    bob.connect();
    await heard.untilText('missed 2');
    await say(ann, 'ann', room.id, 'after');
    const texts = await heard.untilText('after');
    // What no heartbeat had covered may come again; nothing is skipped.
    expect(texts.filter((text) => text !== 'before')).toEqual(['missed 1', 'missed 2', 'after']);
  });

  it('takes a session up although the first attempts to return fell into an outage', async () => {
    const room = await world.group('ann', 'bob');
    const cut = await world.startGateway('cut');
    const ann = await clients.member(one.url, 'ann', room.id);
    const bob = await clients.member(cut.url, 'bob', room.id);
    const heard = new Heard(bob, 'message', 'text');
    bob.io.reconnection(false);
    bob.io.engine.close();
    await say(ann, 'ann', room.id, 'missed');
    world.hub.partition('cut');
    bob.io.reconnection(true);
    bob.connect();
    for (let tries = 0; tries < 3; tries += 1) await nextAttempt(bob);
    world.hub.heal('cut');
    expect(await heard.until(1)).toEqual(['missed']);
  });

  it('moves the sessions of a drained gateway to another one', async () => {
    const room = await world.group('ann', 'bob');
    const leaving = await world.startGateway('leaving');
    const ann = await clients.member(one.url, 'ann', room.id);
    const bob = await clients.member(leaving.url, 'bob', room.id, { reconnectionAttempts: 0 });
    const heard = new Heard(bob, 'message', 'text');
    bob.io.reconnection(false);
    const closed = next(bob, 'disconnect');
    await leaving.close();
    expect(await closed).toBe('transport close');
    await say(ann, 'ann', room.id, 'while away');
    const token: unknown = Reflect.get(bob, '_pid');
    expect(token).toEqual(expect.any(String));
    const back = clients.socket(one.url, { auth: { pid: token } });
    const after = new Heard(back, 'message', 'text');
    expect(await after.until(1)).toEqual(['while away']);
    expect(heard.texts).toEqual([]);
  });

  it('gives a client that cannot name its session what its user missed, once it says who it is', async () => {
    const room = await world.group('ann', '7');
    const ann = await clients.member(one.url, 'ann', room.id);
    const first = await clients.dialOld(one.url);
    const bound = next(first, 'logs response');
    first.emit('status', { user_id: 7, online: true });
    await bound;
    const ended = next(first, 'disconnect');
    first.io.engine.close();
    await ended;
    first.close();
    await say(ann, 'ann', room.id, 'while away');
    const second = await clients.dialOld(one.url);
    const heard = new Heard(second, 'receive', 'message');
    second.emit('status', { user_id: 7, online: true });
    expect(await heard.until(1)).toEqual(['while away']);
  });

  it('does not take up a session twice, nor one that was left on purpose', async () => {
    const room = await world.group('ann', 'bob');
    const ann = await clients.member(one.url, 'ann', room.id);
    const bob = await clients.member(one.url, 'bob', room.id);
    const token: unknown = Reflect.get(bob, '_pid');
    bob.disconnect();
    await say(ann, 'ann', room.id, 'not for a session that ended');
    const back = await clients.dial(one.url, { auth: { pid: token } });
    const heard = new Heard(back, 'message', 'text');
    const status: unknown = await back.timeout(5_000).emitWithAck('user.status', { memberId: 'ann', apiKey: API_KEY });
    expect(status).toMatchObject({ success: false });
    expect(heard.texts).toEqual([]);
  });

  it('ignores a session token that it did not seal', async () => {
    const socket = await clients.dial(one.url, { auth: { pid: 'made up' } });
    const answer: unknown = await socket.timeout(5_000).emitWithAck('user.status', { memberId: 'x', apiKey: API_KEY });
    expect(answer).toMatchObject({ success: false });
  });
});
