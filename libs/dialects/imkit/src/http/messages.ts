import type { Execute, HttpRoute } from '@parlance/dialect-kit';
import type { Message, MessageType } from '@parlance/domain';
import { idSchema } from '@parlance/domain';
import { z } from 'zod';
import { draftOf } from '../draft.js';
import { wireMessage } from '../message.js';
import { list } from '../reply.js';
import { wireListedRoom } from '../room.js';
import { contentFields, contentSchema } from '../wire.js';
import { call, limitField, MAX_LIMIT, skipField } from './call.js';
import { senderOf } from './conversation.js';
import { wireMessages } from './history.js';
import { refs } from './rooms.js';

const messageParams = z.object({ id: idSchema });
const MAX_BATCH = 100;

async function searched(execute: Execute, query: SearchQuery): Promise<object> {
  const { room, keyword, skip, limit, types } = query;
  const text = keyword === '' ? undefined : keyword;
  const page = await execute({ type: 'message.search', room, text, types, offset: skip, limit });
  return list(wireMessages(page.messages, page), page.total);
}

interface SearchQuery {
  readonly room?: string | undefined;
  readonly keyword?: string | undefined;
  readonly types?: readonly MessageType[] | undefined;
  readonly skip: number;
  readonly limit: number;
}

const searchFields = {
  room: idSchema.optional(),
  keyword: z.string().max(256).optional(),
  skip: skipField,
  limit: limitField,
};

const getMessages = call({
  method: 'get',
  path: '/messages',
  summary: 'Messages of all the caller’s rooms that contain a keyword, the newest first.',
  schema: z.object({ query: z.object(searchFields) }),
  asks: 'message.search',
  run: ({ execute }, { query }) => searched(execute, query),
});

const getRecent = call({
  method: 'get',
  path: '/messages/recent',
  summary: 'The newest messages of all the caller’s rooms.',
  schema: z.object({ query: z.object({ limit: limitField }) }),
  asks: 'message.search',
  run: ({ execute }, { query }) => searched(execute, { skip: 0, limit: query.limit }),
});

const postSearch = call({
  method: 'post',
  path: '/messages/search',
  summary: 'Messages that contain a keyword, the newest first.',
  schema: z.object({ body: z.object(searchFields) }),
  asks: 'message.search',
  run: ({ execute }, { body }) => searched(execute, body),
});

const SEARCHES = ['messages', 'roomName', 'roomMember', 'roomTags', 'roomPrefTags', 'roomPrefFolder'] as const;
type Search = (typeof SEARCHES)[number];
const searchTypes = z
  .union([z.enum(SEARCHES).transform((one) => [one]), z.array(z.enum(SEARCHES)).min(1).max(SEARCHES.length)])
  .default(['messages']);

/** Rooms are looked through as far as one page of the list reaches. */
const postEverything = call({
  method: 'post',
  path: '/search',
  summary: 'Messages and rooms that match a keyword.',
  schema: z.object({
    body: z.object({
      type: searchTypes,
      keyword: z.string().min(1).max(256),
      room: idSchema.optional(),
      roomTags: z.array(z.string().max(64)).max(100).default([]),
      limit: limitField,
    }),
  }),
  asks: 'message.search',
  run: async ({ execute, self }, { body }) => {
    const { id } = await self();
    const { rooms } = await execute({ type: 'room.list', withMessagesOnly: false, offset: 0, limit: MAX_LIMIT });
    const shown = rooms
      .map((room) => wireListedRoom(room, id))
      .filter((room) => body.roomTags.every((tag) => wordsIn(room, 'roomTags').includes(tag)));
    const answers: Record<string, unknown> = {};
    for (const type of new Set(body.type)) {
      answers[type] =
        type === 'messages'
          ? await messagesByRoom(execute, body, shown)
          : shown.filter((room) => matches(room, type, body.keyword)).slice(0, body.limit);
    }
    return answers;
  },
});

