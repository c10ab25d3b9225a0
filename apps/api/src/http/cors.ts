import type { IncomingMessage, ServerResponse } from 'node:http';

const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';
const PREFLIGHT_SECONDS = 600;
const HEADER_NAMES = /^[\w!#$%&'*+.^`|~\-, ]{1,4096}$/;

/**
 * Lets pages of any origin ask: which of them a credential works from is decided for the real request, by its tenant's list.
 * Credentials travel in headers only, never as cookies, so no page can use what its visitor's browser keeps.
 */
export function allowOrigin(request: IncomingMessage, response: ServerResponse): void {
  const { origin } = request.headers;
  response.setHeader('access-control-allow-origin', origin ?? '*');
  response.setHeader('vary', 'Origin');
  response.setHeader('access-control-expose-headers', 'Retry-After');
}

/** Clients spell headers in many ways, so what a preflight asks for is what it gets. */
export function answerPreflight(request: IncomingMessage, response: ServerResponse): void {
  const wanted = request.headers['access-control-request-headers'];
  if (wanted !== undefined && HEADER_NAMES.test(wanted)) response.setHeader('access-control-allow-headers', wanted);
  response.setHeader('access-control-allow-methods', METHODS);
  response.setHeader('access-control-max-age', String(PREFLIGHT_SECONDS));
  response.setHeader('vary', 'Origin, Access-Control-Request-Headers');
  response.writeHead(204).end();
}
