import type { HttpRequest } from '@parlance/dialect-kit';
import {
  emittingTranscript,
  expectRecorded,
  hearingTranscript,
  onTheWire,
  readTranscript,
  recordedRequest,
  routesByName,
} from '@parlance/dialect-kit/conformance';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { imkit } from './index.js';
import { news, pair, team, world } from './world.fixture.js';

/**
 * Golden frames: what the vendor's clients and documentation send, and what we answer and send, held still here. A change of these
 * files is a change of the wire.
 */

emittingTranscript(imkit, new URL('../transcripts/inbound.json', import.meta.url), world);

const restEntry = z.strictObject({
  says: z.string(),
  route: z.string(),
  request: recordedRequest.extend({ file: z.string().optional() }),
  claim: z.unknown(),
  asks: z.unknown(),
  answer: z.unknown(),
});

describe('what a client calls over REST', () => {
  const entries = readTranscript(new URL('../transcripts/rest.json', import.meta.url), z.array(restEntry));
  const routes = routesByName(imkit);

  it('is recorded for every route', () => {
    expectRecorded(
      entries.map(({ route }) => route),
      routes.keys(),
    );
  });

  it.each(entries)('$route: $says', async ({ route, request, claim, asks, answer }) => {
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

hearingTranscript(imkit.outbound, {
  file: new URL('../transcripts/outbound.json', import.meta.url),
  rooms: { pair, team, news },
  view: { replied: null },
});
