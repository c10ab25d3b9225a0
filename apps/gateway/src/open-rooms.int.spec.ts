import type { Bus } from '@parlance/bus';
import { saveSessions } from '@parlance/contracts';
import { ParlanceError } from '@parlance/domain';
import type { Socket } from 'socket.io-client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { API_KEY, Clients, Heard, say } from './clients.fixture.js';
import { startWorld, treated, type Pod, type World } from './gateway.fixture.js';

/** A bus whose saves are held, or refused, as asked; everything else passes. */
class Saves {
  private refusing = false;
  private held: Promise<void> | null = null;

  /** Holds what is saved from now on, until what comes back is called. */
  hold(): () => void {
    let release = (): void => undefined;
    this.held = new Promise((resolve) => (release = resolve));
    return release;
  }

  refuse(is: boolean): void {
    this.refusing = is;
  }

  over(bus: Bus): Bus {
    return treated(bus, async (subject, ask) => {
      if (subject !== saveSessions.subject) return ask();
      if (this.refusing) throw new ParlanceError('unavailable', 'Nobody was asked.');
      await this.held;
      return ask();
    });
  }
}

let world: World;
let one: Pod;
let other: Pod;
const saves = new Saves();
const clients = new Clients();

beforeAll(async () => {
  world = await startWorld();
  one = await world.startGateway('one', {}, (bus) => saves.over(bus));
  other = await world.startGateway('other');
  for (const id of ['ann', 'bob']) await world.user(id);
});

afterEach(() => clients.closeAll());
afterAll(() => world.close());

async function identified(userId: string): Promise<Socket> {
  const socket = await clients.dial(one.url);
  await socket.timeout(10_000).emitWithAck('room.user.join', { channelUserId: userId, apiKey: API_KEY });
  return socket;
}

const open = (socket: Socket, roomId: string): Promise<unknown> =>
  socket.timeout(20_000).emitWithAck('room.join', { channelId: roomId, apiKey: API_KEY });

describe('an opened room', () => {
  it('is confirmed, each time it is opened, only when it would outlive the gateway', async () => {
    const room = await world.group('ann', 'bob');
    const bob = await identified('bob');
    const confirmed: string[] = [];
    const release = saves.hold();
    const both = ['first', 'again'].map((name) => open(bob, room.id).then(() => confirmed.push(name)));
    // What is asked after them has its answer before they have.
    await bob.timeout(10_000).emitWithAck('user.status', { memberId: 'ann', apiKey: API_KEY });
    expect(confirmed).toEqual([]);
    release();
    await Promise.all(both);
    expect(confirmed).toEqual(['first', 'again']);
  });

  it('is heard while its session cannot be stored, which is told, and may be opened again', async () => {
    const room = await world.group('ann', 'bob');
    const [ann, bob] = [await clients.member(other.url, 'ann', room.id), await identified('bob')];
    const heard = new Heard(bob, 'message', 'text');
    saves.refuse(true);
    expect(await open(bob, room.id)).toMatchObject({ success: false });
    await say(ann, 'ann', room.id, 'heard');
    await heard.untilText('heard');
    expect(await open(bob, room.id)).toMatchObject({ success: false });
    saves.refuse(false);
    expect(await open(bob, room.id)).toMatchObject({ success: true });
  });
});
