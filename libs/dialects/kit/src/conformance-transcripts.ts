import { readFileSync } from 'node:fs';
import {
  factSchema,
  messageSchema,
  receiptChangedSchema,
  signalSchema,
  streamAdvancedSchema,
  userEventSchema,
} from '@parlance/domain';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { recordingExecute } from './conformance-values.js';
import type { Dialect, DomainEvent, OutboundTable, View } from './dialect.js';
import type { Delivery, Frame } from './frame.js';
import type { HttpRoute } from './http.js';
import type { RoomView } from './intent.js';
import { EVENT_TYPES, sampleEvents } from './samples/events.js';
import { sampleTenant, sampleView } from './samples/values.js';

/** What the golden frames of the dialects share: a folder `transcripts` of JSON files beside each dialect's `src`. */

/** The recorded file as the schema has it. Throws ZodError when it is something else. */
export function readTranscript<S extends z.ZodType>(file: URL, schema: S): z.output<S> {
  return schema.parse(JSON.parse(readFileSync(file, 'utf8')));
}

/** The value as it looks after the wire: no `undefined` in it, and null instead of it. */
export function onTheWire(value: unknown): unknown {
  return value === undefined ? null : JSON.parse(JSON.stringify(value));
}

/** Fails unless the entries name all of these, and nothing else. */
export function expectRecorded(entries: Iterable<string>, names: Iterable<string>): void {
  expect([...new Set(entries)].sort()).toEqual([...names].sort());
}

/** Answers intents and writes them down. */
type World = () => ReturnType<typeof recordingExecute>;

const emittedEntry = z.strictObject({
  says: z.string(),
  event: z.string(),
  args: z.array(z.unknown()),
  acked: z.boolean().default(true),
  claim: z.unknown(),
  asks: z.unknown(),
  reply: z.unknown(),
});

/** Holds what every inbound event claims, asks the domain and is answered in a world to what is recorded. */
export function emittingTranscript({ inbound }: Dialect, file: URL, world: World): void {
  const entries = readTranscript(file, z.array(emittedEntry));

  describe('what a client emits', () => {
    it('is recorded for every inbound event', () => {
      expectRecorded(
        entries.map(({ event }) => event),
        inbound.keys(),
      );
    });

    it.each(entries)('$event: $says', async ({ event, args, acked, claim, asks, reply }) => {
      const translation = inbound.get(event)?.parse(args, { acked, tenant: sampleTenant(), user: null });
      const { execute, intents } = world();
      const given = await translation?.run(execute);
      const found = { claim: translation?.claim, asks: intents[0] ?? null, reply: given };
      expect(onTheWire(found)).toEqual({ claim, asks, reply });
    });
  });
}

/** A recorded REST request; where its files stand is up to each wire. */
export const recordedRequest = z.object({
  params: z.record(z.string(), z.string()).default({}),
  query: z.record(z.string(), z.unknown()).default({}),
  headers: z.record(z.string(), z.string()).default({}),
  body: z.unknown().optional(),
});

/** The REST routes of a dialect by `<method> <path>`, as transcripts name them. */
export function routesByName({ http }: Dialect): ReadonlyMap<string, HttpRoute> {
  return new Map((http?.routes ?? []).map((route) => [`${route.method} ${route.path}`, route]));
}

const calledEntry = z.strictObject({
  says: z.string(),
  route: z.string(),
  request: recordedRequest.extend({ file: z.string().optional() }),
  claim: z.unknown(),
  asks: z.unknown(),
  answer: z.unknown(),
});

export interface Calling {
  /** a list of requests and what becomes of them; `file` of a request: the name of a picture sent along */
  readonly file: URL;
  readonly world: World;
  /** what the file writes down of the intents; default: all of them */
  readonly asked?: (intents: readonly object[]) => unknown;
}

