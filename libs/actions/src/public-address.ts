import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { ParlanceError } from '@parlance/domain';
import ipaddr from 'ipaddr.js';

export type ResolveHost = (host: string) => Promise<readonly LookupAddress[]>;

/**
 * Whether an address is one of the public internet: not this machine's, a private, link-local or shared network's, a metadata service's,
 * nor one of those in the clothes of IPv6 (mapped, 6to4, NAT64, Teredo).
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  if (parsed.range() !== 'unicast') return false;
  // Every global IPv6 address begins with 001; what was not given out is nobody's.
  return parsed.kind() === 'ipv4' || parsed.match(ipaddr.IPv6.parse('2000::'), 3);
}

/**
 * A `lookup` for a connection that goes nowhere but to public addresses. Asked when the connection is made, so that a name which answers
 * otherwise a moment later deceives nobody. A name with any address that is not public is refused whole.
 */
export function publicLookup(resolve: ResolveHost, isAllowed: (address: string) => boolean): LookupFunction {
  return (host, options, callback) => {
    resolve(host).then(
      (addresses) => {
        const [first] = addresses;
        if (first === undefined || !addresses.every(({ address }) => isAllowed(address))) {
          callback(notPublic(), '', 0);
        } else if (options.all === true) callback(null, [...addresses]);
        else callback(null, first.address, first.family);
      },
      (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), '', 0),
    );
  };
}

/** A literal address is never looked up, so it is checked by itself. Throws for one that is not allowed. */
export function checkHost({ hostname }: URL, isAllowed: (address: string) => boolean): void {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && !isAllowed(host)) throw notPublic();
}

export function resolveHost(host: string): Promise<readonly LookupAddress[]> {
  return new Promise((resolve, reject) => {
    systemLookup(host, { all: true, verbatim: true }, (error, addresses) => {
      if (error === null) resolve(addresses);
      else reject(error);
    });
  });
}

/** The same words as for a page that is not there: what stands on a private network is nobody's business. */
export function notPublic(): ParlanceError {
  return new ParlanceError('not-found', 'The page cannot be reached.');
}
