import type { Execute, HttpRoute, ListedRoom, ResultOf, RoomView } from '@parlance/dialect-kit';
import type { Extras } from '@parlance/domain';
import { idSchema, ParlanceError } from '@parlance/domain';
import { numberField, readJson } from '@parlance/dialect-kit';
import { z } from 'zod';
import { present } from '../extras.js';
import { list } from '../reply.js';
import type { ReadIds } from '../room.js';
import { wireListedRoom, wireRoom } from '../room.js';
import { NAME } from '../wire.js';
import type { Caller } from './call.js';
import { call, idsField, limitField, roomParams, skipField, timeField } from './call.js';

/** Messages looked through to tell by id where members have read to. */
const READ_WINDOW = 100;

/** A preference filter as JSON text: `{"tags":"some-tag"}`. */
const prefFilter = z
  .string()
  .max(4096)
  .transform(readJson)
  .pipe(
    z.object({
      tags: z.union([z.string(), z.array(z.string()).max(100)]).optional(),
      folder: z.string().optional(),
      hidden: z.boolean().optional(),
      muted: z.boolean().optional(),
      sticky: z.boolean().optional(),
    }),
  );

const listQuery = z.object({
  skip: skipField,
  limit: limitField,
  sort: z.string().max(256).optional(),
  updatedAfter: timeField.optional(),
  pref: prefFilter.optional(),
  q: z.string().max(256).optional(),
  sortUnreadFirst: numberField(z.number().optional()),
});

async function listRooms(execute: Execute, query: z.output<typeof listQuery>): Promise<ResultOf<'room.list'>> {
  const { skip, limit, updatedAfter, pref, q, sortUnreadFirst } = query;
  const found = await execute({
    type: 'room.list',
    withMessagesOnly: false,
    title: q === '' ? undefined : q,
    muted: pref?.muted,
    hidden: pref?.hidden,
    updatedAfter,
    unreadFirst: sortUnreadFirst !== undefined && sortUnreadFirst !== 0,
    offset: skip,
    limit,
  });
  return { rooms: found.rooms.filter((room) => fits(room, pref)), total: found.total };
}

/** What the service does not filter by; `totalCount` counts before it. */
function fits({ preferences }: ListedRoom, pref: z.output<typeof listQuery>['pref']): boolean {
  if (pref === undefined) return true;
  const tags = typeof pref.tags === 'string' ? [pref.tags] : (pref.tags ?? []);
  if (!tags.every((tag) => preferences.tags.includes(tag))) return false;
  if (pref.folder !== undefined && preferences.folder !== pref.folder) return false;
  return pref.sticky === undefined || preferences.pinned === pref.sticky;
}

const getRooms = call({
  method: 'get',
  path: '/rooms',
  summary: 'The caller’s rooms, the most recently written first.',
  schema: z.object({ query: listQuery }),
  asks: 'room.list',
  run: async ({ execute, self }, { query }) => {
    const { id } = await self();
    const { rooms, total } = await listRooms(execute, query);
    // The oldest first is told of the page alone.
    const shown = query.sort?.startsWith('createdTime') === true ? byAge(rooms) : rooms;
    return list(
      shown.map((room) => wireListedRoom(room, id)),
      total,
    );
  },
});

function byAge(rooms: readonly ListedRoom[]): readonly ListedRoom[] {
  return [...rooms].sort((one, other) => Date.parse(one.room.createdAt) - Date.parse(other.room.createdAt));
}

const getRoomIds = call({
  method: 'get',
  path: '/rooms/ids',
  summary: 'The ids of the caller’s rooms.',
  schema: z.object({ query: listQuery }),
  asks: 'room.list',
  run: async ({ execute }, { query }) => {
    const { rooms, total } = await listRooms(execute, query);
    return list(
      rooms.map(({ room }) => room.id),
      total,
    );
  },
});

/** A room as the caller has it now, read marks included. */
export async function shownRoom({ execute, viewerId }: Caller, room: string): Promise<object> {
  const viewer = await viewerId();
  const readIds = await readIdsOf(execute, room);
  if (viewer === null) return wireRoom(await execute({ type: 'room.get', room }), null, readIds);
  return wireListedRoom(await execute({ type: 'room.show', room }), viewer, readIds);
}

/** Which message each of the room's newest seqs is. */
async function readIdsOf(execute: Execute, room: string): Promise<ReadIds> {
  const { messages } = await execute({ type: 'message.list', room, limit: READ_WINDOW });
  return new Map(messages.map(({ seq, id }) => [seq, id]));
}

const getRoom = call({
  method: 'get',
  path: '/rooms/:id',
  summary: 'One room.',
  schema: z.object({ params: roomParams }),
  asks: 'room.show',
  run: (caller, { params }) => shownRoom(caller, params.id),
});

const settingsFields = {
  roomTags: z.array(z.string().max(64)).max(100).optional(),
  webhook: z.string().max(2048).optional(),
  botMode: z.boolean().optional(),
  botState: z.string().max(256).optional(),
  encrypted: z.boolean().optional(),
  serviceStatus: z.number().optional(),
  extParams: z.string().max(4096).optional(),
};
const faceFields = {
  name: z.string().max(256).nullish(),
  cover: z.string().max(2048).nullish(),
  description: z.string().max(4096).nullish(),
};

/** What only this wire knows of a room. */
export function roomExtras(body: Readonly<Record<keyof typeof settingsFields, unknown>>): Extras {
  const { roomTags, webhook, botMode, botState, encrypted, serviceStatus, extParams } = body;
  const own = present({ roomTags, webhook, botMode, botState, encrypted, serviceStatus, extParams });
  return Object.keys(own).length === 0 ? {} : { [NAME]: own };
}

