import { httpRoute } from '@parlance/dialect-kit';
import { idSchema, metadataSchema, roomKindSchema } from '@parlance/domain';
import { z } from 'zod';
import { roomAnswer, shownRoom } from './native.answers.js';
import { actingAs, announce, nativeRoute, type NativeRoute } from './native.route.js';

const tag = 'Rooms';
const MAX_MEMBERS = 5_000;
const params = z.object({ id: idSchema });
const by = idSchema.optional();
const name = z.string().max(256).nullable().optional();
const photo = z.string().max(2048).nullable().optional();
const metadata = metadataSchema.optional();
const description = z.string().max(4096).nullable().optional();

const createRoom = httpRoute<'room.create'>()({
  method: 'post',
  path: '/rooms',
  body: 'json',
  summary: 'Makes a room; the direct room of two users is made once.',
  schema: z.object({
    body: z.object({
      kind: roomKindSchema,
      memberIds: z.array(idSchema).max(MAX_MEMBERS),
      id: idSchema.optional(),
      name,
      photo,
      metadata,
      description,
      // A room made by an app's server begins empty: the first message it sends there is the first of the room.
      announce: z.boolean().default(false).meta({ description: 'Whether the room begins with an `info` message.' }),
      createdBy: idSchema.optional(),
    }),
  }),
  claim: ({ body }) => actingAs(body.createdBy),
  intent: ({ body: { createdBy: _, memberIds, ...room } }) => ({
    type: 'room.create',
    ...room,
    members: memberIds.map((id) => ({ id })),
  }),
  answer: ({ room, created }) => ({ status: created ? 201 : 200, body: shownRoom(room) }),
});

const getRoom = httpRoute<'room.get'>()({
  method: 'get',
  path: '/rooms/:id',
  body: 'none',
  summary: 'One room.',
  schema: z.object({ params }),
  claim: () => ({}),
  intent: ({ params: { id } }) => ({ type: 'room.get', room: id }),
  answer: ({ room }) => ({ status: 200, body: shownRoom(room) }),
});

const patchRoom = httpRoute<'room.patch'>()({
  method: 'patch',
  path: '/rooms/:id',
  body: 'json',
  summary: "Changes a room's name, photo, metadata or description, or freezes it; what is absent stays.",
  schema: z.object({
    params,
    body: z.object({ name, photo, metadata, description, frozen: z.boolean().optional(), announce, by }),
  }),
  claim: ({ body }) => actingAs(body.by),
  intent: ({ params: { id }, body: { by: _, ...fields } }) => ({ type: 'room.patch', room: id, ...fields }),
  answer: ({ room }) => ({ status: 200, body: shownRoom(room) }),
});

const deleteRoom = httpRoute<'room.delete'>()({
  method: 'delete',
  path: '/rooms/:id',
  body: 'none',
  summary: 'Deletes a room for everybody.',
  schema: z.object({ params, query: z.object({ by }) }),
  claim: ({ query }) => actingAs(query.by),
  intent: ({ params: { id } }) => ({ type: 'room.delete', room: id }),
  answer: () => ({ status: 204, body: undefined }),
});

export const roomRoutes: readonly NativeRoute[] = [
  nativeRoute(createRoom, { tag, answers: { 201: roomAnswer, 200: roomAnswer } }),
  nativeRoute(getRoom, { tag, answers: { 200: roomAnswer } }),
  nativeRoute(patchRoom, { tag, answers: { 200: roomAnswer } }),
  nativeRoute(deleteRoom, { tag, answers: { 204: null } }),
];
