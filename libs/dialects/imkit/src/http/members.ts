import type { Execute, HttpRoute, ResultOf, RoomView } from '@parlance/dialect-kit';
import type { Role } from '@parlance/domain';
import { idSchema, ParlanceError } from '@parlance/domain';
import { z } from 'zod';
import { personIn, wireUser } from '../people.js';
import { list } from '../reply.js';
import { wireRoom, wireRoomLeft } from '../room.js';
import type { Caller } from './call.js';
import { call, orNull, roomParams, someIdsField } from './call.js';
import { announced, refs } from './rooms.js';

const memberParams = roomParams.extend({ uid: idSchema });
const systemMessage = z.boolean().optional();
const addBody = z.object({
  invitees: someIdsField,
  systemMessage,
  invitationRequired: z.boolean().optional(),
});

/** Invitations are for groups; a direct room's people are fixed anyway. */
async function addMembers(caller: Caller, room: string, body: z.output<typeof addBody>): Promise<object> {
  const viewer = await caller.viewerId();
  const users = refs(body.invitees);
  const view =
    body.invitationRequired === true
      ? await caller.execute({ type: 'invitation.create', room, users })
      : await caller.execute({ type: 'member.add', room, users, announce: announced(body.systemMessage) });
  return wireRoom(view, viewer);
}

const postMembers = call({
  method: 'post',
  path: '/rooms/:id/members',
  summary: 'Adds members, or invites them.',
  schema: z.object({ params: roomParams, body: addBody }),
  asks: 'member.add',
  missing: 'ROOM_OR_USER_NOT_FOUND',
  run: (caller, { params, body }) => addMembers(caller, params.id, body),
});

const postMember = call({
  method: 'post',
  path: '/rooms/:id/members/:uid',
  summary: 'Adds one member.',
  schema: z.object({ params: memberParams }),
  asks: 'member.add',
  missing: 'ROOM_OR_USER_NOT_FOUND',
  run: (caller, { params }) => addMembers(caller, params.id, { invitees: [params.uid] }),
});

/** Somebody who is no member is taken back as an invitee; whoever names itself leaves, or declines. */
async function removeMembers(caller: Caller, room: string, ids: readonly string[], announce: boolean): Promise<object> {
  const viewer = await caller.viewerId();
  const view = await orNull<'room.get'>(caller.execute({ type: 'room.get', room }));
  if (view === null) return decline(caller.execute, room, ids, viewer);
  const isMember = (id: string): boolean => view.members.some(({ userId }) => userId === id);
  for (const id of ids.filter((one) => one !== viewer)) {
    if (isMember(id)) await caller.execute({ type: 'member.remove', room, user: { id }, announce });
    else await caller.execute({ type: 'invitation.cancel', invitation: { room, user: { id } } });
  }
  // Last: after it the caller has no more say.
  if (viewer !== null && ids.includes(viewer)) {
    const left = await caller.execute({ type: 'member.remove', room, user: { id: viewer }, announce });
    return wireRoomLeft(left);
  }
  return wireRoom(await caller.execute({ type: 'room.get', room }), viewer);
}

async function decline(execute: Execute, room: string, ids: readonly string[], viewer: string | null): Promise<object> {
  const [id, ...others] = ids;
  if (viewer === null || id !== viewer || others.length > 0) throw new ParlanceError('not-found', 'Room not found.');
  return wireRoomLeft(await execute({ type: 'invitation.answer', invitation: { room }, answer: 'reject' }));
}

const deleteMembers = call({
  method: 'post',
  path: '/rooms/:id/delete/members',
  summary: 'Removes members, takes invitations back, leaves or declines.',
  schema: z.object({ params: roomParams, body: z.object({ members: someIdsField, systemMessage }) }),
  asks: 'member.remove',
  missing: 'ROOM_NOT_FOUND',
  run: (caller, { params, body }) => removeMembers(caller, params.id, body.members, announced(body.systemMessage)),
});

const deleteMember = call({
  method: 'delete',
  path: '/rooms/:id/members/:uid',
  summary: 'Removes one member; oneself: leaves.',
  schema: z.object({ params: memberParams }),
  asks: 'member.remove',
  missing: 'ROOM_NOT_FOUND',
  run: (caller, { params }) => removeMembers(caller, params.id, [params.uid], true),
});

