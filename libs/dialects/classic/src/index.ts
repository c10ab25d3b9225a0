import type { Claim, Dialect, Handshake } from '@parlance/dialect-kit';
import { inbound } from './inbound.js';
import { outbound } from './outbound.js';
import { errorLogged } from './reply.js';
import { NAME } from './wire.js';

/**
 * The numeric-id dialect (../README.md). A handshake never betrays it: a lone `token` is another wire's mark, so at the root its
 * connections are known by their first event, and their token is read once that is settled.
 */
export const classic: Dialect = {
  name: NAME,
  opening: { marks: () => false, claim: handshakeClaim, resumes: 'by-user' },
  inbound,
  outbound,
  refuse: errorLogged,
  http: null,
};

function handshakeClaim({ auth, query }: Handshake): Claim | null {
  const token = [auth['token'], query['token']].find((candidate) => typeof candidate === 'string' && candidate !== '');
  return typeof token === 'string' ? { credential: token } : null;
}
