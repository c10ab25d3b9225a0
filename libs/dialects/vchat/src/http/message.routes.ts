import type { Execute, HttpAnswer, HttpRequest, HttpRoute, ResultOf } from '@parlance/dialect-kit';
import { httpRoute, httpSteps } from '@parlance/dialect-kit';
import type { Message, MessageType, User } from '@parlance/domain';
import { idSchema, ParlanceError } from '@parlance/domain';
import { z } from 'zod';
import { isShown } from '../attachment.js';
import { wireMessage } from '../message.js';
import { receiptMembers } from '../room.js';
import { claimOf, DONE, dropRetryable, messageOrNull, offsetOf, ok, pageOf, self } from './answer.js';
import { limitField, messageParams, optionalText, paging, roomParam } from './fields.js';
import { store, uploads } from './file.steps.js';
import type { Parts, SendBody } from './message.draft.js';
import { draftOf, sendBody } from './message.draft.js';
import { findAnywhere, findIn, findOwn } from './message.finder.js';

const ROOT = '/api/v2/channel/:roomId/message';

/** Errors: `not-found` where a client names a message that nobody knows. */
async function named(found: Promise<Message | null>): Promise<Message> {
  const message = await found;
  if (message === null) throw new ParlanceError('not-found', 'The message named here is not known.');
  return message;
}

async function partsOf(execute: Execute, roomId: string, body: SendBody, request: HttpRequest): Promise<Parts> {
  const { replyToLocalId, forwardLocalId } = body;
  const answers = replyToLocalId === undefined ? null : await named(findIn(execute, roomId, replyToLocalId));
  const forwards = forwardLocalId === undefined ? null : await named(findAnywhere(execute, forwardLocalId));
  const [file, thumbnail] = uploads(request);
  return {
    answers,
    forwards,
    file: file === undefined ? undefined : await store(execute, file, roomId),
    thumbnail: thumbnail === undefined ? undefined : await store(execute, thumbnail, roomId),
  };
}

/** A repeated upload is another file, and so another message: what is stored already under its local id is the answer. */
async function sendOrFind(execute: Execute, roomId: string, body: SendBody, request: HttpRequest) {
  const me = await self(execute);
  const repeated = uploads(request).length === 0 ? null : await findOwn(execute, roomId, me, body.localId);
  if (repeated !== null) return { message: repeated, me, answers: null };
  const parts = await partsOf(execute, roomId, body, request);
  const { answers = null } = parts;
  try {
    const draft = draftOf(body, parts);
    const sent = await execute({ type: 'message.send', room: roomId, clientMessageId: body.localId, draft });
    return { message: sent.message, me, answers };
  } catch (error) {
    if (!(error instanceof ParlanceError) || error.code !== 'conflict') throw error;
    const stored = await findOwn(execute, roomId, me, body.localId);
    if (stored === null) throw error;
    return { message: stored, me, answers };
  }
}

async function authorOf(execute: Execute, me: User, id: string): Promise<User | null> {
  if (id === me.id) return me;
  return (await execute({ type: 'user.find', refs: [{ id }] })).users[0] ?? null;
}

const send = httpSteps({
  method: 'post',
  path: ROOT,
  body: 'form',
  summary: 'Sends a message; one sent again under the same local id is answered with the stored one.',
  schema: z.object({ params: roomParam, body: sendBody }),
  claim: claimOf,
  asks: 'message.send',
  refuse: dropRetryable,
  run: async (execute, { params, body }, request) => {
    const { message, me, answers } = await sendOrFind(execute, params.roomId, body, request);
    const known = answers?.id === message.replyTo ? answers : null;
    const replied = known ?? (message.replyTo === null ? null : await messageOrNull(execute, message.replyTo));
    const author = replied === null ? me : await authorOf(execute, me, replied.senderId);
    const senderOf = (id: string) => [me, author].find((user) => user?.id === id);
    return ok(wireMessage(message, { senderOf, replied }));
  },
});

const TYPES: Readonly<Record<string, readonly MessageType[]>> = {
  media: ['image', 'video', 'sticker'],
  file: ['file'],
  voice: ['voice'],
};

const listQuery = z.object({
  limit: limitField(30),
  lastId: optionalText(idSchema),
  text: optionalText(z.string().max(256)),
  filter: optionalText(z.enum(['all', 'media', 'links', 'file', 'voice'])),
});

