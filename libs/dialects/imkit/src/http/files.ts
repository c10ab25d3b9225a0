import type { HttpRoute, UploadedFile } from '@parlance/dialect-kit';
import { readJson } from '@parlance/dialect-kit';
import type { StoredFile } from '@parlance/domain';
import { idSchema, ParlanceError } from '@parlance/domain';
import { z } from 'zod';
import { APP_ID } from '../message.js';
import { ok } from '../reply.js';
import type { Caller } from './call.js';
import { call, rawCall } from './call.js';

/** A bucket is a word of the app's: it comes back, and nothing else hangs on it. */
const bucketName = z.string().min(1).max(128);
const DEFAULT_BUCKET = 'chatserver-upload';
const uploadParams = z.object({ bucket: bucketName });
const fileParams = z.object({ bucket: bucketName, id: idSchema });

const extraObject = z.record(z.string(), z.json());
/** JSON text in a form. */
const extraField = z
  .string()
  .max(65_536)
  .transform((text, context) => (text === '' ? {} : readJson(text, context)))
  .pipe(extraObject)
  .default({});
type Extra = z.output<typeof extraObject>;

/** Whose members may read it; without a room it is a public picture. */
function roomOf(extra: Extra): string | null {
  const named = ['roomID', 'roomId', 'room'].map((key) => extra[key]).find((value) => typeof value === 'string');
  return typeof named === 'string' && named !== '' ? named : null;
}

function wireFile(file: StoredFile, bucket: string, extra?: Extra): object {
  const uploadDateMS = Date.parse(file.createdAt);
  return {
    _id: file.id,
    id: file.id,
    appID: APP_ID,
    filename: file.name,
    mimetype: file.mimeType,
    length: file.size,
    bucketName: bucket,
    url: file.url,
    uploadDate: file.createdAt,
    uploadDateMS,
    ...(file.ownerId === null ? {} : { client: file.ownerId }),
    ...(extra === undefined ? {} : { extra }),
  };
}

function onlyFile(files: readonly UploadedFile[]): UploadedFile {
  const file = files.find(({ field }) => field === 'file') ?? files[0];
  if (file === undefined) throw new ParlanceError('invalid', 'file: is needed.');
  return file;
}

async function stored({ execute, request }: Caller, bucket: string, extra: Extra): Promise<object> {
  const { name, mimeType, bytes } = onlyFile(request.files);
  const { file } = await execute({ type: 'file.store', room: roomOf(extra), name, mimeType, bytes });
  return wireFile(file, bucket, extra);
}

const uploadBody = z.object({ extra: extraField });

const postFile = call({
  method: 'post',
  path: '/files/:bucket',
  body: 'form',
  summary: 'Stores a file; `extra.roomID` says whose members may read it.',
  schema: z.object({ params: uploadParams, body: uploadBody }),
  asks: 'file.store',
  run: (caller, { params, body }) => stored(caller, params.bucket, body.extra),
});

const postDefault = call({
  method: 'post',
  path: '/files',
  body: 'form',
  summary: 'Stores a file in the default bucket.',
  schema: z.object({ body: uploadBody }),
  asks: 'file.store',
  run: (caller, { body }) => stored(caller, DEFAULT_BUCKET, body.extra),
});

const getFile = rawCall({
  method: 'get',
  path: '/files/:bucket/:id',
  summary: 'Redirects to the file’s own address, or only tells it.',
  schema: z.object({ params: fileParams, query: z.object({ signedUrlOnly: z.string().max(8).optional() }) }),
  asks: 'file.get',
  missing: 'MESSAGE_NOT_FOUND',
  run: async ({ execute }, { params, query }) => {
    const { file } = await execute({ type: 'file.get', fileId: params.id });
    const { signedUrlOnly } = query;
    const told = ok({ url: file.url, signedUrl: file.url });
    if (signedUrlOnly !== undefined && signedUrlOnly !== '0' && signedUrlOnly !== 'false') return told;
    return { ...told, status: 302, headers: { location: file.url } };
  },
});

const getMetadata = call({
  method: 'get',
  path: '/files/:bucket/:id/metadata',
  summary: 'What is known of a file.',
  schema: z.object({ params: fileParams }),
  asks: 'file.get',
  run: async ({ execute }, { params }) =>
    wireFile((await execute({ type: 'file.get', fileId: params.id })).file, params.bucket),
});

export const fileCalls: readonly HttpRoute[] = [postDefault, postFile, getMetadata, getFile];
