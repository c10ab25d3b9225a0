import type { HttpRoute } from '@parlance/dialect-kit';
import { httpRoute, httpSteps } from '@parlance/dialect-kit';
import { idSchema, ParlanceError } from '@parlance/domain';
import { z } from 'zod';
import { draftOf, messageAnswer, wireMessage } from './reply.js';
import { acting, claimOf, idParam, ok, uploadIn } from './routes.js';
import { edited, stored } from './upload.js';
import { metadataText, pageField } from './wire.js';

const MESSAGES_PER_PAGE = 25;

const listMessages = httpRoute<'message.list'>()({
  method: 'get',
  path: '/v1/messages',
  body: 'none',
  summary: 'Messages of a chat: page 1 is the newest, each page oldest first.',
  schema: z.object({ query: z.object({ chat_id: idSchema, user_id: acting, page: pageField }) }),
  claim: ({ query }, request) => claimOf(request, query.user_id),
  intent: ({ query }) => ({
    type: 'message.list',
    room: query.chat_id,
    skip: (query.page - 1) * MESSAGES_PER_PAGE,
    limit: MESSAGES_PER_PAGE,
    visibleOnly: true,
  }),
  answer: ({ messages, senders, members, total }, { query }) =>
    ok({
      success: true,
      messages: messages.map((one) => wireMessage(one, { sender: senders.get(one.senderId), members })),
      page: query.page,
      total_messages: total,
      total_pages: Math.ceil(total / MESSAGES_PER_PAGE),
    }),
  refuse: ({ code }) => (code === 'not-found' ? ok(NO_MESSAGES) : null),
});

const NO_MESSAGES = { success: false, messages: [], page: 0, total_messages: 0, total_pages: 0 };

/** In a form a file is a part of it; as a field it could only be a text. */
const content = { text: z.string().optional(), metadata: metadataText.optional(), file: z.null().optional() };

const sendMessage = httpSteps({
  asks: 'message.send',
  method: 'post',
  path: '/v1/messages',
  body: 'form',
  summary: 'Sends a message as a user, with a file as the part `file`.',
  schema: z.object({ body: z.object({ ...content, chat_id: idSchema, user_id: acting }) }),
  claim: ({ body }, request) => claimOf(request, body.user_id),
  run: async (execute, { body }, request) => {
    const upload = uploadIn(request, 'file');
    if ((body.text ?? '') === '' && upload === undefined) {
      throw new ParlanceError('invalid', 'text: needs a text or a file');
    }
    const carried = await stored(execute, body.chat_id, upload);
    const draft = draftOf(body.text, body.metadata, carried);
    const { message, sender } = await execute({ type: 'message.send', room: body.chat_id, draft });
    return ok(messageAnswer(message, sender));
  },
});

const updateMessage = httpSteps({
  asks: 'message.edit',
  method: 'patch',
  path: '/v1/messages/:id',
  body: 'form',
  summary: "Changes a message's text, metadata or file; what is absent stays.",
  schema: z.object({ params: idParam, body: z.object({ ...content, user_id: acting }) }),
  claim: ({ body }, request) => claimOf(request, body.user_id),
  run: async (execute, { params, body }, request) => {
    const upload = uploadIn(request, 'file');
    if (body.text === undefined && body.metadata === undefined && upload === undefined) {
      throw new ParlanceError('invalid', 'text: needs a text, metadata or a file');
    }
    const { message, sender } = await edited(execute, { messageId: params.id, ...body, upload });
    return ok(messageAnswer(message, sender, body.metadata));
  },
});

const deleteMessage = httpRoute<'message.delete'>()({
  method: 'delete',
  path: '/v1/messages/:id',
  body: 'none',
  summary: 'Deletes a message for everyone.',
  schema: z.object({ params: idParam, query: z.object({ user_id: acting }) }),
  claim: ({ query }, request) => claimOf(request, query.user_id),
  intent: ({ params }) => ({ type: 'message.delete', messageId: params.id }),
  answer: () => ok({ success: true }),
});

const markSeen = httpRoute<'receipt.mark'>()({
  method: 'post',
  path: '/v1/messages/:id/seen',
  body: 'json',
  summary: 'Marks a message, and what came before it, seen by a user.',
  schema: z.object({ params: idParam, body: z.object({ user_id: acting }) }),
  claim: ({ body }, request) => claimOf(request, body.user_id),
  intent: ({ params }) => ({ type: 'receipt.mark', upTo: { messageId: params.id }, kind: 'read' }),
  answer: () => ok({ success: true }),
});

export const messageRoutes: readonly HttpRoute[] = [listMessages, sendMessage, updateMessage, deleteMessage, markSeen];
