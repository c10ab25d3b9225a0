import { httpRoute, numberField } from '@parlance/dialect-kit';
import { attachmentSchema, idSchema, messageTypeSchema, metadataSchema } from '@parlance/domain';
import { z } from 'zod';
import { messageAnswer, messagesAnswer, shownMessage } from './native.answers.js';
import { actingAs, nativeRoute, type NativeRoute } from './native.route.js';

const tag = 'Messages';
const MESSAGES_PER_PAGE = 50;
const MAX_MESSAGES_PER_PAGE = 200;
const params = z.object({ id: idSchema });
const by = idSchema.optional();
const text = z.string().nullable().optional();

/** What of a room's messages a page may be narrowed to. */
const ONLY = { starred: { starredOnly: true }, pinned: { pinnedOnly: true }, links: { links: true } } as const;

const sendMessage = httpRoute<'message.send'>()({
  method: 'post',
  path: '/rooms/:id/messages',
  body: 'json',
  summary: 'Sends a message. Repeated with the same clientMessageId it answers the same message.',
  schema: z.object({
    params,
    body: z.object({
      senderId: idSchema.optional(),
      clientMessageId: z.string().min(1).max(128).optional(),
      type: messageTypeSchema.default('text'),
      text,
      attachment: attachmentSchema.nullable().optional(),
      replyTo: idSchema.nullable().optional(),
      forwardOf: idSchema.nullable().optional(),
      metadata: metadataSchema.optional(),
    }),
  }),
  claim: ({ body }) => actingAs(body.senderId),
  intent: ({ params: { id }, body }) => ({
    type: 'message.send',
    room: id,
    clientMessageId: body.clientMessageId,
    draft: {
      type: body.type,
      text: body.text ?? null,
      attachment: body.attachment ?? null,
      replyTo: body.replyTo ?? null,
      forwardOf: body.forwardOf ?? null,
      metadata: body.metadata ?? {},
      extras: {},
    },
  }),
  answer: ({ message, repeated }) => ({ status: repeated ? 200 : 201, body: shownMessage(message) }),
});

const listMessages = httpRoute<'message.list'>()({
  method: 'get',
  path: '/rooms/:id/messages',
  body: 'none',
  summary: 'Messages in seq order: the oldest after `afterSeq`, else the newest before `beforeSeq` or the end.',
  schema: z.object({
    params,
    query: z.object({
      afterSeq: numberField(z.number().int().min(0).optional()),
      beforeSeq: numberField(z.number().int().min(1).optional()),
      limit: numberField(z.number().int().min(1).max(MAX_MESSAGES_PER_PAGE).default(MESSAGES_PER_PAGE)),
      text: z.string().min(1).max(256).optional().meta({ description: 'Only messages that contain it.' }),
      type: messageTypeSchema.optional().meta({ description: 'Only messages of this type.' }),
      only: z
        .enum(['starred', 'pinned', 'links'])
        .optional()
        .meta({ description: 'Only those that the asking user starred, that are pinned, or that hold a link.' }),
    }),
  }),
  claim: () => ({}),
  intent: ({ params: { id }, query: { type, only, ...range } }) => ({
    type: 'message.list',
    room: id,
    ...range,
    ...(type === undefined ? {} : { types: [type] }),
    ...(only === undefined ? {} : ONLY[only]),
  }),
  answer: ({ messages, lastSeq }) => ({ status: 200, body: { messages: messages.map(shownMessage), lastSeq } }),
});

const editMessage = httpRoute<'message.edit'>()({
  method: 'patch',
  path: '/messages/:id',
  body: 'json',
  summary: "Changes a message's text or metadata; what is absent stays.",
  schema: z.object({
    params,
    body: z
      .object({ text, metadata: metadataSchema.optional(), by })
      .refine((body) => body.text !== undefined || body.metadata !== undefined, {
        path: ['text'],
        error: 'needs a text or metadata',
      }),
  }),
  claim: ({ body }) => actingAs(body.by),
  intent: ({ params: { id }, body: { text: changed, metadata } }) => ({
    type: 'message.edit',
    messageId: id,
    text: changed,
    metadata,
  }),
  answer: ({ message }) => ({ status: 200, body: shownMessage(message) }),
});

const deleteMessage = httpRoute<'message.delete' | 'message.hide'>()({
  method: 'delete',
  path: '/messages/:id',
  body: 'none',
  summary: 'Deletes a message for everybody, or (`for=me`) for the acting user alone.',
  schema: z.object({ params, query: z.object({ by, for: z.enum(['all', 'me']).default('all') }) }),
  claim: ({ query }) => actingAs(query.by),
  intent: ({ params: { id }, query }) =>
    query.for === 'me' ? { type: 'message.hide', messageIds: [id] } : { type: 'message.delete', messageId: id },
  answer: () => ({ status: 204, body: undefined }),
});

const getMessage = httpRoute<'message.get'>()({
  method: 'get',
  path: '/messages/:id',
  body: 'none',
  summary: 'One message, with its reactions.',
  schema: z.object({ params }),
  claim: () => ({}),
  intent: ({ params: { id } }) => ({ type: 'message.get', messageId: id }),
  answer: ({ message }) => ({ status: 200, body: shownMessage(message) }),
});

export const messageRoutes: readonly NativeRoute[] = [
  nativeRoute(sendMessage, {
    tag,
    answers: { 201: messageAnswer, 200: messageAnswer },
    actingField: 'senderId',
  }),
  nativeRoute(listMessages, { tag, answers: { 200: messagesAnswer } }),
  nativeRoute(getMessage, { tag, answers: { 200: messageAnswer } }),
  nativeRoute(editMessage, { tag, answers: { 200: messageAnswer } }),
  nativeRoute(deleteMessage, { tag, answers: { 204: null } }),
];
