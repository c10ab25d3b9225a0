import type { Claim, HttpAnswer, HttpCompanion, HttpRequest, IntentOf } from '@parlance/dialect-kit';
import { httpRoute } from '@parlance/dialect-kit';
import type { ErrorCode } from '@parlance/domain';
import { idSchema, ParlanceError } from '@parlance/domain';
import { z } from 'zod';
import { draftOf, messageAnswer, refuseFile } from './inbound.js';
import { wireChat, wireLastMessage, wireMessage, wireUser, wording } from './reply.js';
import {
  avatarField,
  fileField,
  limitField,
  metadataField,
  metadataText,
  nameField,
  pageField,
  username,
  usernamesFields,
  usernamesOf,
} from './wire.js';

const MESSAGES_PER_PAGE = 25;

/** Documented are 400, 401, 404 and 500; the retryable ones keep their own so that a client can tell. */
const STATUS: Readonly<Record<ErrorCode, number>> = {
  invalid: 400,
  conflict: 400,
  'too-large': 400,
  unsupported: 400,
  unauthenticated: 401,
  'permission-denied': 401,
  'not-found': 404,
  'rate-limited': 429,
  overloaded: 503,
  unavailable: 503,
  internal: 500,
};

function refuse(error: ParlanceError): HttpAnswer {
  return { status: STATUS[error.code], body: { message: wording(error) } };
}

/** With `Bearer` as the SDK sends it, or without as the older documentation has it. */
function credential(headers: HttpRequest['headers']): string | null {
  const given = headers['authorization'];
  const value = typeof given === 'string' ? given : given?.[0];
  const key = (value ?? '').replace(/^Bearer(?:\s+|$)/i, '').trim();
  return key === '' ? null : key;
}

function ok(body: object): HttpAnswer {
  return { status: 200, body };
}

/** The key of the header, and the user that the call names as its own. */
function claimOf({ headers }: HttpRequest, userId?: string): Claim {
  return {
    credential: credential(headers) ?? undefined,
    ...(userId === undefined ? {} : { user: { id: userId } }),
  };
}

function refuseFiles(request: HttpRequest): void {
  if (request.files.length > 0) refuseFile(request.files);
}

const acting = idSchema.optional();
const idParam = z.object({ id: idSchema });
const pictureFields = { avatar: avatarField.optional(), avatar_file: avatarField.optional() };
const userFields = { ...pictureFields, name: nameField.optional(), metadata: metadataText.optional() };

/** undefined: keep. In a browser the SDK turns a file it cannot send into the text `[object FormData]`. */
function photoOf(fields: { readonly avatar?: string | undefined; readonly avatar_file?: string | undefined }) {
  const address = fields.avatar ?? fields.avatar_file;
  if (address?.startsWith('[object '))
    throw new ParlanceError('unsupported', 'A picture is given by its address here.');
  return address === '' ? null : address;
}

const userBody = z.object(userFields);

function putUser(
  ref: IntentOf<'user.put'>['ref'],
  body: z.output<typeof userBody>,
  request: HttpRequest,
): IntentOf<'user.put'> {
  refuseFiles(request);
  const fields = { name: body.name, photo: photoOf(body), metadata: body.metadata };
  return { type: 'user.put', ref, fields, mustExist: 'id' in ref };
}

const createUser = httpRoute<'user.put'>()({
  method: 'post',
  path: '/v1/user',
  body: 'form',
  summary: 'Creates a user, or updates the one of this username.',
  schema: z.object({ body: z.object({ ...userFields, username }) }),
  claim: (_, request) => claimOf(request),
  intent: ({ body }, request) => putUser({ username: body.username }, body, request),
  answer: ({ user }) => ok({ user: wireUser(user) }),
});

const updateUser = httpRoute<'user.put'>()({
  method: 'patch',
  path: '/v1/user/:id',
  body: 'form',
  summary: "Changes a user's name, avatar or metadata; what is absent stays.",
  schema: z.object({ params: idParam, body: userBody }),
  claim: (_, request) => claimOf(request),
  intent: ({ params, body }, request) => putUser({ id: params.id }, body, request),
  answer: ({ user }) => ok({ user: wireUser(user) }),
});

const userQuery = z.union([z.object({ username }), z.object({ id: idSchema })], {
  error: 'needs a username or an id',
});

