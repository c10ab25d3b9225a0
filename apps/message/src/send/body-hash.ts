import { createHash } from 'node:crypto';
import type { Draft } from '@parlance/domain';

/**
 * Tells whether a repeated client id comes with the same body. The order of keys does not count: a client may build the object anew.
 * 132 bits, base64: it guards against mistakes, not against an attacker, who can only surprise himself.
 */
export function bodyHash(draft: Draft): string {
  const body: unknown[] = [draft.type, draft.text, draft.replyTo, draft.attachment, draft.metadata, draft.extras];
  // Only where there is one: what was stored before forwards existed keeps its hash.
  if (draft.forwardOf !== null) body.push(draft.forwardOf);
  return createHash('sha256')
    .update(JSON.stringify(body.map(sorted)))
    .digest('base64')
    .slice(0, 22);
}

function sorted(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(sorted);
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => [key, sorted(item)]);
}
