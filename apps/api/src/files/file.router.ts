import { pipeline as pipe } from 'node:stream/promises';
import { getFile } from '@parlance/contracts';
import type { Bus } from '@parlance/bus';
import { idSchema, ParlanceError, storedFileSchema, toParlanceError } from '@parlance/domain';
import type { Logger } from '@parlance/observability';
import { FILE_ROOT, type Files, type StoredObject } from '@parlance/storage';
import { Router, type Request, type RequestHandler, type Response } from 'express';
import { z } from 'zod';
import type { ApiLimits } from '../http/api-limits.js';
import { clientAddress } from '../http/client-address.js';
import { allowOrigin, answerPreflight } from '../http/cors.js';
import type { RequestPipeline } from '../http/request-pipeline.js';
import { readFile } from '../native/file.routes.js';
import { nativeRefusal } from '../native/native.errors.js';
import { nativeSurface } from '../native/native.surface.js';

export interface FileRouterPorts {
  /** null: no storage is set up, so there is no file */
  readonly files: Files | null;
  readonly bus: Pick<Bus, 'request'>;
  readonly pipeline: Pick<RequestPipeline, 'answer'>;
  readonly limits: Pick<ApiLimits, 'admitAddress' | 'noteRefusal'>;
  readonly logger: Logger;
  readonly trustedProxies: number;
}

/** A file never changes, and its URL is a secret: kept by its reader alone. */
const KEEP = 'private, max-age=31536000, immutable';
/** Shorter than a presigned URL is good for. */
const KEEP_REDIRECT = 'private, max-age=60';
/** What a page may show; a script in it must not run, nor be mistaken for a page of ours. */
const SHOWN = /^(?:image\/(?!svg)|video\/|audio\/)/;
const BOUNDS: Readonly<Record<string, string>> = {
  'content-security-policy': "default-src 'none'; sandbox",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'cross-origin',
};

const address = z.object({ id: idSchema, proof: z.string().max(512), name: z.string() });

/**
 * Uploads as bytes: `/f/<id>/<proof>/<name>` for whoever was given the URL, `/f/<id>` for whoever may see the file by its credential.
 * Unknown, foreign and not allowed answer alike.
 */
export function fileRouter(ports: FileRouterPorts): Router {
  const router = Router({ caseSensitive: true });
  const guarded = (answer: (request: Request, response: Response) => Promise<void>): RequestHandler => {
    return async (request, response) => {
      try {
        await answer(request, response);
      } catch (error) {
        refuse(error, response, ports.logger);
      }
    };
  };
  router.use(FILE_ROOT, prelude);
  router.get(
    `${FILE_ROOT}/:id`,
    guarded((request, response) => leadOn(request, response, ports)),
  );
  router.get(
    `${FILE_ROOT}/:id/:proof/:name`,
    guarded((request, response) => serve(request, response, ports)),
  );
  router.use(
    FILE_ROOT,
    guarded(() => Promise.reject(noFile())),
  );
  return router;
}

const prelude: RequestHandler = (request, response, next) => {
  allowOrigin(request, response);
  for (const [name, value] of Object.entries(BOUNDS)) response.setHeader(name, value);
  response.setHeader('cache-control', 'no-store');
  if (request.method === 'OPTIONS') answerPreflight(request, response);
  else next();
};

/** A reader with a credential is sent to the file's URL. */
async function leadOn(request: Request, response: Response, ports: FileRouterPorts): Promise<void> {
  const { body } = await ports.pipeline.answer(nativeSurface, readFile, {
    params: { id: String(request.params['id']) },
    query: request.query,
    headers: request.headers,
    address: clientAddress(request, ports.trustedProxies),
    readBody: () => Promise.resolve({ body: undefined, files: [] }),
  });
  response.writeHead(302, { location: storedFileSchema.parse(body).url }).end();
}

async function serve(request: Request, response: Response, ports: FileRouterPorts): Promise<void> {
  const { file, key, files } = await proven(request, ports);
  // Express knows how to spell any name; what it makes of the type is set right below.
  response.attachment(file.name);
  if (SHOWN.test(file.mimeType)) {
    response.setHeader('content-disposition', dispositionOf(response).replace(/^attachment/, 'inline'));
  }
  const found = await files.storage.get(key, { mimeType: file.mimeType, disposition: dispositionOf(response) });
  if (found === null) throw noFile();
  if (found.kind === 'url') return redirect(found.url, response);
  const type = file.mimeType.startsWith('text/') ? `${file.mimeType}; charset=utf-8` : file.mimeType;
  await send(found, request, response, { 'content-type': type, 'content-length': found.size, 'cache-control': KEEP });
}

/** The file whose URL this is. A wrong proof counts as a failed attempt to authenticate. */
async function proven(request: Request, { files, bus, limits, trustedProxies }: FileRouterPorts) {
  const from = clientAddress(request, trustedProxies);
  await limits.admitAddress(from);
  const given = address.safeParse(request.params);
  const tenantId = given.success ? (files?.urls.tenantOf(given.data.id, given.data.proof) ?? null) : null;
  if (files === null || tenantId === null || !given.success) {
    await limits.noteRefusal(from);
    throw noFile();
  }
  return { ...(await bus.request(getFile, { tenantId, viewerId: null, fileId: given.data.id })), files };
}

function redirect(url: string, response: Response): void {
  response.removeHeader('content-disposition');
  response.writeHead(302, { location: url, 'cache-control': KEEP_REDIRECT }).end();
}

type Streamed = Extract<StoredObject, { kind: 'stream' }>;

async function send(
  { stream }: Streamed,
  { method }: Request,
  response: Response,
  headers: Readonly<Record<string, string | number>>,
): Promise<void> {
  response.writeHead(200, headers);
  if (method === 'HEAD') {
    stream.destroy();
    return void response.end();
  }
  await pipe(stream, response);
}

function dispositionOf(response: Response): string {
  return String(response.getHeader('content-disposition'));
}

function noFile(): ParlanceError {
  return new ParlanceError('not-found', 'File not found.');
}

function refuse(error: unknown, response: Response, logger: Logger): void {
  // The reader went away in the middle, or the bytes did.
  if (response.headersSent) return void response.destroy();
  const coded = toParlanceError(error);
  if (coded.code === 'internal')
    logger.error({ code: 'file-failed', err: coded.cause ?? coded }, 'a file could not be read');
  const { status, body } = nativeRefusal(coded.code === 'not-found' ? noFile() : coded);
  response.removeHeader('content-disposition');
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
}
