import { setTimeout as pace } from 'node:timers/promises';
import {
  judge,
  keyed,
  missingDeliveries,
  NativeSender,
  Random,
  refFor,
  type ChatClient,
  type Stack,
  type Verdict,
  type WorldRoom,
} from '@parlance/testing';
import { stage, type Play } from './people.js';

const MESSAGES_PER_CLIENT = 12;
const LONGEST_PAUSE_MS = 120;
/** From the end of the faults until everything must have arrived. */
const SETTLE_MS = 60_000;

export interface ChaosResult {
  readonly verdict: Verdict;
  readonly acked: number;
  readonly struck: readonly string[];
}

export interface ChaosPlan {
  readonly seed: number;
  /** what may be killed in mid-traffic; drawn by the seed */
  readonly victims: readonly string[];
  readonly strikes: number;
  /** share of the sends over REST that are sent again with the same client id */
  readonly repeats?: number;
  /** how long everything may take to arrive after the last fault, ms; default a minute */
  readonly settleMs?: number;
  /** how long a client waits for any one answer, ms */
  readonly patienceMs?: number;
}

/**
 * Clients of two vendors talk in two rooms while parts of the stack are killed; afterwards a checker reads what every client saw and
 * what the rooms hold. What is sent when, and what dies when, is drawn from the seed.
 */
export async function chaosRun(stack: Stack, plan: ChaosPlan): Promise<ChaosResult> {
  const random = new Random(plan.seed);
  await stack.waitReady();
  const play = stage(stack, plan.patienceMs);
  try {
    const { rooms, clients, sender } = await cast(play, plan.seed);
    const struck: string[] = [];
    const parts = await Promise.allSettled([
      ...clients.map(async ({ client, room }) => talk(client, room, new Random(random.below(2 ** 31)))),
      repeat(sender, rooms[0], new Random(random.below(2 ** 31)), plan.repeats ?? 0.5),
      strike(stack, plan, new Random(random.below(2 ** 31)), struck),
    ]);
    for (const part of parts) if (part.status === 'rejected') throw part.reason;
    await stack.waitReady();
    const verdict = await settle(play, rooms, plan.settleMs ?? SETTLE_MS);
    return { verdict, acked: play.history.events.filter((event) => event.type === 'acked').length, struck };
  } finally {
    await play.end();
  }
}

/**
 * Many rooms with one message each: no later message of a room shows that its only one was lost on the way, so only the relay can.
 */
export async function quietRooms(stack: Stack, count: number, settleMs = SETTLE_MS): Promise<Verdict> {
  const play = stage(stack);
  try {
    const [ann, old] = [await play.world.user('ann quiet'), await play.world.user('2000000')];
    const clients = [await play.sdk(ann, 0), await play.classic(old, 1)];
    const sender = new NativeSender(play.api, play.history, 'quiet server', ann);
    const rooms: WorldRoom[] = [];
    for (let n = 0; n < count; n += 1) {
      const room = await play.world.room([ann, old], 'group');
      for (const client of clients) await client.openRoom(refFor(room, client.user));
      rooms.push(room);
    }
    for (const room of rooms) await sender.send(room, keyed(`quiet/${room.id}`, 'the only one'));
    return await settle(play, rooms, settleMs);
  } finally {
    await play.end();
  }
}

interface Cast {
  readonly rooms: readonly [WorldRoom, WorldRoom];
  readonly clients: readonly { readonly client: ChatClient; readonly room: WorldRoom }[];
  readonly sender: NativeSender;
}

/** Four people, two rooms, both wires, senders and receivers at different gateways. */
async function cast(play: Play, seed: number): Promise<Cast> {
  const { world } = play;
  // New people each time: a direct room is found again by its pair, with what was said there before.
  const run = Date.now();
  const ann = await world.user(`ann ${seed} ${run}`);
  const bob = await world.user(`bob@${seed}.${run}`);
  const old = await world.user(String(run));
  const hall = await world.room([ann, bob, old], 'group');
  const pair = await world.room([ann, old], 'direct');
  const members = [
    { client: await play.sdk(ann, 0), rooms: [hall, pair] },
    { client: await play.socket(bob, 1), rooms: [hall] },
    { client: await play.classic(old, 1), rooms: [hall, pair] },
  ];
  for (const { client, rooms } of members) {
    for (const room of rooms) await client.openRoom(refFor(room, client.user));
  }
  const clients = members.flatMap(({ client, rooms }) => rooms.map((room) => ({ client, room })));
  return { rooms: [hall, pair], clients, sender: new NativeSender(play.api, play.history, `server-${seed}`, bob) };
}

async function talk(client: ChatClient, room: WorldRoom, random: Random): Promise<void> {
  for (let n = 0; n < MESSAGES_PER_CLIENT; n += 1) {
    await pace(random.below(LONGEST_PAUSE_MS));
    await client.whenConnected();
    await client.send(refFor(room, client.user), keyed(`${client.name}/${room.kind}/${n}`, 'words'));
  }
}

/** Sends over REST, some of them again with the same client id, as an app's server does that got no answer. */
async function repeat(sender: NativeSender, room: WorldRoom, random: Random, share: number): Promise<void> {
  for (let n = 0; n < MESSAGES_PER_CLIENT; n += 1) {
    await pace(random.below(LONGEST_PAUSE_MS));
    const text = keyed(`${sender.name}/${n}`, 'words');
    const first = await sender.send(room, text);
    if (first.status === 'failed' || random.next() < share) await sender.send(room, text);
  }
}

async function strike(stack: Stack, plan: ChaosPlan, random: Random, struck: string[]): Promise<void> {
  const [first, ...others] = plan.victims;
  for (let n = 0; n < plan.strikes && first !== undefined; n += 1) {
    await pace(100 + random.below(600));
    const victim = random.pick([first, ...others]);
    struck.push(victim);
    await stack.strike(victim);
  }
}

/** Waits until every client is back and has everything that the rooms hold, then judges. A deadline missed is the judge's to tell. */
export async function settle(play: Play, rooms: readonly WorldRoom[], withinMs: number): Promise<Verdict> {
  const { history, world } = play;
  // Who is away is owed nothing yet: judged then, a client that never comes back would be forgiven everything.
  await play.allConnected();
  const logOf = await world.logs(rooms);
  await history
    .until(() => missingDeliveries(history.events, { logOf }).length === 0, withinMs)
    .catch((error: unknown) => console.warn(String(error)));
  return judge(history.events, { logOf: await world.logs(rooms) });
}
