import { httpRoute } from '@parlance/dialect-kit';
import { idSchema } from '@parlance/domain';
import { z } from 'zod';
import { messageAnswer, shownMessage } from './native.answers.js';
import { actingAs, nativeRoute, type NativeRoute } from './native.route.js';

const tag = 'Streams';
const MAX_TEXT_CHARS = 20_000;
const params = z.object({ id: idSchema });
const streamParams = z.object({ messageId: idSchema });
const senderId = idSchema.optional();

const openStream = httpRoute<'stream.open'>()({
  method: 'post',
  path: '/rooms/:id/streams',
  body: 'json',
  summary:
    'Opens a message that is still being written, such as the answer of a bot. Ends by itself after 10 minutes without a part.',
  schema: z.object({ params, body: z.object({ senderId, replyTo: idSchema.nullable().optional() }) }),
  claim: ({ body }) => actingAs(body.senderId),
  intent: ({ params: { id }, body: { replyTo } }) => ({ type: 'stream.open', room: id, replyTo: replyTo ?? undefined }),
  answer: ({ messageId }) => ({ status: 201, body: { messageId } }),
});

const appendChunk = httpRoute<'stream.append'>()({
  method: 'post',
  path: '/streams/:messageId/chunks',
  body: 'json',
  summary:
    'Appends a part. `index` counts from 0; a repeated one changes nothing, one that skips is a conflict that names the expected one.',
  schema: z.object({
    params: streamParams,
    body: z.object({ index: z.int().nonnegative(), text: z.string().max(MAX_TEXT_CHARS), senderId }),
  }),
  claim: ({ body }) => actingAs(body.senderId),
  intent: ({ params: { messageId }, body: { index, text } }) => ({ type: 'stream.append', messageId, index, text }),
  answer: () => ({ status: 202, body: undefined }),
});

const finishStream = httpRoute<'stream.finish'>()({
  method: 'post',
  path: '/streams/:messageId/finish',
  body: 'json',
  summary: 'Ends it: the message, with `text` in place of the parts if given. Repeated it answers the same message.',
  schema: z.object({
    params: streamParams,
    body: z.object({ text: z.string().max(MAX_TEXT_CHARS).optional(), senderId }),
  }),
  claim: ({ body }) => actingAs(body.senderId),
  intent: ({ params: { messageId }, body: { text } }) => ({ type: 'stream.finish', messageId, text }),
  answer: ({ message }) => ({ status: 200, body: shownMessage(message) }),
});

export const streamRoutes: readonly NativeRoute[] = [
  nativeRoute(openStream, { tag, answers: { 201: z.object({ messageId: z.string() }) }, actingField: 'senderId' }),
  nativeRoute(appendChunk, { tag, answers: { 202: null } }),
  nativeRoute(finishStream, { tag, answers: { 200: messageAnswer } }),
];
