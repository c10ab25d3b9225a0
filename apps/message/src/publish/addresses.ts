import { roomAddress, userAddress } from '@parlance/contracts';
import type { Fact, RoomStamp } from '@parlance/domain';

/** Where a room's facts are heard: a direct room's by both its users, any other's at the room. The choice never changes. */
export function addressesOfRoom(tenantId: string, room: Pick<RoomStamp, 'id' | 'pair'>): readonly string[] {
  if (room.pair === null) return [roomAddress(tenantId, room.id)];
  return room.pair.map((userId) => userAddress(tenantId, userId));
}

/** The users whose membership a fact changes: they may not listen at the room yet, or no longer. */
export function affectedUsers(fact: Fact): readonly string[] {
  switch (fact.type) {
    case 'room.created':
    case 'room.deleted':
      return fact.memberIds;
    case 'member.added':
      return fact.members.map((member) => member.userId);
    case 'member.removed':
      return [fact.userId];
    case 'room.changed':
    case 'message.created':
    case 'message.edited':
    case 'message.deleted':
      return [];
  }
}
