import type { HttpRequest, HttpRoute } from '@parlance/dialect-kit';
import { httpRoute, httpSteps } from '@parlance/dialect-kit';
import { idSchema, ParlanceError } from '@parlance/domain';
import { z } from 'zod';
import { wireChat, wireLastMessage, wireUser } from './reply.js';
import { acting, claimOf, idParam, ok, photoOf, pictureFields } from './routes.js';
import {
  limitField,
  metadataField,
  metadataText,
  nameField,
  namesSomebody,
  pageField,
  usernamesFields,
  usernamesOf,
} from './wire.js';

const newChatBody = z
  .object({
    ...usernamesFields,
    ...pictureFields,
    user_id: acting,
    title: nameField.optional(),
    metadata: metadataText.optional(),
  })
  .refine(namesSomebody, { path: ['usernames'], error: 'is needed' });

/** The SDK asks for a group by a form, and for a conversation of two by JSON. */
function isGroup(body: z.output<typeof newChatBody>, { headers }: HttpRequest): boolean {
  const isForm = String(headers['content-type'] ?? '').startsWith('multipart/');
  const isNamed = body.title !== undefined || body.avatar !== undefined || body.avatar_file !== undefined;
  return isForm || isNamed || usernamesOf(body).length > 2;
}

function kindOf(body: z.output<typeof newChatBody>, request: HttpRequest): 'group' | 'direct' {
  if (isGroup(body, request)) return 'group';
  if (usernamesOf(body).length === 2) return 'direct';
  throw new ParlanceError('invalid', 'usernames: must name two different users');
}

const createChat = httpSteps({
  asks: 'room.create',
  method: 'post',
  path: '/v1/chat',
  body: 'form',
  summary: 'The conversation of two users, made if there is none; or a new group.',
  schema: z.object({ body: newChatBody }),
  claim: ({ body }, request) => claimOf(request, body.user_id),
  run: async (execute, { body }, request) => {
    const kind = kindOf(body, request);
    const members = usernamesOf(body).map((name) => ({ username: name }));
    const { title, metadata } = body;
    const more = kind === 'direct' ? {} : { name: title, photo: await photoOf(execute, body, request) };
    const view = await execute({ type: 'room.create', kind, members, metadata, ...more });
    return ok({ success: true, ...wireChat(view, body.user_id ?? null) });
  },
});

const listChats = httpRoute<'room.list'>()({
  method: 'get',
  path: '/v1/chat/list',
  body: 'none',
  summary: "A user's chats that have a message, the most recent first.",
  schema: z.object({ query: z.object({ user_id: acting, page: pageField, limit: limitField }) }),
  claim: ({ query }, request) => claimOf(request, query.user_id),
  intent: ({ query: { page, limit } }) => ({
    type: 'room.list',
    withMessagesOnly: true,
    offset: (page - 1) * limit,
    limit,
  }),
  answer: ({ rooms, total }, { query }) =>
    ok({
      success: true,
      chats: rooms.map((view) => ({
        ...wireChat(view, query.user_id ?? null),
        ...(view.lastMessage === null ? {} : { last_message: wireLastMessage(view, view.lastMessage) }),
      })),
      page: query.page,
      total_chats: total,
      total_pages: Math.ceil(total / query.limit),
    }),
});

const getChat = httpRoute<'room.get'>()({
  method: 'get',
  path: '/v1/chat/:id',
  body: 'none',
  summary: 'One chat.',
  schema: z.object({ params: idParam, query: z.object({ user_id: acting }) }),
  claim: ({ query }, request) => claimOf(request, query.user_id),
  intent: ({ params }) => ({ type: 'room.get', room: params.id }),
  answer: (view, { query }) => ok({ success: true, ...wireChat(view, query.user_id ?? null) }),
});

const updateChat = httpRoute<'room.patch'>()({
  method: 'patch',
  path: '/v1/chat/:id',
  body: 'json',
  summary: "Merges metadata into a chat's.",
  schema: z.object({ params: idParam, body: z.object({ user_id: acting, metadata: metadataField }) }),
  claim: ({ body }, request) => claimOf(request, body.user_id),
  intent: ({ params, body }) => ({
    type: 'room.patch',
    room: params.id,
    metadata: body.metadata,
    mergeMetadata: true,
  }),
  answer: (view, { body }) => ok({ success: true, ...wireChat(view, body.user_id ?? null) }),
});

const deleteChat = httpRoute<'room.delete'>()({
  method: 'delete',
  path: '/v1/chat/:id',
  body: 'none',
  summary: 'Deletes a chat; `success` is false where there is none.',
  schema: z.object({ params: idParam, query: z.object({ user_id: acting }) }),
  claim: ({ query }, request) => claimOf(request, query.user_id),
  intent: ({ params }) => ({ type: 'room.delete', room: params.id }),
  answer: () => ok({ success: true }),
  refuse: ({ code }) => (code === 'not-found' ? ok({ success: false }) : null),
});

/** Here `user_id` is who joins, not who asks. */
const addParticipant = httpRoute<'member.add'>()({
  method: 'post',
  path: '/v1/chat/:id/participants',
  body: 'json',
  summary: 'Adds a user to a group; one who is in it already stays.',
  schema: z.object({ params: idParam, body: z.object({ user_id: idSchema }) }),
  claim: (_, request) => claimOf(request),
  intent: ({ params, body }) => ({ type: 'member.add', room: params.id, users: [{ id: body.user_id }] }),
  answer: ({ added, users }, { body }) => {
    const participant = added.find((user) => user.id === body.user_id) ?? users.get(body.user_id);
    if (participant === undefined) throw new ParlanceError('not-found', 'User not found.');
    return ok({ success: true, participant: wireUser(participant) });
  },
});

const removeParticipant = httpRoute<'member.remove'>()({
  method: 'delete',
  path: '/v1/chat/:id/participants/:userId',
  body: 'none',
  summary: 'Takes a user out of a group; one who is not in it stays out.',
  schema: z.object({ params: idParam.extend({ userId: idSchema }) }),
  claim: (_, request) => claimOf(request),
  intent: ({ params }) => ({ type: 'member.remove', room: params.id, user: { id: params.userId } }),
  answer: ({ removed }) => ok({ success: true, participant: wireUser(removed) }),
});

export const chatRoutes: readonly HttpRoute[] = [
  createChat,
  listChats,
  getChat,
  updateChat,
  deleteChat,
  addParticipant,
  removeParticipant,
];
