import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent } from 'node:http';
import type { Logger } from '@parlance/observability';
import { createProxyServer } from 'httpxy';

const TIMEOUT_MS = 30_000;
const MAX_SOCKETS = 256;
const READS = ['GET', 'HEAD', 'OPTIONS'];

export type Forward = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Hands REST requests that reach the gateway to the api, so that a stock client works with one URL. The api sees the client's host, origin
 * and address. When it is away a reader gets 503 and may repeat; a writer's connection is cut, for nobody knows what became of its
 * request, and some vendors' clients keep a message for another try only when there was no answer at all.
 */
export function forwardTo(apiUrl: string, logger: Logger): Forward {
  const agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS });
  const proxy = createProxyServer({ target: apiUrl, xfwd: true, agent, proxyTimeout: TIMEOUT_MS });
  const failed = (err: unknown, request: IncomingMessage, response: ServerResponse): void => {
    logger.warn({ code: 'api-away', err }, 'a REST request could not be forwarded');
    if (response.headersSent || !READS.includes(request.method ?? '')) response.destroy();
    else response.writeHead(503, { 'content-type': 'application/json', 'retry-after': '1' }).end(UNAVAILABLE);
  };
  return (request, response) => {
    proxy.web(request, response).catch((err: unknown) => failed(err, request, response));
  };
}

const UNAVAILABLE = JSON.stringify({ error: { code: 'unavailable', message: 'The API is away. Try again.' } });
