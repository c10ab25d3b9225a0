import type { IncomingHttpHeaders } from 'node:http';

export interface Forwarded {
  readonly headers: IncomingHttpHeaders;
  readonly socket: { readonly remoteAddress?: string | undefined };
}

/**
 * The address a request comes from. Each proxy appends the address it saw to X-Forwarded-For, so only as many entries from
 * the right are believed as there are proxies of ours: what a client writes itself stands further left.
 */
export function clientAddress(request: Forwarded, trustedProxies: number): string {
  const direct = request.socket.remoteAddress ?? 'unknown';
  if (trustedProxies === 0) return direct;
  const header = request.headers['x-forwarded-for'];
  const hops = (typeof header === 'string' ? header : (header ?? []).join(',')).split(',').map((hop) => hop.trim());
  return hops.filter((hop) => hop !== '').at(-trustedProxies) ?? direct;
}
