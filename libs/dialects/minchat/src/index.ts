import type { Dialect } from '@parlance/dialect-kit';
import { http } from './http.js';
import { inbound } from './inbound.js';
import { outbound } from './outbound.js';
import { failure } from './reply.js';
import { NAME } from './wire.js';

/** A frame with the largest file, and what stands beside it, bytes. */
const MAX_FILE_FRAME = 28 * 1_048_576;

/** MinChat: its clients show nothing in the handshake, so a connection is known by its first event. */
export const minchat: Dialect = {
  name: NAME,
  opening: { marks: () => false, claim: () => null, resumes: 'named' },
  inbound,
  outbound,
  refuse: failure,
  http,
  maxPacketBytes: MAX_FILE_FRAME,
  presenceIsPushed: true,
};
