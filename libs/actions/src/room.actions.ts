import {
  addMembers,
  createRoom,
  deleteRoom,
  findOnline,
  getRoom,
  listRooms,
  patchRoom,
  removeMember,
} from '@parlance/contracts';
import type { RoomView } from '@parlance/dialect-kit';
import type { RoomState, User, UserRef } from '@parlance/domain';
import { ParlanceError } from '@parlance/domain';
import { actingUser, actorOf, viewerOf } from './caller.js';
import type { Caller } from './caller.js';
import type { Directory } from './directory.js';
import type { ActionContext, Actions } from './actions.js';

/** Of a large room so many members are looked up; their ids are all there. */
const VIEWED_USERS = 100;
const LISTED_MEMBERS = 100;
const ONLINE_PAGE = 500;

type RoomIntent =
  'room.create' | 'room.get' | 'room.patch' | 'room.delete' | 'room.list' | 'member.add' | 'member.remove';

/** A room's state with its people looked up. */
export async function viewOf(directory: Directory, tenantId: string, state: RoomState): Promise<RoomView> {
  const ids = state.members.slice(0, VIEWED_USERS).map((member) => member.userId);
  return { room: state.room, members: state.members, users: await directory.usersById(tenantId, ids) };
}

async function userIds(directory: Directory, tenantId: string, refs: readonly UserRef[]): Promise<User[]> {
  const users = await directory.findUsers(tenantId, refs);
  return users.map((user) => {
    if (user === null) throw new ParlanceError('not-found', 'User not found.');
    return user;
  });
}

export function roomActions({ bus, directory }: ActionContext): Pick<Actions, RoomIntent> {
  const command = async (caller: Caller, room: string) => ({
    tenantId: caller.tenant.id,
    actor: actorOf(caller),
    origin: caller.origin,
    roomId: (await directory.room(caller.tenant.id, room)).id,
  });

  return {
    'room.create': async (caller, { kind, members, id, name, photo, metadata }) => {
      const tenantId = caller.tenant.id;
      const users = await userIds(directory, tenantId, members);
      const { state, created } = await bus.request(createRoom, {
        tenantId,
        actor: actorOf(caller),
        origin: caller.origin,
        kind,
        ...(id === undefined ? {} : { id }),
        name: name ?? null,
        photo: photo ?? null,
        metadata: metadata ?? {},
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
    'room.patch': async (caller, { room, name, photo, metadata, mergeMetadata }) => {
      const state = await bus.request(patchRoom, {
        ...(await command(caller, room)),
        name,
        photo,
        metadata,
        mergeMetadata,
      });
      return viewOf(directory, caller.tenant.id, state);
    },
    'room.delete': async (caller, { room }) => bus.request(deleteRoom, await command(caller, room)),
    'room.list': async (caller, { withMessagesOnly, offset, limit, memberLimit }) => {
      const tenantId = caller.tenant.id;
      const listed = await bus.request(listRooms, {
        tenantId,
        userId: actingUser(caller).id,
        withMessagesOnly,
        offset,
        limit,
        memberLimit: memberLimit ?? LISTED_MEMBERS,
      });
      const ids = listed.rooms.flatMap((one) => one.state.members.map((member) => member.userId));
      const [users, online] = await Promise.all([
        directory.usersById(tenantId, ids),
        onlineAmong(tenantId, [...new Set(ids)]),
      ]);
      const rooms = listed.rooms.map((one) => ({
        room: one.state.room,
        members: one.state.members,
        users,
        unread: one.unread,
        readSeq: one.self.readSeq,
        lastMessage: one.lastMessage,
        online,
      }));
      return { rooms, total: listed.total };
    },
    'member.add': async (caller, { room, users, role }) => {
      const added = await userIds(directory, caller.tenant.id, users);
      const { state } = await bus.request(addMembers, {
        ...(await command(caller, room)),
        userIds: added.map((user) => user.id),
        role: role ?? 'member',
      });
      return { ...(await viewOf(directory, caller.tenant.id, state)), added };
    },
    'member.remove': async (caller, { room, user }) => {
      const removed = await directory.user(caller.tenant.id, user);
      const { state } = await bus.request(removeMember, { ...(await command(caller, room)), userId: removed.id });
      return { ...(await viewOf(directory, caller.tenant.id, state)), removed };
    },
  };

  async function onlineAmong(tenantId: string, ids: readonly string[]): Promise<Set<string>> {
    const online = new Set<string>();
    for (let start = 0; start < ids.length; start += ONLINE_PAGE) {
      const page = await bus.request(findOnline, { tenantId, userIds: ids.slice(start, start + ONLINE_PAGE) });
      for (const id of page.online) online.add(id);
    }
    return online;
  }
}
