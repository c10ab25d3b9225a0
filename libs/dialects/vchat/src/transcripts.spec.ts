import type { Frame, HttpRequest } from '@parlance/dialect-kit';
import {
  expectRecorded,
  hearingTranscript,
  onTheWire,
  readTranscript,
  recordedRequest,
  routesByName,
  sampleTenant,
} from '@parlance/dialect-kit/conformance';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { vchat } from './index.js';
import { first, news, pair, team, world } from './world.fixture.js';

/**
 * Golden frames, from the README's tables. They hold still what we answer and send: a change of these files is a change of the wire.
 * What is JSON text on the wire stands here as what it says, under `json`.
 */

/** Exactly one argument, a text that holds JSON. */
function written({ event, args }: Frame): object {
  expect(args).toHaveLength(1);
  return { event, json: JSON.parse(z.string().parse(args[0])) };
}

const emittedEntry = z.strictObject({
  says: z.string(),
  event: z.string(),
  json: z.unknown(),
  asks: z.unknown(),
  frames: z.unknown(),
});

describe('what a client emits', () => {
  const entries = readTranscript(new URL('../transcripts/inbound.json', import.meta.url), z.array(emittedEntry));

  it('is recorded for every inbound event', () => {
    expectRecorded(
      entries.map(({ event }) => event),
      vchat.inbound.keys(),
    );
  });

  it.each(entries)('$event: $says', async ({ event, json, asks, frames }) => {
    const context = { acked: false, tenant: sampleTenant(), user: null };
    const translation = vchat.inbound.get(event)?.parse([JSON.stringify(json)], context);
    const { execute, intents } = world();
    const reply = await translation?.run(execute);
    const said = (reply?.frames ?? []).map(written);
    expect({ asks: onTheWire(intents[0]), frames: onTheWire(said) }).toEqual({ asks, frames });
  });
});

const fileSchema = z.object({ field: z.string(), name: z.string(), mimeType: z.string() });
const restEntry = z.strictObject({
  says: z.string(),
  route: z.string(),
  request: recordedRequest.extend({ files: z.array(fileSchema).default([]) }),
  asks: z.unknown(),
  answer: z.unknown(),
});

describe('what a client calls over REST', () => {
  const entries = readTranscript(new URL('../transcripts/rest.json', import.meta.url), z.array(restEntry));
  const routes = routesByName(vchat);
  const headers = { authorization: 'Bearer the-token' };

  it('is recorded for every route', () => {
    expectRecorded(
      entries.map(({ route }) => route),
      routes.keys(),
    );
  });

  it.each(entries)('$route: $says', async ({ route, request, asks, answer }) => {
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

hearingTranscript(vchat.outbound, {
  file: new URL('../transcripts/outbound.json', import.meta.url),
  rooms: { pair, team, news },
  view: { replied: first },
  written,
});
