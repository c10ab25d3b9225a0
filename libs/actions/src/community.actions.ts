import {
  answerInvitation,
  cancelInvitation,
  changeMember,
  clearRoom,
  createInvitations,
  getBlock,
  getRoom,
  joinRoom,
  listBans,
  listBlocks,
  listInvitations,
  setBan,
  setBlock,
} from '@parlance/contracts';
import type { BlockView, RoomView } from '@parlance/dialect-kit';
import { mayManage, ParlanceError, snapshotOf, type RoomStamp, type User } from '@parlance/domain';
import type { ActionContext, Actions } from './actions.js';
import { actingUser, actorOf, viewerOf, type Caller } from './caller.js';
import { namesOf, usersOf, viewOf } from './room.actions.js';

type CommunityIntent =
  | 'room.clear'
  | 'room.join'
  | 'member.change'
  | 'ban.set'
  | 'ban.list'
  | 'block.set'
  | 'block.get'
  | 'block.list'
  | 'invitation.create'
  | 'invitation.answer'
  | 'invitation.cancel'
  | 'invitation.list';

type BlockState = Omit<BlockView, 'other'> & { readonly room: RoomStamp | null };

/** Roles, bans, blocks, invitations: what people in rooms are to each other. */
export function communityActions({ bus, directory }: ActionContext): Pick<Actions, CommunityIntent> {
  const roomIdOf = async (caller: Caller, room: string): Promise<string> =>
    (await directory.room(caller.tenant.id, room)).id;

  const command = (caller: Caller) => ({
    tenantId: caller.tenant.id,
    actor: actorOf(caller),
    origin: caller.origin,
  });

  const seenRoom = async (caller: Caller, roomId: string): Promise<RoomView> => {
    const tenantId = caller.tenant.id;
    return viewOf(directory, tenantId, await bus.request(getRoom, { tenantId, viewerId: viewerOf(caller), roomId }));
  };

  return {
    'room.clear': async (caller, { room }) =>
      bus.request(clearRoom, { ...command(caller), roomId: await roomIdOf(caller, room) }),
    'room.join': async (caller, { room }) => {
      const { tenant, origin } = caller;
      const user = snapshotOf(actingUser(caller));
      const roomId = await roomIdOf(caller, room);
      const { state } = await bus.request(joinRoom, { tenantId: tenant.id, user, origin, roomId });
      return viewOf(directory, tenant.id, state);
    },
    'member.change': async (caller, { room, user, role, nickname }) => {
      const changed = await directory.user(caller.tenant.id, user);
      const { state } = await bus.request(changeMember, {
        ...command(caller),
        roomId: await roomIdOf(caller, room),
        userId: changed.id,
        role,
        nickname,
        names: namesOf([changed]),
      });
      return { ...(await viewOf(directory, caller.tenant.id, state)), changed };
    },
    'ban.set': async (caller, { room, user: ref, banned }) => {
      const user = await directory.user(caller.tenant.id, ref);
      const times = await bus.request(setBan, {
        ...command(caller),
        roomId: await roomIdOf(caller, room),
        userId: user.id,
        banned,
        names: namesOf([user]),
      });
      return { user, ...times };
    },
    'ban.list': async (caller, { room }) => {
      const tenantId = caller.tenant.id;
      const roomId = await roomIdOf(caller, room);
      const { bans } = await bus.request(listBans, { tenantId, viewerId: viewerOf(caller), roomId });
      return { bans: await withUsers(tenantId, bans, (ban) => ban.userId) };
    },
    'block.set': async (caller, { user, blocked }) => {
      const other = await directory.user(caller.tenant.id, user);
      const { origin, tenant } = caller;
      const state = await bus.request(setBlock, {
        tenantId: tenant.id,
        user: snapshotOf(actingUser(caller)),
        other: snapshotOf(other),
        origin,
        blocked,
      });
      return blockView(other, state);
    },
    'block.get': async (caller, { user }) => {
      const tenantId = caller.tenant.id;
      const other = await directory.user(tenantId, user);
      return blockView(
        other,
        await bus.request(getBlock, { tenantId, userId: actingUser(caller).id, otherId: other.id }),
      );
    },
    'block.list': async (caller) => {
      const tenantId = caller.tenant.id;
      const { blocks } = await bus.request(listBlocks, { tenantId, userId: actingUser(caller).id });
      return { blocks: await withUsers(tenantId, blocks, (block) => block.userId) };
    },
    'invitation.create': async (caller, { room, users }) => {
      const invitees = await usersOf(directory, caller.tenant.id, users);
      const roomId = await roomIdOf(caller, room);
      const { invitations } = await bus.request(createInvitations, {
        ...command(caller),
        roomId,
        users: invitees.map(snapshotOf),
      });
      return { ...(await seenRoom(caller, roomId)), invitations };
    },
    'invitation.answer': async (caller, { invitation, answer }) => {
      const key =
        'id' in invitation
          ? invitation
          : { roomId: await roomIdOf(caller, invitation.room), userId: actingUser(caller).id };
      const answered = await bus.request(answerInvitation, { ...command(caller), invitation: key, answer });
      const view = await viewOf(directory, caller.tenant.id, answered.state);
      return { ...view, invitation: answered.invitation };
    },
    'invitation.cancel': async (caller, { invitation }) => {
      const key = 'id' in invitation ? invitation : await invitationIn(caller, invitation);
      return bus.request(cancelInvitation, { ...command(caller), invitation: key });
    },
    'invitation.list': async (caller, { room }) => {
      const tenantId = caller.tenant.id;
      const filter =
        room === undefined ? { userId: actingUser(caller).id } : { roomId: await managedRoom(caller, room) };
      const { invitations } = await bus.request(listInvitations, { tenantId, ...filter, openOnly: true });
      const ids = invitations.flatMap(({ inviterId, inviteeId }) =>
        inviterId === null ? [inviteeId] : [inviterId, inviteeId],
      );
      return { invitations, users: await directory.usersById(tenantId, ids) };
    },
  };

  async function invitationIn(
    caller: Caller,
    { room, user }: { room: string; user: Parameters<typeof directory.user>[1] },
  ) {
    const roomId = await roomIdOf(caller, room);
    return { roomId, userId: (await directory.user(caller.tenant.id, user)).id };
  }

  /** @throws ParlanceError `not-found`, `permission-denied` */
  async function managedRoom(caller: Caller, key: string): Promise<string> {
    const { room, members } = await seenRoom(caller, await roomIdOf(caller, key));
    const viewer = viewerOf(caller);
    const role = members.find((member) => member.userId === viewer)?.role;
    if (viewer === null || (role !== undefined && mayManage(role))) return room.id;
    throw new ParlanceError('permission-denied', 'Only an owner or admin sees who is invited.');
  }

  /** Without those who are gone. */
  async function withUsers<T>(
    tenantId: string,
    entries: readonly T[],
    idOf: (entry: T) => string,
  ): Promise<(T & { readonly user: User })[]> {
    const users = await directory.usersById(tenantId, entries.map(idOf));
    return entries.flatMap((entry) => {
      const user = users.get(idOf(entry));
      return user === undefined ? [] : [{ ...entry, user }];
    });
  }
}

function blockView(other: User, { room, blockedByMe, blockedMe }: BlockState): BlockView {
  return { other, room, blockedByMe, blockedMe };
}
