import type { Bus } from '@parlance/bus';
import { bindSession } from '@parlance/contracts';
import { ParlanceError } from '@parlance/domain';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { API_KEY, Clients, Heard, next, nextAttempt, say, type OldSocket } from './clients.fixture.js';
import { startWorld, treated, type Pod, type World } from './gateway.fixture.js';

/** How the bus of a gateway treats the next binds. */
type Fault = 'none' | 'refused' | 'answer-lost' | 'answer-held' | 'doubled';

/** A bus whose binds suffer as asked; everything else passes. Each bind that suffered is counted. */
class Suffering {
  fault: Fault = 'none';
  suffered = 0;
  /** lets go the answers that are held */
  release: () => void = () => undefined;
  private answered: () => void = () => undefined;

  /** Settles when an answer is held. */
  held(): Promise<void> {
    this.fault = 'answer-held';
    return new Promise((resolve) => (this.answered = resolve));
  }

  over(bus: Bus): Bus {
    return treated(bus, (subject, ask) => (subject === bindSession.subject ? this.bind(ask) : ask()));
  }

  private async bind<T>(ask: () => Promise<T>): Promise<T> {
    const { fault } = this;
    if (fault === 'none') return ask();
    this.suffered += 1;
    if (fault === 'refused') throw new ParlanceError('unavailable', 'Nobody was asked.');
    if (fault === 'doubled') {
      const all = await Promise.all(Array.from({ length: 6 }, ask));
      return all[all.length - 1] ?? ask();
    }
    this.fault = 'none';
    const answer = await ask();
    if (fault === 'answer-held') {
      this.answered();
      await new Promise<void>((resolve) => (this.release = resolve));
      return answer;
    }
    throw new ParlanceError('unavailable', 'The answer was lost.');
  }
}

let world: World;
let one: Pod;
let faulty: Pod;
const binds = new Suffering();
const clients = new Clients();

beforeAll(async () => {
  world = await startWorld();
  one = await world.startGateway('one');
  faulty = await world.startGateway('faulty', {}, (bus) => binds.over(bus));
  for (const id of ['ann', 'bob', '7']) await world.user(id);
});

beforeEach(() => {
  binds.fault = 'none';
  binds.suffered = 0;
});
afterEach(() => clients.closeAll());
afterAll(() => world.close());

/** A client of the wire that cannot name its session: says who it is whenever it is connected, once. */
async function seven(url: string): Promise<{ readonly socket: OldSocket; readonly heard: Heard }> {
  const socket = clients.oldSocket(url);
  const heard = new Heard(socket, 'receive', 'message');
  const identified = next(socket, 'logs response');
  socket.on('connect', () => socket.emit('status', { user_id: 7, online: true }));
  await identified;
  return { socket, heard };
}

/** Bob, who shares a room with ann, is cut off from his gateway and does not come back by himself; ann says these texts meanwhile. */
async function cutOff(pod: Pod, ...missed: readonly string[]) {
  const room = await world.group('ann', 'bob');
  const ann = await clients.member(one.url, 'ann', room.id);
  const bob = await clients.member(pod.url, 'bob', room.id);
  const heard = new Heard(bob, 'message', 'text');
  const says = (text: string) => say(ann, 'ann', room.id, text);
  bob.io.reconnection(false);
  bob.io.engine.close();
  for (const text of missed) await says(text);
  return { bob, heard, says };
}

describe.each(['answer-lost', 'doubled'] as const)('a bind of a returning client, %s', (fault) => {
  it('gives a client that names its session what it missed', async () => {
    const { bob, heard, says } = await cutOff(faulty, 'missed 1', 'missed 2');
    binds.fault = fault;
    bob.io.reconnection(true);
    bob.connect();
    await heard.until(2);
    await says('after');
    expect(await heard.until(3)).toEqual(['missed 1', 'missed 2', 'after']);
    expect(binds.suffered).toBeGreaterThan(0);
  });

  it('gives a client that cannot name its session what its user missed', async () => {
    const room = await world.group('ann', '7');
    const ann = await clients.member(one.url, 'ann', room.id);
    const { socket: first } = await seven(faulty.url);
    const ended = next(first, 'disconnect');
    first.io.engine.close();
    await ended;
    first.close();
    await emptied(faulty);
    await say(ann, 'ann', room.id, 'while away');
    binds.fault = fault;
    const { heard } = await seven(faulty.url);
    expect(await heard.until(1)).toEqual(['while away']);
    expect(binds.suffered).toBeGreaterThan(0);
  });
});

