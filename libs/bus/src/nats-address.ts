import { ParlanceError } from '@parlance/domain';

/** Where NATS is, taken apart: the client library reads no credentials from a URL. */
export interface NatsAddress {
  /** `host:port` */
  readonly servers: readonly string[];
  readonly tls: boolean;
  readonly credentials: { readonly user: string; readonly pass: string } | { readonly token: string } | null;
  /** The servers as they may be shown: without credentials. */
  readonly shown: string;
}

/** Reads `nats://[user:pass@|token@]host[:port]`, `tls://...` or bare `host:port`, several separated by commas. Errors: `invalid`. */
export function parseNatsAddress(servers: string | readonly string[]): NatsAddress {
  const texts = (typeof servers === 'string' ? servers.split(',') : servers).map((text) => text.trim());
  const urls = texts.filter((text) => text !== '').map(parseServer);
  if (urls.length === 0) throw new ParlanceError('invalid', 'No NATS server is named.');
  const tls = urls.some((url) => url.protocol === 'tls:');
  return {
    servers: urls.map(hostAndPort),
    tls,
    credentials: credentialsOf(urls.find((url) => url.username !== '')),
    shown: urls.map((url) => `${url.protocol}//${hostAndPort(url)}`).join(', '),
  };
}

function parseServer(text: string): URL {
  const withScheme = /^[a-z]+:\/\//i.test(text) ? text : `nats://${text}`;
  const url = URL.canParse(withScheme) ? new URL(withScheme) : null;
  // The text itself is not repeated: it may hold a password.
  if (url === null || url.hostname === '' || !['nats:', 'tls:'].includes(url.protocol)) {
    throw new ParlanceError('invalid', 'A NATS server is named as nats://host:port or tls://host:port.');
  }
  return url;
}

function hostAndPort(url: URL): string {
  return `${url.hostname}:${url.port === '' ? '4222' : url.port}`;
}

function credentialsOf(url: URL | undefined): NatsAddress['credentials'] {
  if (url === undefined) return null;
  const user = decodeURIComponent(url.username);
  return url.password === '' ? { token: user } : { user, pass: decodeURIComponent(url.password) };
}