/** Texts of a rendered room, wherever they stand in a field of it. */
function wordsIn(room: object, ...path: readonly string[]): readonly string[] {
  const value = path.reduce<unknown>((held, key) => Reflect.get(Object(held), key), room);
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function matches(room: object, type: Exclude<Search, 'messages'>, keyword: string): boolean {
  const wanted = keyword.toLowerCase();
  return searchedWords(room, type).some((word) => word.toLowerCase().includes(wanted));
}

function searchedWords(room: object, type: Exclude<Search, 'messages'>): readonly string[] {
  if (type === 'roomName') return wordsIn(room, 'name');
  if (type === 'roomTags') return wordsIn(room, 'roomTags');
  if (type === 'roomPrefTags') return wordsIn(room, 'pref', 'tags');
  if (type === 'roomPrefFolder') return wordsIn(room, 'pref', 'folder');
  const members: unknown = Reflect.get(room, 'members');
  return Array.isArray(members)
    ? members.flatMap((_, index) => wordsIn(room, 'members', String(index), 'nickname'))
    : [];
}

interface MessageSearch {
  readonly room?: string | undefined;
  readonly keyword: string;
  readonly limit: number;
}

async function messagesByRoom(execute: Execute, search: MessageSearch, rooms: readonly object[]): Promise<object[]> {
  const { room, keyword, limit } = search;
  const { messages } = await execute({ type: 'message.search', room, text: keyword, offset: 0, limit });
  const byRoom = new Map<string, string[]>();
  for (const { roomId, id } of messages) byRoom.set(roomId, [...(byRoom.get(roomId) ?? []), id]);
  return [...byRoom].map(([roomId, ids]) => {
    const known = rooms.find((one) => Reflect.get(one, '_id') === roomId);
    return { room: known ?? { _id: roomId, id: roomId }, messages: ids };
  });
}

const adminContent = { ...contentFields, sender: idSchema, push: z.boolean().nullish() };

const postMessage = call({
  method: 'post',
  path: '/messages',
  summary: 'The app’s server sends a message in a user’s name.',
  schema: z.object({ body: z.object({ ...adminContent, room: idSchema }) }),
  asks: 'message.send',
  who: 'admin',
  missing: 'ROOM_OR_USER_NOT_FOUND',
  acting: ({ body }) => body.sender,
  run: async ({ execute }, { body }) => {
    const { message, sender } = await execute({ type: 'message.send', room: body.room, draft: draftOf(body) });
    const wire = wireMessage(message, { sender });
    if (body.push === true) await pushed(execute, message, wire);
    return wire;
  },
});

/** To everybody else in the room. */
async function pushed(execute: Execute, message: Message, wire: object | null): Promise<void> {
  const { members } = await execute({ type: 'room.get', room: message.roomId });
  const others = members.map(({ userId }) => userId).filter((id) => id !== message.senderId);
  if (others.length === 0) return;
  const payload: unknown = JSON.parse(JSON.stringify({ event: 'MESSAGE', data: wire }));
  await execute({ type: 'push.send', users: refs(others.slice(0, MAX_PUSHED)), payload: z.json().parse(payload) });
}

const MAX_PUSHED = 500;

/** Where it goes, and what stands for each `$pattern$` there. */
const target = z
  .looseObject({ receiver: idSchema.optional(), room: idSchema.optional() })
  .refine(({ receiver, room }) => receiver !== undefined || room !== undefined, {
    message: 'names no receiver or room',
  });

const postBatch = call({
  method: 'post',
  path: '/messages/batch',
  summary: 'The app’s server sends one message, filled in, to many.',
  schema: z.object({
    body: z.object({ ...adminContent, paras: z.array(target).min(1).max(MAX_BATCH) }),
  }),
  asks: 'message.send',
  who: 'admin',
  missing: 'ROOM_OR_USER_NOT_FOUND',
  acting: ({ body }) => body.sender,
  run: async ({ execute }, { body }) => {
    let batchID = '';
    for (const para of body.paras) {
      const room = para.room ?? (await directRoom(execute, body.sender, para.receiver ?? ''));
      const { message, sender } = await execute({ type: 'message.send', room, draft: draftOf(filledIn(body, para)) });
      if (body.push === true) await pushed(execute, message, wireMessage(message, { sender }));
      batchID ||= message.id;
    }
    return { batchID, count: body.paras.length };
  },
});

async function directRoom(execute: Execute, sender: string, receiver: string): Promise<string> {
  const members = refs([sender, receiver]);
  return (await execute({ type: 'room.create', kind: 'direct', members })).room.id;
}

/** Patterns stand in dollar signs, in every text of the message. */
function filledIn(body: object, para: Readonly<Record<string, unknown>>): z.output<typeof contentSchema> {
  const patterns = Object.entries(para).filter(([key]) => /^\$.+\$$/.test(key));
  const fill = (text: string): string =>
    patterns.reduce((filled, [pattern, value]) => filled.replaceAll(pattern, String(value)), text);
  const walk = (value: unknown): unknown => {
    if (typeof value === 'string') return fill(value);
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, walk(held)]));
  };
  return contentSchema.parse(walk(contentSchema.parse(body)));
}