/** Holds what every REST route claims, asks the domain and answers in a world to what is recorded. */
export function callingTranscript(dialect: Dialect, { file, world, asked = (all) => all }: Calling): void {
  const entries = readTranscript(file, z.array(calledEntry));
  const routes = routesByName(dialect);

  describe('what a client calls over REST', () => {
    it('is recorded for every route', () => {
      expectRecorded(
        entries.map(({ route }) => route),
        routes.keys(),
      );
    });

    it.each(entries)('$route: $says', async ({ route, request, claim, asks, answer }) => {
      const { file: name, ...sent } = request;
      const picture = { field: 'file', mimeType: 'image/png', bytes: new Uint8Array(3) };
      const files = name === undefined ? [] : [{ ...picture, name }];
      const translation = routes.get(route)?.parse({ ...sent, body: sent.body, files });
      const { execute, intents } = world();
      const given = await translation?.run(execute, () => Promise.resolve(execute));
      const found = { claim: translation?.claim, asks: asked(intents.map(withoutBytes)), answer: given };
      expect(onTheWire(found)).toEqual({ claim, asks, answer });
    });
  });
}

function withoutBytes(intent: object): object {
  return 'bytes' in intent ? { ...intent, bytes: undefined } : intent;
}

/** `message` changes the message that the event carries, `change` the event itself; `replied` is the view's, if recorded. */
const heardEntry = z.strictObject({
  says: z.string(),
  of: z.enum(EVENT_TYPES),
  room: z.string(),
  message: z.record(z.string(), z.unknown()).optional(),
  change: z.record(z.string(), z.unknown()).optional(),
  replied: messageSchema.optional(),
  deliveries: z.unknown(),
});
type HeardEntry = z.output<typeof heardEntry>;

export interface Hearing {
  /** a list of sample events (changed as its entries say) and their deliveries */
  readonly file: URL;
  /** the rooms that the entries name */
  readonly rooms: Readonly<Record<string, RoomView>>;
  /** what the view has besides the tenant and the room; an entry's own `replied` comes before it */
  readonly view?: Partial<View>;
  /** how the file writes a frame down; default: as it is */
  readonly written?: (frame: Frame) => unknown;
}

/** Holds the rendering of every event that the wire has a word for to what is recorded. */
export function hearingTranscript(outbound: OutboundTable, hearing: Hearing): void {
  const entries = readTranscript(hearing.file, z.array(heardEntry));

  describe('what a client hears', () => {
    it('is recorded for every event that the wire has a word for', () => {
      expectRecorded(
        entries.map(({ of }) => of),
        EVENT_TYPES.filter((type) => 'render' in outbound[type]),
      );
    });

    it.each(entries)('$of: $says', (entry) => {
      expect(onTheWire(heard(outbound, hearing, entry))).toEqual(entry.deliveries);
    });
  });
}

function heard(outbound: OutboundTable, { rooms, view, written }: Hearing, entry: HeardEntry): unknown {
  const room = rooms[entry.room];
  if (room === undefined) throw new Error(`no such room in this spec: ${entry.room}`);
  const event = eventOf(room, entry);
  const renderer = outbound[event.type];
  const replied = entry.replied === undefined ? {} : { replied: entry.replied };
  // The renderer found by an event's type is that event's.
  const render = 'render' in renderer ? renderer.render : () => [];
  const deliveries = render(event as never, { ...sampleView(room), ...view, ...replied });
  const viewers = room.members.map(({ userId }) => userId);
  return deliveries.map((delivery) => recordedDelivery(delivery, viewers, written));
}

const domainEvent = z.union([factSchema, receiptChangedSchema, signalSchema, streamAdvancedSchema, userEventSchema]);

function eventOf(room: RoomView, { of, message, change }: HeardEntry): DomainEvent {
  const [sample] = sampleEvents(room)[of];
  const carried =
    sample !== undefined && 'message' in sample ? { message: { ...Object(sample.message), ...message } } : {};
  return domainEvent.parse({ ...sample, ...carried, ...change });
}

/** A delivery as transcripts write it: one frame for all, or one per viewer. */
export function recordedDelivery(
  delivery: Delivery,
  viewers: readonly string[],
  written: (frame: Frame) => unknown = (frame) => frame,
): object {
  const { to, except } = delivery;
  if ('frame' in delivery) return { to, except, frame: written(delivery.frame) };
  const shown = (frame: Frame | null) => (frame === null ? null : written(frame));
  return { to, except, each: Object.fromEntries(viewers.map((viewer) => [viewer, shown(delivery.each(viewer))])) };
}