describe('a bind whose answer is lost', () => {
  it('is answered with an error, and the client is made to come again, as part of it may have been carried out', async () => {
    await world.group('bob');
    const socket = await clients.dial(faulty.url, { reconnection: false });
    binds.fault = 'answer-lost';
    const closed = next(socket, 'disconnect');
    const join = { channelUserId: 'bob', apiKey: API_KEY };
    expect(await socket.timeout(5_000).emitWithAck('room.user.join', join)).toMatchObject({ success: false });
    expect(await closed).toBe('transport close');
  });
});

/** The gateway noticed that its clients have gone; a transport that is being upgraded says goodbye only when that is done. */
async function emptied(pod: Pod): Promise<void> {
  while (!(await pod.metrics()).split('\n').includes('gateway_connections_count 0')) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('a client that vanishes while it is bound and comes back at once', () => {
  it('gets what it missed although its first bind is still under way at the same gateway', async () => {
    const room = await world.group('ann', '7');
    const ann = await clients.member(one.url, 'ann', room.id);
    const { socket: first } = await seven(faulty.url);
    first.io.engine.close();
    first.close();
    await say(ann, 'ann', room.id, 'while away');
    const held = binds.held();
    const second = await clients.dialOld(faulty.url);
    second.emit('status', { user_id: 7, online: true });
    await held;
    second.io.engine.close();
    second.close();
    await emptied(faulty);
    const third = seven(faulty.url);
    // Both frames and their directory look-ups take fewer turns than this.
    for (let n = 0; n < 5; n += 1) await say(ann, 'ann', room.id, `meanwhile ${n}`);
    binds.release();
    const { heard } = await third;
    const texts = await heard.until(6);
    expect(texts).toEqual(['while away', ...Array.from({ length: 5 }, (_, n) => `meanwhile ${n}`)]);
  });
});

describe('a client that names its session and comes again and again in vain', () => {
  it('still shows the rooms it showed when it vanishes after the store has answered its bind', async () => {
    const { bob, heard } = await cutOff(faulty, 'missed');
    const held = binds.held();
    bob.connect();
    await held;
    bob.io.engine.close();
    await emptied(faulty);
    binds.release();
    bob.connect();
    expect(await heard.until(1)).toEqual(['missed']);
  });

  it('keeps a token that names its session, however often its bind does not happen', async () => {
    const { bob, heard, says } = await cutOff(faulty);
    await emptied(faulty);
    await says('missed');
    binds.fault = 'refused';
    for (let tries = 0; tries < 12; tries += 1) {
      const cut = next(bob, 'disconnect');
      bob.connect();
      await cut;
    }
    binds.fault = 'none';
    bob.connect();
    expect(await heard.until(1)).toEqual(['missed']);
  });
});

describe('a session whose successor its client never heard of', () => {
  it('is continued through that successor', async () => {
    const { bob } = await cutOff(one, 'missed');
    const token: unknown = Reflect.get(bob, '_pid');
    for (let tries = 0; tries < 3; tries += 1) {
      const again = await clients.dial(one.url, { auth: { pid: token }, reconnection: false });
      expect(await new Heard(again, 'message', 'text').until(1)).toEqual(['missed']);
      again.io.engine.close();
    }
  });
});

describe('a handshake that falls into an outage', () => {
  it('is not refused but cut off, so that its client comes again', async () => {
    const cut = await world.startGateway('cut');
    world.hub.partition('cut');
    const socket = clients.socket(`${cut.url}/classic`, { auth: { token: API_KEY } });
    await nextAttempt(socket);
    const connected = next(socket, 'connect');
    world.hub.heal('cut');
    await connected;
    expect(socket.connected).toBe(true);
  });
});
