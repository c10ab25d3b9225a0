import { callingTranscript, emittingTranscript, hearingTranscript } from '@parlance/dialect-kit/conformance';
import { imkit } from './index.js';
import { news, pair, team, world } from './world.fixture.js';

/**
 * Golden frames: what the vendor's clients and documentation send, and what we answer and send, held still here. A change of these
 * files is a change of the wire.
 */

const file = (name: string) => new URL(`../transcripts/${name}.json`, import.meta.url);

emittingTranscript(imkit, file('inbound'), world);
callingTranscript(imkit, { file: file('rest'), world });
hearingTranscript(imkit.outbound, { file: file('outbound'), rooms: { pair, team, news }, view: { replied: null } });
