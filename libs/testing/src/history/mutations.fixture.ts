import type { HistoryEvent, LogEntry, Received, Sending } from './history.events.js';
import type { Run } from './simulation.fixture.js';

/** A bug planted into a faultless run, or null where the run has no place for it. `draw(n)`: an integer from 0 to n - 1. */
export type Mutation = (run: Run, draw: (below: number) => number) => Run | null;

type Placed = readonly [place: number, event: Received];

function receipts(run: Run): readonly Placed[] {
  return run.events.flatMap((event, place): Placed[] => (event.type === 'received' ? [[place, event]] : []));
}

function oneOf<T>(items: readonly T[], draw: (below: number) => number): T | null {
  return items.length === 0 ? null : (items[draw(items.length)] ?? null);
}

function without<T>(items: readonly T[], place: number): readonly T[] {
  return items.filter((_, at) => at !== place);
}

function inserted<T>(items: readonly T[], place: number, item: T): readonly T[] {
  return [...items.slice(0, place), item, ...items.slice(place)];
}

/** The clients that are connected when the run ends. */
function working(run: Run): ReadonlySet<string> {
  const names = new Set<string>();
  for (const event of run.events) {
    if (event.type === 'connected') names.add(event.client);
    if (event.type === 'disconnected') names.delete(event.client);
  }
  return names;
}

/** A message that a working client got exactly once never comes. */
const dropDelivery: Mutation = (run, draw) => {
  const all = receipts(run);
  const there = working(run);
  const isOnly = ([, { client, key }]: Placed): boolean =>
    there.has(client) && all.filter(([, other]) => other.client === client && other.key === key).length === 1;
  const chosen = oneOf(all.filter(isOnly), draw);
  return chosen === null ? null : { ...run, events: without(run.events, chosen[0]) };
};

/** Two messages that follow each other on one connection change places. */
const swapDeliveries: Mutation = (run, draw) => {
  const all = receipts(run);
  const pairs = all.flatMap(([place, event], at) => {
    const next = all.slice(at + 1).find(([, other]) => other.connection === event.connection);
    return next === undefined ? [] : [[place, next[0]] as const];
  });
  const chosen = oneOf(pairs, draw);
  if (chosen === null) return null;
  const [one, other] = chosen;
  const events = [...run.events];
  [events[one], events[other]] = [valueAt(events, other), valueAt(events, one)];
  return { ...run, events };
};

function valueAt(events: readonly HistoryEvent[], place: number): HistoryEvent {
  const event = events[place];
  if (event === undefined) throw new Error(`The run has no event ${place}.`);
  return event;
}

const doubleDelivery: Mutation = (run, draw) => {
  const chosen = oneOf(receipts(run), draw);
  return chosen === null ? null : { ...run, events: inserted(run.events, chosen[0], chosen[1]) };
};

/** An acknowledged message is not in the log, which closes over it as if it had never been. */
const loseStored: Mutation = (run, draw) => {
  const acked = new Set(run.events.flatMap((event) => (event.type === 'acked' ? [event.key] : [])));
  const chosen = oneOf(
    run.log.filter(({ key }) => key !== null && acked.has(key)),
    draw,
  );
  if (chosen === null) return null;
  const log = run.log.filter((entry) => entry !== chosen).map((entry, place) => ({ ...entry, seq: place + 1 }));
  return { ...run, log };
};

const holeInLog: Mutation = (run, draw) => {
  const place = run.log.length === 0 ? null : draw(run.log.length);
  if (place === null) return null;
  return { ...run, log: run.log.map((entry, at) => (at < place ? entry : { ...entry, seq: entry.seq + 1 })) };
};

const storeTwice: Mutation = (run, draw) => {
  const chosen = oneOf(run.log, draw);
  if (chosen === null) return null;
  const copy: LogEntry = { ...chosen, id: 'copy', seq: run.log.length + 1, createdAt: new Date(1e9).toISOString() };
  return { ...run, log: [...run.log, copy] };
};

const phantom: Mutation = (run, draw) => {
  const chosen = oneOf(receipts(run), draw);
  if (chosen === null) return null;
  const ghost: Received = { ...chosen[1], key: 'ghost', messageId: null };
  return { ...run, events: inserted(run.events, chosen[0], ghost) };
};

const strangerHears: Mutation = (run, draw) => {
  const chosen = oneOf(receipts(run), draw);
  if (chosen === null) return null;
  const eve = { client: 'eve', user: 'eve', connection: 'eve#1', at: 0 };
  const introduced: HistoryEvent[] = [
    { type: 'client', ...eve, dialect: 'any', hearsOwn: true },
    { type: 'connected', ...eve },
  ];
  return { ...run, events: [...introduced, ...inserted(run.events, chosen[0] + 1, { ...chosen[1], ...eve })] };
};

const clockTurnsBack: Mutation = (run, draw) => {
  if (run.log.length < 2) return null;
  const place = 1 + draw(run.log.length - 1);
  const createdAt = new Date(-1).toISOString();
  return { ...run, log: run.log.map((entry, at) => (at === place ? { ...entry, createdAt } : entry)) };
};

/** What one connection sent first is stored second, and everybody is shown it so. */
const swapSends: Mutation = (run, draw) => {
  const sends = run.events.filter((event): event is Sending => event.type === 'sending');
  const once = sends.filter(({ key }) => sends.filter((other) => other.key === key).length === 1);
  const stored = new Set(run.log.map(({ key }) => key));
  const pairs = once.flatMap((send) => {
    const later = once.find(
      (other) =>
        other.connection === send.connection && sends.indexOf(other) > sends.indexOf(send) && stored.has(other.key),
    );
    return later === undefined || !stored.has(send.key) ? [] : [[send.key, later.key] as const];
  });
  const chosen = oneOf(pairs, draw);
  if (chosen === null) return null;
  const [one, other] = chosen;
  const renamed = (key: string): string => (key === one ? other : key === other ? one : key);
  const log = run.log.map((entry) =>
    entry.key === null ? entry : { ...entry, key: renamed(entry.key), id: `id-${renamed(entry.key)}` },
  );
  const events = run.events.map((event) =>
    event.type === 'received'
      ? { ...event, key: renamed(event.key), messageId: event.messageId === null ? null : `id-${renamed(event.key)}` }
      : event,
  );
  return { events, log };
};

export const MUTATIONS: readonly (readonly [string, Mutation])[] = [
  ['a dropped delivery', dropDelivery],
  ['two swapped deliveries', swapDeliveries],
  ['a doubled delivery', doubleDelivery],
  ['an acknowledged message lost from the log', loseStored],
  ['a hole in the log', holeInLog],
  ['a message stored twice', storeTwice],
  ['a phantom', phantom],
  ['a stranger who hears the room', strangerHears],
  ['a clock that turns back', clockTurnsBack],
  ['two sends of one connection stored in the other order', swapSends],
];
