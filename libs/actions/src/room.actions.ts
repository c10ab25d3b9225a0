import { addMembers, createRoom, deleteRoom, getRoom, patchRoom, removeMember } from '@parlance/contracts';
import type { RoomView } from '@parlance/dialect-kit';
import type { RoomState, User, UserRef } from '@parlance/domain';
import { ParlanceError } from '@parlance/domain';
import { actorOf, viewerOf } from './caller.js';
import type { Caller } from './caller.js';
import type { Directory } from './directory.js';
import type { ActionContext, Actions } from './actions.js';

/** Of a large room so many members are looked up; their ids are all there. */
const VIEWED_USERS = 100;

type RoomIntent = 'room.create' | 'room.get' | 'room.patch' | 'room.delete' | 'member.add' | 'member.remove';

/** A room's state with its people looked up. */
export async function viewOf(directory: Directory, tenantId: string, state: RoomState): Promise<RoomView> {
  const ids = state.members.slice(0, VIEWED_USERS).map((member) => member.userId);
  return { room: state.room, members: state.members, users: await directory.usersById(tenantId, ids) };
}

/** Errors: `not-found` when one of them is unknown. */
export async function usersOf(directory: Directory, tenantId: string, refs: readonly UserRef[]): Promise<User[]> {
  const users = await directory.findUsers(tenantId, refs);
  return users.map((user) => {
    if (user === null) throw new ParlanceError('not-found', 'User not found.');
    return user;
  });
}

/** By id, for the `info` messages that name them. */
export function namesOf(users: readonly User[]): Record<string, string> {
  return Object.fromEntries(users.map((user) => [user.id, user.name]));
}

export function roomActions({ bus, directory }: ActionContext): Pick<Actions, RoomIntent> {
  const command = async (caller: Caller, room: string) => ({
    tenantId: caller.tenant.id,
    actor: actorOf(caller),
    origin: caller.origin,
    roomId: (await directory.room(caller.tenant.id, room)).id,
  });

  return {
    'room.create': async (caller, { members, id, kind, name, photo, metadata, ...more }) => {
      const tenantId = caller.tenant.id;
      const users = await usersOf(directory, tenantId, members);
      const { state, created } = await bus.request(createRoom, {
        tenantId,
        actor: actorOf(caller),
        origin: caller.origin,
        kind,
        ...(id === undefined ? {} : { id }),
        name: name ?? null,
        photo: photo ?? null,
        metadata: metadata ?? {},
        description: more.description,
        extras: more.extras,
        announce: more.announce,
        // A group may begin with nobody but the one who makes it.
        memberIds: users.length === 0 && caller.user !== null ? [caller.user.id] : users.map((user) => user.id),
      });
      return { ...(await viewOf(directory, tenantId, state)), created };
    },
    'room.get': async (caller, { room }) => {
      const { id } = await directory.room(caller.tenant.id, room);
      const state = await bus.request(getRoom, {
        tenantId: caller.tenant.id,
        viewerId: viewerOf(caller),
        roomId: id,
      });
      return viewOf(directory, caller.tenant.id, state);
    },
    'room.patch': async (caller, { type: _, room, ...fields }) => {
      const state = await bus.request(patchRoom, { ...(await command(caller, room)), ...fields });
      return viewOf(directory, caller.tenant.id, state);
    },
    'room.delete': async (caller, { room }) => bus.request(deleteRoom, await command(caller, room)),
    'member.add': async (caller, { room, users, role, announce }) => {
      const added = await usersOf(directory, caller.tenant.id, users);
      const { state } = await bus.request(addMembers, {
        ...(await command(caller, room)),
        userIds: added.map((user) => user.id),
        role: role ?? 'member',
        announce,
        names: namesOf(added),
      });
      return { ...(await viewOf(directory, caller.tenant.id, state)), added };
    },
    'member.remove': async (caller, { room, user, announce }) => {
      const removed = await directory.user(caller.tenant.id, user);
      const { state } = await bus.request(removeMember, {
        ...(await command(caller, room)),
        userId: removed.id,
        announce,
        names: namesOf([removed]),
      });
      return { ...(await viewOf(directory, caller.tenant.id, state)), removed };
    },
  };
}
