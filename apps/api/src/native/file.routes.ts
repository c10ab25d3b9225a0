import { httpRoute } from '@parlance/dialect-kit';
import { idSchema, ParlanceError, storedFileSchema } from '@parlance/domain';
import { z } from 'zod';
import { actingAs, nativeRoute, type NativeRoute } from './native.route.js';

const tag = 'Files';
const params = z.object({ id: idSchema });

const storeFile = httpRoute<'file.store'>()({
  method: 'post',
  path: '/rooms/:id/files',
  body: 'form',
  summary: "Stores a file, sent as the form's part `file`, for a room's members; its `url` may stand in an attachment.",
  schema: z.object({ params, body: z.object({ by: idSchema.optional() }) }),
  claim: ({ body }) => actingAs(body.by),
  intent: ({ params: { id } }, { files }) => {
    const [file] = files.filter(({ field }) => field === 'file');
    if (file === undefined || files.length > 1) {
      throw new ParlanceError('invalid', 'file: needs one file', { fields: { file: 'needs one file' } });
    }
    return { type: 'file.store', room: id, name: file.name, mimeType: file.mimeType, bytes: file.bytes };
  },
  answer: ({ file }) => ({ status: 201, body: file }),
});

/** What is known of a file, for whoever may see it. */
export const readFile: NativeRoute = nativeRoute(
  httpRoute<'file.get'>()({
    method: 'get',
    path: '/files/:id',
    body: 'none',
    summary: 'What is known of a file, with the URL of its bytes.',
    schema: z.object({ params }),
    claim: () => ({}),
    intent: ({ params: { id } }) => ({ type: 'file.get', fileId: id }),
    answer: ({ file }) => ({ status: 200, body: file }),
  }),
  { tag, answers: { 200: storedFileSchema } },
);

export const fileRoutes: readonly NativeRoute[] = [
  nativeRoute(storeFile, { tag, answers: { 201: storedFileSchema } }),
  readFile,
];