const findUser = httpRoute<'user.find'>()({
  method: 'get',
  path: '/v1/user',
  body: 'none',
  summary: 'One user, by username or id.',
  schema: z.object({ query: userQuery }),
  claim: (_, request) => claimOf(request),
  intent: ({ query }) => ({ type: 'user.find', refs: [query] }),
  answer: ({ users: [user] }) => {
    if (user === null || user === undefined) throw new ParlanceError('not-found', 'User not found.');
    return ok({ user: wireUser(user) });
  },
});

const listUsers = httpRoute<'user.find'>()({
  method: 'get',
  path: '/v1/user/list',
  body: 'none',
  summary: 'Users by username, in the order asked; unknown ones are left out.',
  schema: z.object({
    query: z.object(usernamesFields).refine(namesSomebody, { path: ['usernames'], error: 'is needed' }),
  }),
  claim: (_, request) => claimOf(request),
  intent: ({ query }) => ({ type: 'user.find', refs: usernamesOf(query).map((name) => ({ username: name })) }),
  answer: ({ users }) => ok({ users: users.filter((user) => user !== null).map(wireUser) }),
});

function namesSomebody(fields: Parameters<typeof usernamesOf>[0]): boolean {
  return usernamesOf(fields).length > 0;
}

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

const createChat = httpRoute<'room.create'>()({
  method: 'post',
  path: '/v1/chat',
  body: 'form',
  summary: 'The conversation of two users, made if there is none; or a new group.',
  schema: z.object({ body: newChatBody }),
  claim: ({ body }, request) => claimOf(request, body.user_id),
  intent: ({ body }, request) => {
    refuseFiles(request);
    const members = usernamesOf(body).map((name) => ({ username: name }));
    const { title, metadata } = body;
    if (isGroup(body, request)) {
      return { type: 'room.create', kind: 'group', members, name: title, photo: photoOf(body), metadata };
    }
    if (members.length === 2) return { type: 'room.create', kind: 'direct', members, metadata };
    throw new ParlanceError('invalid', 'usernames: must name two different users');
  },
  answer: (view, { body }) => ok({ success: true, ...wireChat(view, body.user_id ?? null) }),
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

const content = {
  text: z.string().optional(),
  metadata: metadataText.optional(),
  file: z.union([fileField, z.string()]).nullish(),
};

const sendMessage = httpRoute<'message.send'>()({
  method: 'post',
  path: '/v1/messages',
  body: 'form',
  summary: 'Sends a message as a user.',
  schema: z.object({ body: z.object({ ...content, chat_id: idSchema, user_id: acting }) }),
  claim: ({ body }, request) => claimOf(request, body.user_id),
  intent: ({ body }, request) => {
    refuseFiles(request);
    refuseFile(body.file);
    if ((body.text ?? '') === '') throw new ParlanceError('invalid', 'text: needs a text');
    return { type: 'message.send', room: body.chat_id, draft: draftOf(body.text, body.metadata) };
  },
  answer: ({ message, sender }) => ok(messageAnswer(message, sender)),
});

const updateMessage = httpRoute<'message.edit'>()({
  method: 'patch',
  path: '/v1/messages/:id',
  body: 'form',
  summary: "Changes a message's text or metadata; what is absent stays.",
  schema: z.object({ params: idParam, body: z.object({ ...content, user_id: acting }) }),
  claim: ({ body }, request) => claimOf(request, body.user_id),
  intent: ({ params, body }, request) => {
    refuseFiles(request);
    refuseFile(body.file);
    if (body.text === undefined && body.metadata === undefined) {
      throw new ParlanceError('invalid', 'text: needs a text or metadata');
    }
    return { type: 'message.edit', messageId: params.id, text: body.text, metadata: body.metadata };
  },
  answer: ({ message, sender }, { body }) => ok(messageAnswer(message, sender, body.metadata)),
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

/** Fixed paths stand before those with a parameter. */
export const http: HttpCompanion = {
  roots: ['/v1'],
  credential,
  refuse,
  routes: [
    createUser,
    listUsers,
    findUser,
    updateUser,
    createChat,
    listChats,
    getChat,
    updateChat,
    deleteChat,
    addParticipant,
    removeParticipant,
    listMessages,
    sendMessage,
    updateMessage,
    deleteMessage,
    markSeen,
  ],
};
