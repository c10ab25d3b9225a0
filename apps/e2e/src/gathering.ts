import {
  judge,
  keyed,
  keyOf,
  missingDeliveries,
  refFor,
  type ChatClient,
  type HistoryEvent,
  type Stack,
  type Verdict,
  type WorldRoom,
} from '@parlance/testing';
import { CLIENTS, stage, type Play } from './people.js';

const THINGS_SAID = 3;
/** Until everything that was said has been heard. */
const SETTLE_MS = 45_000;

export interface Gathering {
  readonly verdict: Verdict;
  /** keys in the order of the room's log */
  readonly log: readonly string[];
  /** what each dialect's client must hear: the log, without its own where its wire does not tell it */
  readonly due: Readonly<Record<string, readonly string[]>>;
  /** keys as each dialect's client heard them, repeats of another connection left out */
  readonly heard: Readonly<Record<string, readonly string[]>>;
}

interface Room {
  readonly play: Play;
  readonly room: WorldRoom;
  readonly clients: readonly ChatClient[];
}

/** A client of each of these dialects, at the gateways in turn, in one group (two of them: a direct room): all talk at once. */
export async function gathering(stack: Stack, dialects: readonly string[]): Promise<Gathering> {
  return inOneRoom(stack, dialects, async ({ clients, room }) => {
    await Promise.all(clients.map((client) => talk(client, room)));
  });
}

/** The client of `cut` loses its connection; the others talk while it is away, and it comes back by itself. */
export async function gatheringWithout(stack: Stack, dialects: readonly string[], cut: string): Promise<Gathering> {
  return inOneRoom(stack, dialects, async ({ clients, room }) => {
    const away = clients.find(({ dialect }) => dialect === cut);
    if (away === undefined) throw new Error(`No client of ${cut} is there.`);
    const others = clients.filter((client) => client !== away);
    await say(others[0] ?? away, room, 'all are here');
    await cutOff(away);
    await Promise.all(others.map((client) => talk(client, room)));
    await away.whenConnected();
    await say(others[0] ?? away, room, 'welcome back');
    await say(away, room, 'I am back');
  });
}

async function inOneRoom(
  stack: Stack,
  dialects: readonly string[],
  happen: (room: Room) => Promise<void>,
): Promise<Gathering> {
  const play = stage(stack);
  try {
    const room = await gather(play, dialects);
    await happen(room);
    return await seenIn(room);
  } finally {
    await play.end();
  }
}

async function gather(play: Play, dialects: readonly string[]): Promise<Room> {
  const run = Date.now().toString(36);
  const users = await Promise.all(dialects.map((dialect) => play.world.user(`${dialect}-${run}`)));
  const room = await play.world.room(users);
  const clients: ChatClient[] = [];
  for (const [index, user] of users.entries()) {
    const enter = CLIENTS[dialects[index] ?? ''];
    if (enter === undefined) throw new Error(`No client speaks ${dialects[index]}.`);
    const client = await enter(play, user, index);
    await client.openRoom(refFor(room, user));
    clients.push(client);
  }
  return { play, room, clients };
}

async function talk(client: ChatClient, room: WorldRoom): Promise<void> {
  for (let n = 0; n < THINGS_SAID; n += 1) await say(client, room, `thing ${n}`);
}

async function say(client: ChatClient, room: WorldRoom, words: string): Promise<void> {
  const outcome = await client.send(refFor(room, client.user), keyed(`${room.id}/${client.dialect}/${words}`, words));
  if (outcome.status !== 'acked') throw new Error(`${client.name}: '${words}' was not sent, ${outcome.code}.`);
}

async function cutOff(client: ChatClient): Promise<void> {
  client.dropTransport();
  await client.whenDisconnected();
}

async function seenIn({ play: { history, world, api }, room, clients }: Room): Promise<Gathering> {
  const logOf = await world.logs([room]);
  await history.until(() => missingDeliveries(history.events, { logOf }).length === 0, SETTLE_MS);
  const log = (await api.messages(room.id)).map(({ text }) => keyOf(text ?? ''));
  const byDialect = (keysOf: (client: ChatClient) => readonly string[]) =>
    Object.fromEntries(clients.map((client) => [client.dialect, keysOf(client)]));
  return {
    verdict: judge(history.events, { logOf }),
    log,
    due: byDialect((client) => log.filter((key) => hearsOwn(history.events, client) || !isOf(client, key))),
    heard: byDialect((client) => [...new Set(keysHeard(history.events, client))]),
  };
}

function keysHeard(events: readonly HistoryEvent[], { name }: ChatClient): readonly string[] {
  return events.flatMap((event) => (event.type === 'received' && event.client === name ? [event.key] : []));
}

function hearsOwn(events: readonly HistoryEvent[], { name }: ChatClient): boolean {
  return events.some((event) => event.type === 'client' && event.client === name && event.hearsOwn);
}

function isOf({ dialect }: ChatClient, key: string): boolean {
  return key.split('/')[1] === dialect;
}
