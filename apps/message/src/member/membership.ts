import { Inject, Injectable } from '@nestjs/common';
import type { Fact, Role, UserEvent } from '@parlance/domain';
import type { RoomScope } from '../database/database.js';
import { BanRepository } from '../ban/ban.repository.js';
import { invitationEvents } from '../invitation/invitation.events.js';
import { InvitationRepository } from '../invitation/invitation.repository.js';
import { RoomLogRepository, type FactCause, type LockedRoom } from '../log/room-log.repository.js';
import { MESSAGE_CONFIG, type MessageConfig } from '../message.config.js';
import { InfoRepository, infoOf, isTold, type Announcing, type Told } from '../room/info.repository.js';
import { invalidMembers } from '../room/room.rules.js';
import { MemberRepository } from './member.repository.js';

export type Removed = Pick<Extract<Fact, { type: 'member.removed' }>, 'userId' | 'reason'>;
export type Cause = FactCause & Announcing;

/** What a transaction made that is told after its commit. */
export interface Happening {
  readonly facts: readonly Fact[];
  readonly events: readonly UserEvent[];
}

export const NOTHING: Happening = { facts: [], events: [] };

/** People come into rooms and go, under the room's lock: the one way for adding, joining, accepting, removing and banning. */
@Injectable()
export class Membership {
  constructor(
    @Inject(MESSAGE_CONFIG) private readonly config: MessageConfig,
    @Inject(MemberRepository) private readonly members: MemberRepository,
    @Inject(BanRepository) private readonly bans: BanRepository,
    @Inject(InvitationRepository) private readonly invitations: InvitationRepository,
    @Inject(RoomLogRepository) private readonly log: RoomLogRepository,
    @Inject(InfoRepository) private readonly infos: InfoRepository,
  ) {}

  /** Who of these users may be taken in: not yet here, and not banned. @throws ParlanceError `invalid` beyond the size limit */
  async newcomers(scope: RoomScope, userIds: readonly string[], alsoComing = 0): Promise<string[]> {
    const [present, receiving, banned] = [
      await this.members.among(scope, userIds),
      await this.members.recipientsAmong(scope, userIds),
      await this.bans.among(scope, userIds),
    ];
    const known = (userId: string): boolean => present.has(userId) || receiving.has(userId) || banned.has(userId);
    const fresh = [...new Set(userIds)].filter((userId) => !known(userId));
    const { groupMembers } = this.config.limits;
    if (fresh.length > 0 && (await this.members.count(scope)) + alsoComing + fresh.length > groupMembers) {
      throw invalidMembers(`would make more than ${groupMembers} members`);
    }
    return fresh;
  }

  /** Takes newcomers in. Their open invitations are accepted by it. */
  async begin(
    locked: LockedRoom,
    cause: Cause,
    newcomers: { readonly userIds: readonly string[]; readonly role: Role },
    action: Told['action'],
  ): Promise<Happening> {
    const { userIds, role } = newcomers;
    if (userIds.length === 0) return NOTHING;
    const { scope, at } = locked;
    const touched = await this.log.touch(scope, locked);
    const receives = locked.room.kind === 'broadcast' && role === 'member';
    if (receives) await this.members.addRecipients(scope, userIds, locked.pos + 1, at);
    else await this.members.begin(scope, userIds, role, locked.pos + 1, at);
    const members = userIds.map((userId) => ({ userId, role }));
    const fact = await this.log.append(scope, touched, cause, { type: 'member.added', members });
    const told = await this.#tell(touched, cause, { action, targets: userIds });
    const closed = await this.invitations.close(scope, userIds, 'accepted', at);
    return { facts: [fact, ...told], events: eventsOf(touched, cause, closed) };
  }

  /** Takes a member out: the removal is the last it hears, the room's message about it comes after. */
  async end(locked: LockedRoom, cause: Cause, removed: Removed): Promise<Happening> {
    const { scope } = locked;
    const touched = await this.log.touch(scope, locked);
    await this.members.end(scope, removed.userId, locked.pos + 1, locked.at);
    return this.#removed(touched, cause, removed);
  }

  /** Takes a recipient of a broadcast room out. */
  async endReceiving(locked: LockedRoom, cause: Cause, userId: string): Promise<Happening> {
    const { scope } = locked;
    const touched = await this.log.touch(scope, locked);
    await this.members.removeRecipient(scope, userId);
    return this.#removed(touched, cause, { userId, reason: 'removed' });
  }

  async #removed(touched: LockedRoom, cause: Cause, removed: Removed): Promise<Happening> {
    const fact = await this.log.append(touched.scope, touched, cause, { type: 'member.removed', ...removed });
    const action = removed.reason === 'left' ? 'member.left' : 'member.removed';
    const told = await this.#tell(touched, cause, { action, targets: [removed.userId] });
    return { facts: [fact, ...told], events: [] };
  }

  async #tell({ scope, room }: LockedRoom, cause: Cause, told: Told): Promise<readonly Fact[]> {
    return isTold(room, cause) ? this.infos.add(scope, cause, infoOf(cause, told)) : [];
  }
}

export function eventsOf(
  { scope: { tenantId }, stamp: room }: LockedRoom,
  { origin }: FactCause,
  records: Parameters<typeof invitationEvents>[1],
): readonly UserEvent[] {
  return invitationEvents({ tenantId, room, origin }, records);
}
