import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { ParlanceError } from '@parlance/domain';
import {
  checkHost,
  isPublicAddress,
  notPublic,
  publicLookup,
  resolveHost,
  type ResolveHost,
} from './public-address.js';

export interface PageFetchOptions {
  readonly resolve?: ResolveHost;
  /** which addresses may be connected to; default: public ones */
  readonly isAllowed?: (address: string) => boolean;
  /** for the whole of it, redirects included, ms */
  readonly timeoutMs?: number;
  /** of the page, whatever comes after is not read */
  readonly maxBytes?: number;
}

/** The beginning of a page, and where it was found after redirects. */
export interface Page {
  readonly url: URL;
  readonly html: string;
}

const MAX_REDIRECTS = 3;
const TIMEOUT_MS = 5_000;
const MAX_BYTES = 512 * 1_024;
const MAX_HEADER_BYTES = 16 * 1_024;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const HEADERS = { accept: 'text/html', 'accept-encoding': 'identity', 'user-agent': 'Parlance link preview' };

/**
 * Fetches a web page for a stranger who named it: http and https at their own ports alone, public addresses alone (checked at connect
 * time and again for each redirect), nothing but HTML, within a time and a size. No cookie or credential is ever sent.
 * Errors: `invalid` (no such URL), `not-found` (everything else: what went wrong inside is not told).
 */
export async function fetchPage(address: string, options: PageFetchOptions = {}): Promise<Page> {
  const signal = AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS);
  let url = pageUrl(address);
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const response = await answerOf(url, options, signal).catch(asUnreachable);
    const next = redirectOf(response, url);
    if (next === null) return { url, html: await htmlOf(response, options.maxBytes ?? MAX_BYTES).catch(asUnreachable) };
    response.destroy();
    url = next;
  }
  throw notPublic();
}

function pageUrl(address: string, base?: URL): URL {
  const url = URL.canParse(address, base?.href) ? new URL(address, base?.href) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.password !== '') {
    throw new ParlanceError('invalid', 'The address must be an http or https URL without a password.');
  }
  return url;
}

function answerOf(url: URL, options: PageFetchOptions, signal: AbortSignal): Promise<IncomingMessage> {
  const isAllowed = options.isAllowed ?? isPublicAddress;
  checkHost(url, isAllowed);
  const connection: RequestOptions = {
    signal,
    headers: HEADERS,
    maxHeaderSize: MAX_HEADER_BYTES,
    // A kept connection would skip the look at the address.
    agent: false,
    lookup: publicLookup(options.resolve ?? resolveHost, isAllowed),
  };
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    request(url, connection, resolve).on('error', reject).end();
  });
}

function redirectOf({ statusCode, headers: { location } }: IncomingMessage, from: URL): URL | null {
  if (!REDIRECTS.has(statusCode ?? 0) || location === undefined) return null;
  try {
    return pageUrl(location, from);
  } catch {
    // Somebody else's mistake, not the asker's.
    throw notPublic();
  }
}

async function htmlOf(response: IncomingMessage, maxBytes: number): Promise<string> {
  const type = response.headers['content-type'] ?? '';
  const isPage = response.statusCode === 200 && /^(?:text\/html|application\/xhtml\+xml)\b/i.test(type);
  if (!isPage) {
    response.destroy();
    throw notPublic();
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk.subarray(0, maxBytes - size));
    size += chunk.length;
    if (size >= maxBytes) break;
  }
  return decoded(Buffer.concat(chunks), type);
}

function decoded(bytes: Buffer, type: string): string {
  const charset = /charset="?([\w-]{1,40})/i.exec(type)?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}

function asUnreachable(): never {
  throw notPublic();
}
