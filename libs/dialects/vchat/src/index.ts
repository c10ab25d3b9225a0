import type { Dialect } from '@parlance/dialect-kit';
import { http } from './http.js';
import { inbound } from './inbound.js';
import { opening } from './opening.js';
import { outbound } from './outbound.js';
import { failure } from './reply.js';
import { NAME } from './wire.js';

/** V Chat: known by the credential in its handshake; sends over REST and hears over the socket. */
export const vchat: Dialect = {
  name: NAME,
  opening,
  inbound,
  outbound,
  refuse: failure,
  http,
  confirmsDelivery: true,
};
