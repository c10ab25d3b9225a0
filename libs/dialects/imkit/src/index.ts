import type { Dialect } from '@parlance/dialect-kit';
import { encodings } from './encoding.js';
import { http } from './http.js';
import { inbound } from './inbound.js';
import { outbound } from './outbound.js';
import { failure } from './reply.js';
import { NAME } from './wire.js';

/** IMKit: nothing in the handshake tells it, so a connection is known by its first event, and says how it wants to be written to. */
export const imkit: Dialect = {
  name: NAME,
  opening: { marks: () => false, claim: () => null, resumes: 'at-identify' },
  inbound,
  outbound,
  refuse: (error) => failure(error),
  http,
  encodings,
  typingLapses: true,
};
