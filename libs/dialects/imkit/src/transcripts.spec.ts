import { readFileSync } from 'node:fs';
import type { Delivery, DomainEventType, HttpRequest, RoomView } from '@parlance/dialect-kit';
import { EVENT_TYPES, sampleEvents, sampleTenant, sampleView } from '@parlance/dialect-kit/conformance';
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
import { imkit } from './index.js';
import { news, pair, team, world } from './world.fixture.js';

/**
 * Golden frames: what the vendor's clients and documentation send, and what we answer and send, held still here. A change of these
 * files is a change of the wire.
 */

const ROOMS: Readonly<Record<string, RoomView>> = { pair, team, news };

/** The value as it looks after the wire: no `undefined`. */
function onTheWire(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function transcript<S extends z.ZodType>(name: string, entry: S): z.output<S>[] {
  const text = readFileSync(new URL(`../transcripts/${name}.json`, import.meta.url), 'utf8');
  return z.array(entry).parse(JSON.parse(text));
}

const inbound = transcript(
  'inbound',
  z.strictObject({
    says: z.string(),
    event: z.string(),
    args: z.array(z.unknown()),
    claim: z.unknown(),
    asks: z.unknown(),
    reply: z.unknown(),
  }),
);

describe('what a client emits', () => {
  it('is recorded for every inbound event', () => {
    expect([...new Set(inbound.map(({ event }) => event))].sort()).toEqual([...imkit.inbound.keys()].sort());
  });

  it.each(inbound)('$event: $says', async ({ event, args, claim, asks, reply }) => {
    const translation = imkit.inbound.get(event)?.parse(args, { acked: true, tenant: sampleTenant(), user: null });
    const { execute, intents } = world();
    const given = await translation?.run(execute);
    const found = { claim: translation?.claim, asks: intents[0] ?? null, reply: given };
    expect(onTheWire(found)).toEqual({ claim, asks, reply });
  });
});

const rest = transcript(
  'rest',
  z.strictObject({
    says: z.string(),
    route: z.string(),
    request: z.object({
      params: z.record(z.string(), z.string()).default({}),
      query: z.record(z.string(), z.unknown()).default({}),
      headers: z.record(z.string(), z.string()).default({}),
      body: z.unknown().optional(),
      file: z.string().optional(),
    }),
    claim: z.unknown(),
    asks: z.unknown(),
    answer: z.unknown(),
  }),
);

describe('what a client calls over REST', () => {
  const routes = new Map((imkit.http?.routes ?? []).map((route) => [`${route.method} ${route.path}`, route]));

  it('is recorded for every route', () => {
    expect([...new Set(rest.map(({ route }) => route))].sort()).toEqual([...routes.keys()].sort());
  });

  it.each(rest)('$route: $says', async ({ route, request, claim, asks, answer }) => {
    const { file, ...sent } = request;
    const bytes = new Uint8Array(3);
    const files = file === undefined ? [] : [{ field: 'file', name: file, mimeType: 'image/png', bytes }];
    const full: HttpRequest = { ...sent, body: sent.body, files };
    const translation = routes.get(route)?.parse(full);
    const { execute, intents } = world();
    const given = await translation?.run(execute, () => Promise.resolve(execute));
    expect(onTheWire({ claim: translation?.claim, asks: intents.map(withoutBytes), answer: given })).toEqual({
      claim,
      asks,
      answer,
    });
  });
});

function withoutBytes(intent: object): object {
  return 'bytes' in intent ? { ...intent, bytes: undefined } : intent;
}

const outbound = transcript(
  'outbound',
  z.strictObject({
    says: z.string(),
    of: z.enum(EVENT_TYPES),
    room: z.string(),
    message: z.record(z.string(), z.unknown()).optional(),
    change: z.record(z.string(), z.unknown()).optional(),
    replied: z.record(z.string(), z.unknown()).optional(),
    deliveries: z.unknown(),
  }),
);

/** A delivery as the transcript writes it: one frame for all, or one per viewer. */
function written(delivery: Delivery, viewers: readonly string[]): unknown {
  const { to, except } = delivery;
  if ('frame' in delivery) return { to, except, frame: delivery.frame };
  return { to, except, each: Object.fromEntries(viewers.map((viewer) => [viewer, delivery.each(viewer)])) };
}

const domainEvent = z.union([factSchema, receiptChangedSchema, signalSchema, streamAdvancedSchema, userEventSchema]);

function heard(type: DomainEventType, room: RoomView, entry: (typeof outbound)[number]): unknown {
  const [sample] = sampleEvents(room)[type];
  const carried = sample !== undefined && 'message' in sample && typeof sample.message === 'object';
  const message = carried ? { message: { ...Object(sample.message), ...entry.message } } : {};
  const event = domainEvent.parse({ ...sample, ...message, ...entry.change });
  const renderer = imkit.outbound[event.type];
  const replied = entry.replied === undefined ? null : messageSchema.parse(entry.replied);
  // The renderer found by an event's type is that event's.
  const deliveries = 'render' in renderer ? renderer.render(event as never, { ...sampleView(room), replied }) : [];
  const viewers = room.members.map(({ userId }) => userId);
  return deliveries.map((delivery) => written(delivery, viewers));
}

describe('what a client hears', () => {
  it('is recorded for every event that the wire has a word for', () => {
    const worded = Object.entries(imkit.outbound).flatMap(([type, entry]) => ('render' in entry ? [type] : []));
    expect([...new Set(outbound.map(({ of }) => of))].sort()).toEqual(worded.sort());
  });

  it.each(outbound)('$of: $says', (entry) => {
    const view = ROOMS[entry.room];
    if (view === undefined) throw new Error(`no such room in this spec: ${entry.room}`);
    expect(onTheWire(heard(entry.of, view, entry))).toEqual(entry.deliveries);
  });
});
