import type { HttpAnswer, HttpRequest, HttpRoute } from '@parlance/dialect-kit';
import { ParlanceError, toParlanceError } from '@parlance/domain';
import { endSpan, startTrace, within, type Logger } from '@parlance/observability';
import { Router, type ErrorRequestHandler, type Request, type RequestHandler, type Response } from 'express';
import helmet from 'helmet';
import type { BodyReader } from './body-reader.js';
import { clientAddress } from './client-address.js';
import { allowOrigin, answerPreflight } from './cors.js';
import type { RequestPipeline } from './request-pipeline.js';
import type { Surface } from './surface.js';

export interface RegistrarPorts {
  readonly pipeline: Pick<RequestPipeline, 'answer'>;
  readonly bodies: Pick<BodyReader, 'read'>;
  readonly logger: Logger;
  readonly trustedProxies: number;
}

const DEFAULT_RETRY_MS = 1_000;

/** Serves a surface's routes below its roots, and answers there whatever else is asked in the surface's own form. */
export function surfaceRouter<R extends HttpRoute>(surface: Surface<R>, ports: RegistrarPorts): Router {
  const router = Router({ caseSensitive: true });
  const roots = [...surface.roots];
  const fail = (error: unknown, response: Response): void => refuse(surface, undefined, error, response, ports.logger);
  router.use(roots, helmet({ crossOriginResourcePolicy: { policy: 'cross-origin' } }), prelude);
  for (const route of surface.routes) {
    router[route.method](route.path, async (request, response) => serve(surface, route, request, response, ports));
  }
  router.use(roots, (_request, response) => fail(new ParlanceError('not-found', 'There is no such call.'), response));
  router.use(roots, onRoutingError(fail));
  return router;
}

const prelude: RequestHandler = (request, response, next) => {
  allowOrigin(request, response);
  response.setHeader('cache-control', 'no-store');
  if (request.method === 'OPTIONS') answerPreflight(request, response);
  else next();
};

/** Routing fails for one reason: a path that cannot be decoded. */
function onRoutingError(fail: (error: unknown, response: Response) => void): ErrorRequestHandler {
  return (error: unknown, _request, response, _next) => {
    const malformed = error instanceof Error && 'status' in error && error.status === 400;
    fail(malformed ? new ParlanceError('invalid', 'The path cannot be read.') : error, response);
  };
}

/** The root of a trace. Never rejects. */
async function serve<R extends HttpRoute>(
  surface: Surface<R>,
  route: R,
  request: Request,
  response: Response,
  ports: RegistrarPorts,
): Promise<void> {
  const { method, path } = route;
  const step = startTrace('api.request', { kind: 'server', attributes: { method, route: path } });
  let whose: { readonly tenantId?: string } = {};
  const belongsTo = (tenantId: string): void => {
    whose = { tenantId };
  };
  await within(step, async () => {
    try {
      send(response, await answer(surface, route, request, response, ports, belongsTo));
    } catch (error) {
      refuse(surface, route, error, response, ports.logger.child(whose));
    }
  });
  step?.setAttributes({ ...whose, status: response.statusCode });
  endSpan(step);
}

async function answer<R extends HttpRoute>(
  surface: Surface<R>,
  route: R,
  request: Request,
  response: Response,
  { pipeline, bodies, trustedProxies }: RegistrarPorts,
  belongsTo: (tenantId: string) => void,
): Promise<HttpAnswer> {
  return pipeline.answer(surface, route, {
    params: paramsOf(request),
    query: request.query,
    headers: request.headers,
    address: clientAddress(request, trustedProxies),
    readBody: () => bodies.read(route.body, request, response),
    belongsTo,
  });
}

/** No route has a wildcard, whose parameter alone would be a list. */
function paramsOf({ params }: Request): HttpRequest['params'] {
  const entries: [string, unknown][] = Object.entries(params);
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

function refuse(
  surface: Pick<Surface, 'name' | 'refuse'>,
  route: HttpRoute | undefined,
  error: unknown,
  response: Response,
  logger: Logger,
): void {
  const coded = toParlanceError(error);
  if (coded.code === 'internal') {
    logger.error({ code: 'request-failed', surface: surface.name, err: coded.cause ?? coded }, 'a REST request failed');
  }
  if (coded.retryable) response.setHeader('retry-after', retryAfterSeconds(coded));
  // What was not read of a refused upload is not worth reading.
  if (coded.code === 'too-large') response.setHeader('connection', 'close');
  send(response, route?.refuse?.(coded) ?? surface.refuse(coded));
}

function retryAfterSeconds({ details }: ParlanceError): string {
  return String(Math.max(1, Math.ceil((details?.retryAfterMs ?? DEFAULT_RETRY_MS) / 1_000)));
}

function send(response: Response, { status, body, headers, drop }: HttpAnswer): void {
  if (response.headersSent || response.destroyed) return;
  if (drop === true) return void response.destroy();
  if (body === undefined) return void response.writeHead(status, headers).end();
  const type = { 'content-type': 'application/json; charset=utf-8' };
  response.writeHead(status, { ...headers, ...type }).end(JSON.stringify(body));
}
