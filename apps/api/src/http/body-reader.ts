import type { ByteBudget } from '@parlance/actions';
import type { Writable } from 'node:stream';
import type { HttpRequest, HttpRoute, UploadedFile } from '@parlance/dialect-kit';
import { ParlanceError } from '@parlance/domain';
import type { Request, RequestHandler, Response } from 'express';
import multer from 'multer';
import { isMultipart, isUrlencoded, parseJson, parseUrlencoded, withBoundary } from './body-parser.js';
import { boundedBytes } from './bounded-bytes.js';

type Body = Pick<HttpRequest, 'body' | 'files'>;

export interface BodyLimits {
  /** of JSON, of a form, and of each text field of a multipart form */
  readonly packetBytes: number;
  /** of a whole multipart form */
  readonly uploadBytes: number;
  readonly budget: ByteBudget;
}

const FORM_LIMITS = {
  fields: 1_000,
  files: 4,
  parts: 1_004,
  fieldNameSize: 100,
  fieldNestingDepth: 1,
  fieldArrayIndexLimit: 1_000,
};

/** Reads request bodies within limits, whole before anything is done with them: a request that breaks off does nothing. */
export class BodyReader {
  constructor(private readonly limits: BodyLimits) {}

  /** Errors: `invalid`, `too-large`, `overloaded`. */
  async read(kind: HttpRoute['body'], request: Request, response: Response): Promise<Body> {
    if (kind === 'none') return { body: undefined, files: [] };
    const contentType = request.headers['content-type'] ?? '';
    const multipart = isMultipart(contentType);
    if (multipart && kind === 'json') throw new ParlanceError('invalid', 'The body must be JSON.');
    const limit = multipart ? this.limits.uploadBytes : this.limits.packetBytes;
    const release = this.limits.budget.take(Math.min(declaredBytes(request) ?? limit, limit));
    // What was broken off before is closed already, and would never say so again.
    if (response.closed) release();
    else response.once('close', release);
    const bytes = await boundedBytes(request, limit);
    if (multipart) return this.#form(contentType, bytes, request, response);
    const asForm = kind === 'form' && isUrlencoded(contentType);
    return { body: asForm ? parseUrlencoded(bytes) : parseJson(bytes), files: [] };
  }

  async #form(contentType: string, bytes: Buffer, request: Request, response: Response): Promise<Body> {
    request.headers['content-type'] = withBoundary(contentType, bytes);
    const { packetBytes, uploadBytes } = this.limits;
    const options = {
      storage: multer.memoryStorage(),
      defParamCharset: 'utf8',
      limits: { ...FORM_LIMITS, fieldSize: packetBytes, fileSize: uploadBytes },
      // The body is here already, and bounded; multer would read the request.
      streamHandler: (_request: unknown, parser: Writable): void => void parser.end(bytes),
    };
    await done(multer(options).any(), request, response);
    const body: unknown = request.body;
    return { body, files: filesOf(request) };
  }
}

function declaredBytes(request: Request): number | undefined {
  const length = Number(request.headers['content-length']);
  return Number.isSafeInteger(length) ? length : undefined;
}

function filesOf({ files }: Request): readonly UploadedFile[] {
  const list = Array.isArray(files) ? files : [];
  return list.map(({ fieldname, originalname, mimetype, buffer }) => ({
    field: fieldname,
    name: originalname,
    mimeType: mimetype,
    bytes: buffer,
  }));
}

async function done(handler: RequestHandler, request: Request, response: Response): Promise<void> {
  return new Promise((resolve, reject) => {
    const next = (error?: unknown): void => (error === undefined ? resolve() : reject(formError(error)));
    void handler(request, response, next);
  });
}

/** What the form parser throws is the client's doing: too much of it, or malformed. */
function formError(cause: unknown): ParlanceError {
  if (cause instanceof multer.MulterError && cause.code.startsWith('LIMIT_')) {
    return new ParlanceError('too-large', 'The form is too large.', undefined, { cause });
  }
  return new ParlanceError('invalid', 'The form cannot be read.', undefined, { cause });
}
