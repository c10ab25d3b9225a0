import { httpRoute, numberField } from '@parlance/dialect-kit';
import { idSchema, ParlanceError, userFieldsSchema } from '@parlance/domain';
import { z } from 'zod';
import { cursorField, decodeCursor, encodeCursor } from './cursor.js';
import { roomsAnswer, shownListing, userAnswer, usersAnswer } from './native.answers.js';
import { actingAs, nativeRoute, type NativeRoute } from './native.route.js';

const tag = 'Users';
const params = z.object({ id: idSchema });

const putUser = httpRoute<'user.put'>()({
  method: 'put',
  path: '/users/:id',
  body: 'json',
  summary: 'Makes or changes a user; what is absent keeps its value or takes its default.',
  schema: z.object({ params, body: userFieldsSchema }),
  claim: () => ({}),
  intent: ({ params: { id }, body }) => ({ type: 'user.put', ref: { id }, fields: body }),
  answer: ({ user }) => ({ status: 200, body: user }),
});

const getUser = httpRoute<'user.find'>()({
  method: 'get',
  path: '/users/:id',
  body: 'none',
  summary: 'One user.',
  schema: z.object({ params }),
  claim: () => ({}),
  intent: ({ params: { id } }) => ({ type: 'user.find', refs: [{ id }] }),
  answer: ({ users: [user] }) => {
    if (user === null || user === undefined) throw new ParlanceError('not-found', 'User not found.');
    return { status: 200, body: user };
  },
});

const USERS_PER_PAGE = 50;
const MAX_USERS_PER_PAGE = 200;
const usersPlace = z.tuple([z.literal('users'), z.int().nonnegative().max(1_000_000_000)]);

function usersBefore(cursor: string | undefined): number {
  return cursor === undefined ? 0 : decodeCursor(usersPlace, cursor)[1];
}

const listUsers = httpRoute<'user.list'>()({
  method: 'get',
  path: '/users',
  body: 'none',
  summary: 'Users by name, those whose name, username or identifier contains `search`; terminated ones are left out.',
  schema: z.object({
    query: z.object({
      search: z.string().max(256).optional(),
      cursor: cursorField.optional(),
      limit: numberField(z.number().int().min(1).max(MAX_USERS_PER_PAGE).default(USERS_PER_PAGE)),
    }),
  }),
  claim: () => ({}),
  intent: ({ query: { search, cursor, limit } }) => ({
    type: 'user.list',
    search,
    offset: usersBefore(cursor),
    limit,
  }),
  answer: ({ users, total }, { query: { cursor } }) => {
    const next = usersBefore(cursor) + users.length;
    const more = users.length > 0 && next < total ? { nextCursor: encodeCursor(['users', next]) } : {};
    return { status: 200, body: { users, ...more } };
  },
});

const MAX_MESSAGE_CHARS = 1_024;

const terminateUser = httpRoute<'user.terminate'>()({
  method: 'post',
  path: '/users/:id/terminate',
  body: 'json',
  summary: 'Ends an account: its connections are told and closed, and none of its credentials is accepted any more.',
  schema: z.object({
    params,
    body: z.object({ message: z.string().max(MAX_MESSAGE_CHARS).optional() }).optional(),
  }),
  claim: () => ({}),
  intent: ({ params: { id }, body }) => ({
    type: 'user.terminate',
    user: { id },
    message: body?.message ?? 'This account has been terminated.',
  }),
  answer: () => ({ status: 204, body: undefined }),
});

const ROOMS_PER_PAGE = 50;
const MAX_ROOMS_PER_PAGE = 100;
const MAX_OFFSET = 1_000_000_000;
const roomsPlace = z.tuple([z.literal('rooms'), z.int().nonnegative().max(MAX_OFFSET)]);

function offsetOf(cursor: string | undefined): number {
  return cursor === undefined ? 0 : decodeCursor(roomsPlace, cursor)[1];
}

const listRooms = httpRoute<'room.list'>()({
  method: 'get',
  path: '/users/:id/rooms',
  body: 'none',
  summary: "A user's rooms, the most recently written first.",
  schema: z.object({
    params,
    query: z.object({
      cursor: cursorField.optional(),
      limit: numberField(z.number().int().min(1).max(MAX_ROOMS_PER_PAGE).default(ROOMS_PER_PAGE)),
    }),
  }),
  claim: ({ params: { id } }) => actingAs(id),
  intent: ({ query: { cursor, limit } }) => ({
    type: 'room.list',
    withMessagesOnly: false,
    offset: offsetOf(cursor),
    limit,
    memberLimit: 1,
  }),
  answer: ({ rooms, total }, { query: { cursor } }) => {
    const next = offsetOf(cursor) + rooms.length;
    const more = rooms.length > 0 && next < total;
    return {
      status: 200,
      body: { rooms: rooms.map(shownListing), ...(more ? { nextCursor: encodeCursor(['rooms', next]) } : {}) },
    };
  },
});

export const userRoutes: readonly NativeRoute[] = [
  nativeRoute(putUser, { tag, answers: { 200: userAnswer } }),
  nativeRoute(getUser, { tag, answers: { 200: userAnswer } }),
  nativeRoute(listUsers, { tag, answers: { 200: usersAnswer } }),
  nativeRoute(terminateUser, { tag, answers: { 204: null } }),
  nativeRoute(listRooms, { tag, answers: { 200: roomsAnswer } }),
];