const postHidden = call({
  method: 'post',
  path: '/messages/user-delete',
  summary: 'Deletes messages for the caller alone.',
  schema: z.object({ body: z.object({ room: idSchema, messages: z.array(idSchema).min(1).max(MAX_LIMIT) }) }),
  asks: 'message.hide',
  missing: 'MESSAGE_NOT_FOUND',
  run: async ({ execute }, { body }) => {
    const { hidden } = await execute({ type: 'message.hide', room: body.room, messageIds: body.messages });
    return { room: body.room, messages: hidden };
  },
});

const postAllHidden = call({
  method: 'post',
  path: '/messages/user-delete/all-in-room',
  summary: 'Deletes all messages of a room for the caller alone.',
  schema: z.object({ body: z.object({ room: idSchema }) }),
  asks: 'message.hide',
  run: async ({ execute }, { body }) => {
    await execute({ type: 'message.hide', room: body.room, messageIds: [], all: true });
    return { room: body.room, isUserDeleteAllMessagesInRoom: true };
  },
});

const getHidden = call({
  method: 'get',
  path: '/messages/user-delete',
  summary: 'What the caller deleted for itself in a room.',
  schema: z.object({ query: z.object({ room: idSchema }) }),
  asks: 'message.hidden',
  run: async ({ execute }, { query }) => {
    const { messageIds } = await execute({ type: 'message.hidden', room: query.room });
    return list(messageIds.map((message) => ({ message })));
  },
});

const reactionField = z.string().min(1).max(64);

const postReaction = call({
  method: 'post',
  path: '/messages/:id/reaction',
  summary: 'Puts the caller’s reaction beside a message.',
  schema: z.object({ params: messageParams, body: z.object({ reaction: reactionField }) }),
  asks: 'message.react',
  missing: 'MESSAGE_NOT_FOUND',
  run: async ({ execute }, { params, body }) => {
    const { message } = await execute({
      type: 'message.react',
      messageId: params.id,
      value: body.reaction,
      present: true,
    });
    return wireMessage(message, { sender: await senderOf(execute, message) });
  },
});

const deleteReaction = call({
  method: 'delete',
  path: '/messages/:id/reaction',
  summary: 'Takes the caller’s reaction away; without naming one, all of them.',
  schema: z.object({ params: messageParams, query: z.object({ reaction: reactionField.optional() }) }),
  asks: 'message.react',
  missing: 'MESSAGE_NOT_FOUND',
  run: async ({ execute, self }, { params, query }) => {
    const { id: messageId } = params;
    let { message } = await execute({ type: 'message.get', messageId });
    for (const value of query.reaction === undefined ? await ownReactions(message, self) : [query.reaction]) {
      ({ message } = await execute({ type: 'message.react', messageId, value, present: false }));
    }
    return wireMessage(message, { sender: await senderOf(execute, message) });
  },
});

async function ownReactions({ reactions }: Message, self: () => Promise<{ readonly id: string }>): Promise<string[]> {
  const { id } = await self();
  return (reactions ?? []).filter(({ userId }) => userId === id).map(({ value }) => value);
}

function pinCall(method: 'post' | 'delete', pinned: boolean, summary: string): HttpRoute {
  return call({
    method,
    path: '/messages/:id/pin',
    summary,
    schema: z.object({ params: messageParams }),
    asks: 'message.pin',
    missing: 'MESSAGE_NOT_FOUND',
    run: async ({ execute }, { params }) => {
      const { message } = await execute({ type: 'message.pin', messageId: params.id, pinned });
      return wireMessage(message, { sender: await senderOf(execute, message) });
    },
  });
}

export const messageCalls: readonly HttpRoute[] = [
  getMessages,
  getRecent,
  postSearch,
  postEverything,
  postMessage,
  postBatch,
  postHidden,
  postAllHidden,
  getHidden,
  postReaction,
  deleteReaction,
  pinCall('post', true, 'Pins a message in its room.'),
  pinCall('delete', false, 'Unpins a message.'),
];
