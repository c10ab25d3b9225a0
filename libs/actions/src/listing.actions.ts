import { listRooms, type RoomListing } from '@parlance/contracts';
import type { ListedRoom } from '@parlance/dialect-kit';
import { DEFAULT_ROOM_PREFERENCES } from '@parlance/domain';
import type { ActionContext, Actions } from './actions.js';
import { actingUser } from './caller.js';
import { roomNotFound } from './directory.js';
import { onlineAmong } from './presence.actions.js';

type ListingIntent = 'room.list' | 'room.show';

/** Members of a listed room are shown up to here; their ids are all there. */
const LISTED_MEMBERS = 100;

/** A user's rooms as that user sees them. */
export function listingActions({ bus, directory }: ActionContext): Pick<Actions, ListingIntent> {
  return {
    'room.list': async (caller, { type: _, kinds, memberLimit, ...filter }) => {
      const tenantId = caller.tenant.id;
      const { rooms, total } = await bus.request(listRooms, {
        ...filter,
        tenantId,
        userId: actingUser(caller).id,
        kinds: kinds === undefined ? undefined : [...kinds],
        memberLimit: memberLimit ?? LISTED_MEMBERS,
      });
      return { rooms: await shown(tenantId, rooms), total };
    },
    'room.show': async (caller, { room }) => {
      const tenantId = caller.tenant.id;
      const userId = actingUser(caller).id;
      const { id: roomId } = await directory.room(tenantId, room);
      const page = { withMessagesOnly: false, offset: 0, limit: 1, memberLimit: LISTED_MEMBERS };
      const { rooms } = await bus.request(listRooms, { ...page, tenantId, userId, roomId });
      const [listed] = await shown(tenantId, rooms);
      if (listed === undefined) throw roomNotFound();
      return listed;
    },
  };

  async function shown(tenantId: string, listings: readonly RoomListing[]): Promise<ListedRoom[]> {
    const ids = listings.flatMap((one) => one.state.members.map((member) => member.userId));
    const [users, online] = await Promise.all([
      directory.usersById(tenantId, ids),
      onlineAmong(bus, tenantId, [...new Set(ids)]),
    ]);
    return listings.map(({ state, unread, self, lastMessage, preferences }) => ({
      room: state.room,
      members: state.members,
      users,
      unread,
      readSeq: self.readSeq,
      lastMessage,
      online,
      preferences: preferences ?? DEFAULT_ROOM_PREFERENCES,
    }));
  }
}
