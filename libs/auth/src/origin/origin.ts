import { ParlanceError, type CredentialKind } from '@parlance/domain';

/** What a request's browser said of where it comes from, against what its credential may be used from. */
export interface OriginCheck {
  readonly kind: CredentialKind;
  /** the tenant's allow-list; empty = any origin and none */
  readonly allowed: readonly string[];
  /** the Origin header as it came; null = the request had none */
  readonly origin: string | null;
}

/**
 * Throws `permission-denied` when a credential is used from where it must not be. A secret or operator key in a browser is a
 * leaked key, so any Origin header refuses it. A publishable key with an allow-list works from the listed origins alone; user
 * tokens and keyless requests also work without an origin, as apps that are no web page send none.
 */
export function checkOrigin({ kind, allowed, origin }: OriginCheck): void {
  if (kind === 'secret' || kind === 'operator')
    return refuseIf(origin !== null, `A ${kind} key must not be used from a browser.`);
  if (allowed.length === 0) return;
  if (origin === null) return refuseIf(kind === 'publishable', 'This key works from its listed origins only.');
  refuseIf(!isListed(origin, allowed), 'This origin is not allowed.');
}

function refuseIf(condition: boolean, message: string): void {
  if (condition) throw new ParlanceError('permission-denied', message);
}

function isListed(origin: string, allowed: readonly string[]): boolean {
  const wanted = canonicalOrigin(origin);
  return wanted !== null && allowed.some((item) => canonicalOrigin(item) === wanted);
}

/** Scheme, host and port, spelled one way; null for what is no origin (also the opaque `null` that sandboxed pages send). */
export function canonicalOrigin(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const { protocol, host, pathname, search, hash, username } = new URL(text);
  const bare = host !== '' && search === '' && hash === '' && username === '' && (pathname === '/' || pathname === '');
  return bare ? `${protocol}//${host}` : null;
}

/** The longest DNS name, a port and the dot of the root. */
const MAX_HOST_CHARS = 260;

/** A Host header without its port, in lower case; null when it is absent or no host name. IPv6 keeps its brackets. */
export function canonicalHost(header: string | null): string | null {
  if (header === null || header.length > MAX_HOST_CHARS) return null;
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:/?#@\s[\]]+?)\.?(?::\d{1,5})?$/.exec(header.trim());
  return match?.[1]?.toLowerCase() ?? null;
}
