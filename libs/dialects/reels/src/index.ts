import type { Claim, Dialect, Handshake } from '@parlance/dialect-kit';
import { inbound } from './inbound.js';
import { outbound } from './outbound.js';
import { refused, unverified } from './reply.js';
import { NAME } from './wire.js';

/**
 * The dialect of the social app with reels (../README.md). Its clients may never emit anything, so it is known by the token in the
 * handshake; whoever is refused there hears why as an event.
 */
export const reels: Dialect = {
  name: NAME,
  opening: {
    marks: ({ auth, query }) => tokenIn(auth['token']) !== null || tokenIn(query['token']) !== null,
    claim: handshakeClaim,
    resumes: 'named',
    atConnect: { objection: (user) => (user.verified ? null : unverified()), refuse: refused },
  },
  inbound,
  outbound,
  refuse: refused,
  http: null,
  presenceIsPushed: true,
};

function handshakeClaim({ auth, headers, query }: Handshake): Claim | null {
  const credential = tokenIn(auth['token']) ?? tokenIn(headers['authorization']) ?? tokenIn(query['token']);
  return credential === null ? null : { credential };
}

/** With or without `Bearer` before it, wherever it stands. */
function tokenIn(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const token = value.replace(/^Bearer(?:\s+|$)/i, '').trim();
  return token === '' ? null : token;
}
