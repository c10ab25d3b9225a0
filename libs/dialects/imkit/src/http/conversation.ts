import type { Execute, HttpRoute } from '@parlance/dialect-kit';
import { idSchema, ParlanceError } from '@parlance/domain';
import type { Message } from '@parlance/domain';
import { z } from 'zod';
import { draftOf } from '../draft.js';
import { purposeOf } from '../inbound.js';
import { wireMessage } from '../message.js';
import type { Person } from '../people.js';
import { formerPerson } from '../people.js';
import { contentFields, NAME } from '../wire.js';
import type { Caller } from './call.js';
import { call, roomParams } from './call.js';

const ALL = '_all';
const MAX_TYPED = 1000;

const messageBody = z.object({
  ...contentFields,
  _id: idSchema.nullish(),
  sender: idSchema.nullish(),
  push: z.boolean().nullish(),
});

/** A new message, a change of one, or its recall, as on the socket. */
const postMessage = call({
  method: 'post',
  path: '/rooms/:id/message',
  summary: 'Sends a message; with `_id` changes it, or takes it back.',
  schema: z.object({ params: roomParams, body: messageBody }),
  asks: 'message.send',
  acting: ({ body }) => body.sender,
  run: async ({ execute }, { params, body }) => {
    const purpose = purposeOf(body);
    if (purpose === 'send') return sent(execute, params.id, body);
    const messageId = body._id ?? missing('_id');
    await requireIn(execute, params.id, messageId);
    return purpose === 'edit' ? edited(execute, messageId, body.message) : recalled(execute, messageId);
  },
});

function missing(field: string): never {
  throw new ParlanceError('invalid', `${field}: is needed.`);
}

async function sent(execute: Execute, room: string, body: z.output<typeof messageBody>): Promise<object | null> {
  const { message, sender } = await execute({ type: 'message.send', room, draft: draftOf(body) });
  return wireMessage(message, { sender });
}

async function edited(execute: Execute, messageId: string, given: unknown): Promise<object | null> {
  const text = typeof given === 'string' && given !== '' ? given : missing('message');
  const { message, sender } = await execute({ type: 'message.edit', messageId, text });
  return wireMessage(message, { sender });
}

async function recalled(execute: Execute, messageId: string): Promise<object | null> {
  const { message } = await execute({ type: 'message.delete', messageId, extras: { [NAME]: { recalled: true } } });
  return wireMessage(message, { sender: await senderOf(execute, message) });
}

export async function senderOf(execute: Execute, { senderId }: Message): Promise<Person> {
  const { users } = await execute({ type: 'user.find', refs: [{ id: senderId }] });
  return users[0] ?? formerPerson(senderId);
}

/** A message of another room is none. */
export async function requireIn(execute: Execute, room: string, messageId: string): Promise<Message> {
  const found = await execute({ type: 'message.get', messageId });
  if (found.room.id !== room) throw new ParlanceError('not-found', 'Message not found.');
  return found.message;
}

const putLastRead = call({
  method: 'put',
  path: '/rooms/:id/lastRead',
  summary: 'Marks a room read up to a message; all its members hear of it.',
  schema: z.object({ params: roomParams, body: z.object({ message: idSchema }) }),
  asks: 'receipt.mark',
  missing: 'MESSAGE_NOT_FOUND',
  run: async ({ execute, self }, { params, body }) => {
    const { id: client } = await self();
    await execute({ type: 'receipt.mark', room: params.id, upTo: { messageId: body.message }, kind: 'read' });
    const { unread } = await execute({ type: 'room.show', room: params.id });
    return { client, lastRead: body.message, badge: unread };
  },
});

const postTyping = call({
  method: 'post',
  path: '/rooms/:id/typing',
  summary: 'Tells the room that the caller types.',
  schema: z.object({
    params: roomParams,
    body: z.object({
      message: z
        .string()
        .nullish()
        .transform((text) => text?.slice(0, MAX_TYPED)),
    }),
  }),
  asks: 'typing.set',
  run: async ({ execute, self }, { params, body }) => {
    const { id: sender } = await self();
    const typing = { room: params.id, status: 'typing', text: body.message, endsBySilence: true } as const;
    await execute({ type: 'typing.set', ...typing });
    return { message: body.message ?? '', room: params.id, sender };
  },
});

const deleteMessages = call({
  method: 'delete',
  path: '/rooms/:id/messages/:mid',
  summary: 'Deletes a message for everybody, or all of them (`_all`).',
  schema: z.object({ params: roomParams.extend({ mid: idSchema }) }),
  asks: 'message.delete',
  missing: 'MESSAGE_NOT_FOUND',
  run: async (caller, { params }) => {
    const { id: room, mid } = params;
    const deletedBy = await caller.viewerId();
    const about = { roomID: room, messageID: mid, ...(await deleteFor(caller, room, mid)) };
    return deletedBy === null ? about : { ...about, deletedBy };
  },
});

async function deleteFor({ execute }: Caller, room: string, mid: string): Promise<object> {
  if (mid === ALL) {
    const { count } = await execute({ type: 'room.clear', room });
    return { deletedCount: count, deletedAt: new Date().toISOString() };
  }
  await requireIn(execute, room, mid);
  const { message } = await execute({ type: 'message.delete', messageId: mid });
  return { deletedCount: 1, deletedAt: message.deletedAt };
}

export const conversationCalls: readonly HttpRoute[] = [postMessage, putLastRead, postTyping, deleteMessages];
