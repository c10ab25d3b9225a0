import { listMessages, sendMessage } from '@parlance/contracts';
import type { Room } from '@parlance/domain';
import { ParlanceError } from '@parlance/domain';
import type { Socket } from 'socket.io-client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Clients, Heard, next, say, trySay } from './clients.fixture.js';
import { startWorld, treated, type Pod, type Treatment, type World } from './gateway.fixture.js';

/** Which of the sends on their way is lost, and how: before the service saw it, or its answer. */
type Loss = 'request' | 'answer';
/** A loss shows only by time. */
const NOTICED_MS = 50;

let world: World;
let one: Pod;
let two: Pod;
let lossOf: (nth: number) => Loss | null = () => null;
let sends = 0;
const clients = new Clients();

const lossy: Treatment = async (subject, ask) => {
  if (subject !== sendMessage.subject) return ask();
  const loss = lossOf((sends += 1));
  if (loss === null) return ask();
  if (loss === 'answer') await ask();
  await new Promise((resolve) => setTimeout(resolve, NOTICED_MS));
  throw new ParlanceError('unavailable', `The ${loss} was lost.`);
};

beforeAll(async () => {
  world = await startWorld();
  await world.startMessage('second replica');
  one = await world.startGateway('one', {}, (bus) => treated(bus, lossy));
  two = await world.startGateway('two');
  for (const id of ['ann', 'bob', '7', '8']) await world.user(id);
});

afterEach(() => {
  lossOf = () => null;
  sends = 0;
  clients.closeAll();
});
afterAll(() => world.close());

/** The texts of a room in the order of the log. */
async function stored(room: Room): Promise<string[]> {
  const texts: string[] = [];
  for (let afterSeq = 0; ;) {
    const page = {
      tenantId: 'demo',
      viewerId: null,
      roomId: room.id,
      afterSeq,
      limit: 200,
      skip: 0,
      visibleOnly: false,
    };
    const { messages } = await world.bus.request(listMessages, page);
    if (messages.length === 0) return texts;
    const sorted = messages.toSorted((a, b) => a.seq - b.seq);
    texts.push(...sorted.map(({ text }) => text ?? ''));
    afterSeq = sorted.at(-1)?.seq ?? afterSeq;
  }
}

interface Talk {
  readonly room: Room;
  readonly ann: Socket;
  readonly heard: readonly Heard[];
}

/** One speaks, two listen at different gateways. */
async function talk(): Promise<Talk> {
  const room = await world.group('ann', 'bob', '8');
  const ann = await clients.member(one.url, 'ann', room.id);
  const near = new Heard(await clients.member(one.url, 'bob', room.id), 'message', 'text');
  const far = new Heard(await clients.member(two.url, 'bob', room.id), 'message', 'text');
  return { room, ann, heard: [near, far] };
}

const COUNT = 300;
const texts = Array.from({ length: COUNT }, (_, n) => `m${n}`);
/** More than may wait, and fewer than refusals that close a connection. */
const TOO_MANY = 140;
/** Few enough to be answered in time on a machine that does much else. */
const OUTSTANDING = 16;

describe("one connection's messages in one room, two replicas of the message service", () => {
  it('are stored and heard in the order of a burst, whatever of it is refused', async () => {
    const { room, ann, heard } = await talk();
    const burst = texts.slice(0, TOO_MANY);
    const answers = await Promise.all(burst.map((text) => trySay(ann, 'ann', room.id, text)));
    const taken = burst.filter((_, n) => Reflect.get(Object(answers[n]), 'success') === true);
    const log = await stored(room);
    expect(log).toEqual(burst.filter((text) => log.includes(text)));
    expect(log).toEqual(expect.arrayContaining(taken));
    expect([taken.length > 0, taken.length < TOO_MANY]).toEqual([true, true]);
    for (const one of heard) expect(await one.until(log.length)).toEqual(log);
  });

  it('are stored and heard in the order of a long stream', async () => {
    const { room, ann, heard } = await talk();
    const outstanding: Promise<unknown>[] = [];
    for (const text of texts) {
      if (outstanding.length >= OUTSTANDING) await outstanding.shift();
      outstanding.push(say(ann, 'ann', room.id, text));
    }
    await Promise.all(outstanding);
    expect(await stored(room)).toEqual(texts);
    for (const one of heard) expect(await one.until(COUNT)).toEqual(texts);
  });

  it.each(['request', 'answer'] as const)(
    'keep their order when the %s of a send is lost and it is repeated',
    async (loss) => {
      const { room, ann, heard } = await talk();
      lossOf = (nth) => (nth % 3 === 1 ? loss : null);
      const burst = texts.slice(0, OUTSTANDING);
      await Promise.all(burst.map((text) => say(ann, 'ann', room.id, text)));
      expect(sends).toBeGreaterThan(burst.length);
      expect(await stored(room)).toEqual(burst);
      for (const one of heard) expect(await one.until(burst.length)).toEqual(burst);
    },
  );

  it('keep their order although the room is spelled in two ways', async () => {
    const room = await world.group('7', '8', 'bob');
    const bob = new Heard(await clients.member(two.url, 'bob', room.id), 'message', 'text');
    const seven = await clients.dialOld(one.url);
    const answered = next(seven, 'logs response');
    seven.emit('status', { user_id: 7, online: true });
    await answered;
    lossOf = (nth) => (nth % 3 === 1 ? 'request' : null);
    const burst = texts.slice(0, OUTSTANDING);
    for (const [n, message] of burst.entries()) {
      seven.emit('send', { user_id: 7, room_title: n % 2 === 0 ? room.uuid : room.id, message });
    }
    expect(await bob.until(burst.length)).toEqual(burst);
    expect(await stored(room)).toEqual(burst);
  });
});
