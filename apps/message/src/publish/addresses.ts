import type { Fact } from '@parlance/domain';

/**
 * The users whose membership a fact changes: they may not listen at the room yet, or no longer. The recipients of a broadcast room
 * (role `member`) are told nothing of it; whoever is removed from it and did hear it hears it there.
 */
export function affectedUsers(fact: Fact): readonly string[] {
  const broadcast = fact.room.kind === 'broadcast';
  switch (fact.type) {
    case 'room.created':
    case 'room.deleted':
      return fact.memberIds;
    case 'member.added':
      return fact.members.filter(({ role }) => !broadcast || role !== 'member').map((member) => member.userId);
    case 'member.removed':
      return broadcast ? [] : [fact.userId];
    case 'room.changed':
    case 'room.cleared':
    case 'member.changed':
    case 'message.created':
    case 'message.edited':
    case 'message.deleted':
      return [];
  }
}