const putRoom = call({
  method: 'put',
  path: '/rooms/:id',
  summary: 'Changes a room; status 0 freezes it, 1 thaws it.',
  schema: z.object({
    params: roomParams,
    body: z.object({ ...faceFields, ...settingsFields, status: z.union([z.literal(0), z.literal(1)]).optional() }),
  }),
  asks: 'room.patch',
  run: async (caller, { params, body }) => {
    await caller.execute({
      type: 'room.patch',
      room: params.id,
      name: body.name,
      photo: body.cover,
      description: body.description,
      frozen: body.status === undefined ? undefined : body.status === 0,
      extras: roomExtras({ ...noSettings, ...body }),
    });
    return shownRoom(caller, params.id);
  },
});

const noSettings = {
  roomTags: undefined,
  webhook: undefined,
  botMode: undefined,
  botState: undefined,
  encrypted: undefined,
  serviceStatus: undefined,
  extParams: undefined,
};

const putBot = call({
  method: 'put',
  path: '/rooms/:id/bot',
  summary: 'Turns a room’s robot on or off.',
  schema: z.object({
    params: roomParams,
    body: z.object({ botMode: z.boolean().optional(), botState: z.string().max(256).optional() }),
  }),
  asks: 'room.patch',
  run: async (caller, { params, body }) => {
    const extras = roomExtras({ ...noSettings, ...body });
    await caller.execute({ type: 'room.patch', room: params.id, extras });
    return shownRoom(caller, params.id);
  },
});

const deleteRoom = call({
  method: 'delete',
  path: '/rooms/:id',
  summary: 'Deletes a room for everybody.',
  schema: z.object({ params: roomParams }),
  asks: 'room.delete',
  run: async ({ execute }, { params }) => {
    await execute({ type: 'room.delete', room: params.id });
    return { _id: params.id, id: params.id };
  },
});

const newRoomFields = {
  ...faceFields,
  ...settingsFields,
  _id: idSchema.optional(),
  roomType: z.enum(['direct', 'group']).optional(),
  systemMessage: z.boolean().optional(),
};

/** System messages come unless they are declined: other wires learn of members by them alone. */
export function announced(systemMessage: boolean | undefined): boolean {
  return systemMessage !== false;
}

const newRoom = z.object({ ...newRoomFields, members: idsField.default([]), owner: idSchema.optional() });

const createRoom = call({
  method: 'post',
  path: '/rooms',
  summary: 'Makes a room; whoever asks is not in it, unless it is a user.',
  schema: z.object({ body: newRoom }),
  asks: 'room.create',
  missing: 'USER_NOT_FOUND',
  acting: ({ body }) => body.owner,
  run: async ({ execute, viewerId }, { body }) => {
    const viewer = await viewerId();
    const { members } = body;
    const kind = body.roomType ?? 'group';
    const all = body.owner === undefined || members.includes(body.owner) ? members : [body.owner, ...members];
    return wireRoom(await execute({ type: 'room.create', kind, members: refs(all), ...newRoomIntent(body) }), viewer);
  },
});

function newRoomIntent(body: Omit<z.output<typeof newRoom>, 'members' | 'owner'>) {
  return {
    id: body._id,
    name: body.name,
    photo: body.cover,
    description: body.description,
    extras: roomExtras({ ...noSettings, ...body }),
    announce: announced(body.systemMessage),
  };
}

export function refs(ids: readonly string[]): readonly { readonly id: string }[] {
  return ids.map((id) => ({ id }));
}

const joinedRoom = z.object({
  ...newRoomFields,
  invitee: idsField.default([]),
  invitationRequired: z.boolean().optional(),
});

const createAndJoin = call({
  method: 'post',
  path: '/rooms/createAndJoin',
  summary: 'Makes a room of the caller and those it invites; a direct one is found if there is one.',
  schema: z.object({ body: joinedRoom }),
  asks: 'room.create',
  missing: 'USER_NOT_FOUND',
  run: async ({ execute, self }, { body }) => {
    const { id } = await self();
    const others = body.invitee.filter((invitee) => invitee !== id);
    if (isDirect(body, others)) {
      const view = await execute({ type: 'room.create', kind: 'direct', members: refs([id, ...others]) });
      return wireRoom(view, id);
    }
    const asked = body.invitationRequired === true;
    const members = refs(asked ? [id] : [id, ...others]);
    const made = await execute({ type: 'room.create', kind: 'group', members, ...newRoomIntent(body) });
    return wireRoom(asked ? await invited(execute, made, others) : made, id);
  },
});

function isDirect({ roomType, _id }: z.output<typeof joinedRoom>, others: readonly string[]): boolean {
  if (roomType !== 'direct') return false;
  if (others.length !== 1) throw new ParlanceError('invalid', 'invitee: a direct room has one other.');
  if (_id !== undefined) throw new ParlanceError('invalid', '_id: a direct room is known by its two people.');
  return true;
}

async function invited(execute: Execute, made: RoomView, others: readonly string[]): Promise<RoomView> {
  if (others.length === 0) return made;
  return execute({ type: 'invitation.create', room: made.room.id, users: refs(others) });
}

const joinRoom = call({
  method: 'post',
  path: '/rooms/:id/join',
  summary: 'Joins an open room, or one the caller is invited to.',
  schema: z.object({ params: roomParams }),
  asks: 'room.join',
  run: async ({ execute, self }, { params }) => {
    const { id } = await self();
    return wireRoom(await execute({ type: 'room.join', room: params.id }), id);
  },
});

/** Fixed paths stand before those with a parameter. */
export const roomCalls: readonly HttpRoute[] = [getRooms, getRoomIds, createRoom, createAndJoin, joinRoom, putBot];
export const oneRoomCalls: readonly HttpRoute[] = [getRoom, putRoom, deleteRoom];
