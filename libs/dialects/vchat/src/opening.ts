import type { Handshake, Opening } from '@parlance/dialect-kit';

function first(value: unknown): string | null {
  const one: unknown = Array.isArray(value) ? value[0] : value;
  return typeof one === 'string' && one.trim() !== '' ? one : null;
}

/** A client that has not signed in yet writes `Bearer null`. */
export function tokenIn(value: unknown): string | null {
  const token = (first(value) ?? '').replace(/^\s*Bearer(?:\s+|$)/i, '').trim();
  return token === '' || token === 'null' || token === 'undefined' ? null : token;
}

function isMarked({ headers, query, auth }: Handshake): boolean {
  if (first(query['auth']) !== null || first(headers['clint-version']) !== null) return true;
  // other wires' clients may send the header as well, beside a credential of their own
  const isBare = auth['token'] === undefined && first(query['token']) === null;
  return isBare && first(headers['authorization']) !== null;
}

/** Where a client put no token at all, this one is refused in its place: it never says later who it is. */
const NO_TOKEN = 'null';

/**
 * The header goes before the query, where a browser (which cannot set headers) has its only credential. Both are there by default.
 * The Dart client brings no session back. It fetches anew what it missed, but takes a replay just as well: what it knows by its
 * local id it drops.
 */
export const opening: Opening = {
  marks: isMarked,
  claim: (handshake) => {
    const token = tokenIn(handshake.headers['authorization']) ?? tokenIn(handshake.query['auth']);
    if (token !== null) return { credential: token };
    return isMarked(handshake) ? { credential: NO_TOKEN } : null;
  },
  resumes: 'by-user',
};