async function seqOf(execute: Execute, roomId: string, messageId: string): Promise<number> {
  const { message, room } = await execute({ type: 'message.get', messageId });
  if (room.id !== roomId) throw new ParlanceError('not-found', 'Message not found.');
  return message.seq;
}

/** The newest first. */
function messageDocs(page: ResultOf<'message.list'>): readonly object[] {
  const { messages, senders, replied, starred, room, members } = page;
  const wired = messages.filter(isShown).map((message) =>
    wireMessage(message, {
      senderOf: (id) => senders.get(id) ?? null,
      replied: message.replyTo === null ? null : replied.get(message.replyTo),
      members: receiptMembers(room, members),
      kind: room.kind,
      starred: starred.has(message.id),
    }),
  );
  return wired.reverse();
}

const list = httpSteps({
  method: 'get',
  path: ROOT,
  body: 'none',
  summary: 'Messages of a room before `lastId`, the newest first.',
  schema: z.object({ params: roomParam, query: listQuery }),
  claim: claimOf,
  asks: 'message.list',
  run: async (execute, { params, query }) => {
    const { lastId, text, filter = 'all', limit } = query;
    const beforeSeq = lastId === undefined ? undefined : await seqOf(execute, params.roomId, lastId);
    const page = await execute({
      type: 'message.list',
      room: params.roomId,
      beforeSeq,
      limit,
      text,
      types: TYPES[filter],
      links: filter === 'links' ? true : undefined,
    });
    return ok({ docs: messageDocs(page) });
  },
});

const stars = httpRoute<'message.list'>()({
  method: 'get',
  path: `${ROOT}/stars`,
  body: 'none',
  summary: "The caller's starred messages of a room, the newest first.",
  schema: z.object({ params: roomParam, query: z.object(paging) }),
  claim: claimOf,
  intent: ({ params, query }) => ({
    type: 'message.list',
    room: params.roomId,
    starredOnly: true,
    skip: offsetOf(query),
    limit: query.limit,
  }),
  answer: (page, { query }) => pageOf(messageDocs(page), query, page.total),
});

/** Errors: `not-found`, also for a message of another room than the path says. */
function onMessage(
  method: 'post' | 'patch' | 'delete',
  word: string,
  summary: string,
  asks: 'message.star' | 'receipt.mark' | 'message.hide' | 'message.delete',
  act: (execute: Execute, message: Message) => Promise<unknown>,
): HttpRoute {
  return httpSteps({
    method,
    path: `${ROOT}/:mid/${word}`,
    body: 'none',
    summary,
    schema: z.object({ params: messageParams }),
    claim: claimOf,
    asks,
    run: async (execute, { params }): Promise<HttpAnswer> => {
      const { message, room } = await execute({ type: 'message.get', messageId: params.mid });
      if (room.id !== params.roomId) throw new ParlanceError('not-found', 'Message not found.');
      await act(execute, message);
      return DONE;
    },
  });
}

/** Whatever role somebody has: here only the author deletes for everybody. */
async function deleteForAll(execute: Execute, { id, senderId }: Message): Promise<void> {
  const me = await self(execute);
  if (senderId !== me.id) throw new ParlanceError('permission-denied', 'Only its author deletes a message for all.');
  await execute({ type: 'message.delete', messageId: id });
}

export const messageRoutes: readonly HttpRoute[] = [
  send,
  list,
  stars,
  onMessage('post', 'star', 'Stars a message.', 'message.star', (execute, { id }) =>
    execute({ type: 'message.star', messageId: id, starred: true }),
  ),
  onMessage('post', 'un-star', 'Takes a star back.', 'message.star', (execute, { id }) =>
    execute({ type: 'message.star', messageId: id, starred: false }),
  ),
  onMessage(
    'patch',
    'one-seen',
    'Marks a message that is to be seen once, as seen.',
    'receipt.mark',
    (execute, message) =>
      execute({ type: 'receipt.mark', room: message.roomId, upTo: { messageId: message.id }, kind: 'read' }),
  ),
  onMessage('delete', 'delete/me', 'Deletes a message for the caller alone.', 'message.hide', (execute, message) =>
    execute({ type: 'message.hide', room: message.roomId, messageIds: [message.id] }),
  ),
  onMessage('delete', 'delete/all', 'Deletes a message for everybody.', 'message.delete', deleteForAll),
];