const ROLES: ReadonlyMap<unknown, Role> = new Map<unknown, Role>([
  ['owner', 'owner'],
  ['admin', 'admin'],
  ['manager', 'admin'],
  ['member', 'member'],
  ['', 'member'],
  [null, 'member'],
]);

/** Of the properties an app may make up only these two mean something here. */
function changeOf({ property, value }: { readonly property: string; readonly value?: unknown }) {
  if (property === 'nickname' && (typeof value === 'string' || value == null)) {
    return { nickname: value == null || value === '' ? null : value };
  }
  const role = property === 'role' ? ROLES.get(value ?? null) : undefined;
  if (role !== undefined) return { role };
  throw new ParlanceError('unsupported', 'property: nickname or role, with a value that is one.');
}

const putMember = call({
  method: 'put',
  path: '/rooms/:id/member/:uid',
  summary: 'Changes a member’s role, or its nickname in this room.',
  schema: z.object({
    params: memberParams,
    body: z.object({ property: z.string().max(64), value: z.union([z.string().max(256), z.null()]).optional() }),
  }),
  asks: 'member.change',
  missing: 'ROOM_OR_USER_NOT_FOUND',
  run: async ({ execute, viewerId }, { params, body }) => {
    const viewer = await viewerId();
    const change = changeOf(body);
    return wireRoom(
      await execute({ type: 'member.change', room: params.id, user: { id: params.uid }, ...change }),
      viewer,
    );
  },
});

/** Open invitations; one whose room is gone meanwhile is left out. */
async function wireInvitations(execute: Execute, found: ResultOf<'invitation.list'>): Promise<object> {
  const shown: object[] = [];
  const rooms = new Map<string, RoomView | null>();
  for (const { roomId, inviterId, inviteeId, createdAt, updatedAt } of found.invitations) {
    if (!rooms.has(roomId)) rooms.set(roomId, await orNull<'room.get'>(execute({ type: 'room.get', room: roomId })));
    const view = rooms.get(roomId);
    shown.push({
      room: view == null ? { _id: roomId, id: roomId, roomType: 'group' } : wireRoom(view, null),
      ...(inviterId === null ? {} : { inviter: wireUser(personIn(found.users, inviterId)) }),
      invitee: wireUser(personIn(found.users, inviteeId)),
      createdAt,
      updatedAt,
      createdTimeMS: Date.parse(createdAt),
      updatedTimeMS: Date.parse(updatedAt),
    });
  }
  return list(shown);
}

const getMyInvitations = call({
  method: 'get',
  path: '/rooms/invitations',
  summary: 'The caller’s open invitations.',
  schema: z.object({}),
  asks: 'invitation.list',
  run: async ({ execute }) => wireInvitations(execute, await execute({ type: 'invitation.list' })),
});

const getInvitations = call({
  method: 'get',
  path: '/rooms/:id/invitations',
  summary: 'The open invitations of a room that the caller manages.',
  schema: z.object({ params: roomParams }),
  asks: 'invitation.list',
  run: async ({ execute }, { params }) =>
    wireInvitations(execute, await execute({ type: 'invitation.list', room: params.id })),
});

const declineInvitation = call({
  method: 'delete',
  path: '/rooms/:id/invitations',
  summary: 'Declines the caller’s invitation to a room.',
  schema: z.object({ params: roomParams }),
  asks: 'invitation.answer',
  run: async ({ execute }, { params }) => {
    await execute({ type: 'invitation.answer', invitation: { room: params.id }, answer: 'reject' });
    return wireInvitations(execute, await execute({ type: 'invitation.list' }));
  },
});

const cancelInvitations = call({
  method: 'post',
  path: '/rooms/:id/delete/invitations',
  summary: 'Takes open invitations to a room back.',
  schema: z.object({ params: roomParams, body: z.object({ invitees: someIdsField }) }),
  asks: 'invitation.cancel',
  run: async ({ execute }, { params, body }) => {
    for (const id of body.invitees) {
      await execute({ type: 'invitation.cancel', invitation: { room: params.id, user: { id } } });
    }
    return wireInvitations(execute, await execute({ type: 'invitation.list', room: params.id }));
  },
});

export const memberCalls: readonly HttpRoute[] = [
  getMyInvitations,
  getInvitations,
  declineInvitation,
  cancelInvitations,
  postMembers,
  postMember,
  deleteMembers,
  deleteMember,
  putMember,
];
