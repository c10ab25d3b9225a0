import { Inject, Injectable } from '@nestjs/common';
import { ParlanceError, type Fact, type Member, type Role, type UserEvent } from '@parlance/domain';
import type { RoomScope } from '../database/database.js';
import { BanRepository } from '../ban/ban.repository.js';
import { invitationEvents } from '../invitation/invitation.events.js';
import { InvitationRepository } from '../invitation/invitation.repository.js';
import { RoomLogRepository, type FactCause, type FactPayload, type LockedRoom } from '../log/room-log.repository.js';
import { MESSAGE_CONFIG, type MessageConfig } from '../message.config.js';
import { InfoRepository, infoOf, isTold, type Announcing, type Told } from '../room/info.repository.js';
import { appendAll } from '../room/room.lock.js';
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

  /**
   * Takes a member out: the removal is the last it hears; who follows an owner, and the room's message about it, come after.
   * @throws ParlanceError `invalid` when it would leave a broadcast room to nobody: recipients see nothing of it, so none follows
   */
  async end(locked: LockedRoom, cause: Cause, removed: Removed, role: Role): Promise<Happening> {
    const { scope } = locked;
    const touched = await this.log.touch(scope, locked);
    await this.members.end(scope, removed.userId, locked.pos + 1, locked.at);
    const heir = role === 'owner' ? await this.#heir(locked) : null;
    return this.#removed(touched, cause, removed, heir);
  }

  /** Takes a recipient of a broadcast room out. */
  async endReceiving(locked: LockedRoom, cause: Cause, userId: string): Promise<Happening> {
    const { scope } = locked;
    const touched = await this.log.touch(scope, locked);
    await this.members.removeRecipient(scope, userId);
    return this.#removed(touched, cause, { userId, reason: 'removed' }, null);
  }

  /** Nobody promoted the heir, so that is told by its fact alone, by no message. */
  async #removed(touched: LockedRoom, cause: Cause, removed: Removed, heir: Member | null): Promise<Happening> {
    const payloads: FactPayload[] = [{ type: 'member.removed', ...removed }];
    if (heir !== null) {
      const { userId, nickname } = heir;
      await this.members.change(touched.scope, { userId, nickname, role: 'owner' });
      payloads.push({ type: 'member.changed', userId, nickname, role: 'owner' });
    }
    const facts = await appendAll(this.log, touched, cause, payloads);
    const action = removed.reason === 'left' ? 'member.left' : 'member.removed';
    const told = await this.#tell(touched, cause, { action, targets: [removed.userId] });
    return { facts: [...facts, ...told], events: [] };
  }

  /** Who becomes owner after the one that is out; null: another owner is left, or nobody at all. */
  async #heir({ scope, room }: LockedRoom): Promise<Member | null> {
    if ((await this.members.owners(scope)).length > 0) return null;
    const heir = await this.members.successor(scope);
    if (heir === null && room.kind === 'broadcast') {
      throw new ParlanceError('invalid', 'A broadcast room keeps an owner: make an admin first, or delete the room.');
    }
    return heir;
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
