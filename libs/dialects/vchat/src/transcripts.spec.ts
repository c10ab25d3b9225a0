import { readFileSync } from 'node:fs';
import type { Delivery, DomainEventType, Frame, HttpRequest, RoomView } from '@parlance/dialect-kit';
import { EVENT_TYPES, sampleEvents, sampleTenant, sampleView } from '@parlance/dialect-kit/conformance';
import { factSchema, receiptChangedSchema, signalSchema, userEventSchema } from '@parlance/domain';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { vchat } from './index.js';
import { first, news, pair, team, world } from './world.fixture.js';

/**
 * Golden frames, from the README's tables. They hold still what we answer and send: a change of these files is a change of the wire.
 * What is JSON text on the wire stands here as what it says, under `json`.
 */

/** The value as it looks after the wire: no `undefined`. */
function onTheWire(value: unknown): unknown {
  return value === undefined ? null : JSON.parse(JSON.stringify(value));
}

function transcript<S extends z.ZodType>(name: string, entry: S): z.output<S>[] {
  const text = readFileSync(new URL(`../transcripts/${name}.json`, import.meta.url), 'utf8');
  return z.array(entry).parse(JSON.parse(text));
}

/** Exactly one argument, a text that holds JSON. */
function written({ event, args }: Frame): object {
  expect(args).toHaveLength(1);
  return { event, json: JSON.parse(z.string().parse(args[0])) };
}

const inbound = transcript(
  'inbound',
  z.strictObject({
    says: z.string(),
    event: z.string(),
    json: z.unknown(),
    asks: z.unknown(),
    frames: z.unknown(),
  }),
);

describe('what a client emits', () => {
  it('is recorded for every inbound event', () => {
    expect([...new Set(inbound.map(({ event }) => event))].sort()).toEqual([...vchat.inbound.keys()].sort());
  });

  it.each(inbound)('$event: $says', async ({ event, json, asks, frames }) => {
    const context = { acked: false, tenant: sampleTenant(), user: null };
    const translation = vchat.inbound.get(event)?.parse([JSON.stringify(json)], context);
    const { execute, intents } = world();
    const reply = await translation?.run(execute);
    const said = (reply?.frames ?? []).map(written);
    expect({ asks: onTheWire(intents[0]), frames: onTheWire(said) }).toEqual({ asks, frames });
  });
});

const fileSchema = z.object({ field: z.string(), name: z.string(), mimeType: z.string() });
const rest = transcript(
  'rest',
  z.strictObject({
    says: z.string(),
    route: z.string(),
    request: z.object({
      params: z.record(z.string(), z.string()).default({}),
      query: z.record(z.string(), z.unknown()).default({}),
      body: z.unknown().optional(),
      files: z.array(fileSchema).default([]),
    }),
    asks: z.unknown(),
    answer: z.unknown(),
  }),
);

describe('what a client calls over REST', () => {
  const routes = new Map((vchat.http?.routes ?? []).map((route) => [`${route.method} ${route.path}`, route]));
  const headers = { authorization: 'Bearer the-token' };

  it('is recorded for every route', () => {
    expect([...new Set(rest.map(({ route }) => route))].sort()).toEqual([...routes.keys()].sort());
  });

  it.each(rest)('$route: $says', async ({ route, request, asks, answer }) => {
    const files = request.files.map((file) => ({ ...file, bytes: new Uint8Array(3) }));
    const full: HttpRequest = { ...request, body: request.body, headers, files };
    const translation = routes.get(route)?.parse(full);
    const { execute, intents } = world();
    const given = await translation?.run(execute, async () => execute);
    expect({ asks: onTheWire(intents.map(withoutBytes)), answer: onTheWire(given) }).toEqual({ asks, answer });
    const isOpen = routes.get(route)?.anonymous === true;
    expect(translation?.claim).toEqual(isOpen ? {} : { credential: 'the-token' });
  });
});

function withoutBytes(intent: object): object {
  return 'bytes' in intent ? { ...intent, bytes: '(3 bytes)' } : intent;
}

const ROOMS: Readonly<Record<string, RoomView>> = { pair, team, news };
const outbound = transcript(
  'outbound',
  z.strictObject({
    says: z.string(),
    of: z.enum(EVENT_TYPES),
    room: z.string(),
    message: z.record(z.string(), z.unknown()).optional(),
    change: z.record(z.string(), z.unknown()).optional(),
    deliveries: z.unknown(),
  }),
);

const domainEvent = z.union([factSchema, receiptChangedSchema, signalSchema, userEventSchema]);

function heard(type: DomainEventType, room: RoomView, change: object, message: object): unknown {
  const [sample] = sampleEvents(room)[type];
  const carried =
    sample !== undefined && 'message' in sample ? { message: { ...Object(sample.message), ...message } } : {};
  const event = domainEvent.parse({ ...sample, ...carried, ...change });
  const entry = vchat.outbound[event.type];
  // The renderer found by an event's type is that event's.
  const view = { ...sampleView(room), replied: first };
  const deliveries = 'render' in entry ? entry.render(event as never, view) : [];
  return deliveries.map((delivery) => shown(delivery));
}

function shown(delivery: Delivery): object {
  if (!('frame' in delivery)) throw new Error('this wire says the same to everybody');
  const { to, except, frame } = delivery;
  return { to, except, frame: written(frame) };
}

describe('what a client hears', () => {
  it('is recorded for every event that the wire has a word for', () => {
    const worded = Object.entries(vchat.outbound).flatMap(([type, entry]) => ('render' in entry ? [type] : []));
    expect([...new Set(outbound.map(({ of }) => of))].sort()).toEqual(worded.sort());
  });

  it.each(outbound)('$of: $says', ({ of, room, message, change, deliveries }) => {
    const view = ROOMS[room];
    if (view === undefined) throw new Error(`no such room in this spec: ${room}`);
    expect(onTheWire(heard(of, view, change ?? {}, message ?? {}))).toEqual(deliveries);
  });
});
