import type { RoomStamp, UserEventOf } from '@parlance/domain';
import type { InvitationRecord } from './invitation.repository.js';

export interface EventPlace {
  readonly tenantId: string;
  readonly room: RoomStamp;
  readonly origin: string | null;
}

/** What invitee and inviter are told of these invitations, as they are now. */
export function invitationEvents(
  { tenantId, room, origin }: EventPlace,
  records: readonly InvitationRecord[],
): UserEventOf<'invitation.changed'>[] {
  return records.flatMap(({ invitation, inviter, invitee }) => {
    const told = inviter === null ? [invitee.id] : [invitee.id, inviter.id];
    const at = invitation.updatedAt;
    const base = { v: 1 as const, type: 'invitation.changed' as const, tenantId, room, origin, at, device: null };
    return told.map((userId) => ({ ...base, userId, invitation, inviter, invitee }));
  });
}
