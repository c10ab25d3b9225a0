import { Inject, Injectable } from '@nestjs/common';
import type { addMembers, changeMember, joinRoom, removeMember } from '@parlance/contracts';
import { ParlanceError, type Fact, type Member, type RoomState } from '@parlance/domain';
import type { z } from 'zod';
import { Database } from '../database/database.js';
import { InvitationRepository } from '../invitation/invitation.repository.js';
import { RoomLogRepository, type FactPayload, type LockedRoom } from '../log/room-log.repository.js';
import { checkText } from '../message/draft.rules.js';
import { RoomPublisher } from '../publish/room.publisher.js';
import { InfoRepository, infoOf } from '../room/info.repository.js';
import { appendAll, enter, requireChangeable, stateOf } from '../room/room.lock.js';
import { RoomRepository } from '../room/room.repository.js';
import { demand, rankChange, roleChange, roomNotFound, type Asker } from '../room/room.rules.js';
import { MemberRepository } from './member.repository.js';
import { Membership, NOTHING, type Happening } from './membership.js';

type AddInput = z.output<typeof addMembers.input>;
type RemoveInput = z.output<typeof removeMember.input>;
type ChangeInput = z.output<typeof changeMember.input>;
type JoinInput = z.output<typeof joinRoom.input>;

const NICKNAME_CHARS = 256;

@Injectable()
export class MemberService {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(RoomRepository) private readonly rooms: RoomRepository,
    @Inject(MemberRepository) private readonly members: MemberRepository,
    @Inject(Membership) private readonly membership: Membership,
    @Inject(InvitationRepository) private readonly invitations: InvitationRepository,
    @Inject(RoomLogRepository) private readonly log: RoomLogRepository,
    @Inject(InfoRepository) private readonly infos: InfoRepository,
    @Inject(RoomPublisher) private readonly publisher: RoomPublisher,
  ) {}

  /** Who is in already, or banned, is left out. */
  async add(input: AddInput): Promise<{ state: RoomState; added: string[] }> {
    const { state, added, happening } = await this.database.transaction(async (sql) => {
      const scope = { sql, tenantId: input.tenantId, roomId: input.roomId };
      const { locked, asker } = await enter(this.log, scope, input.actor);
      demand('add', asker, input.role);
      requireChangeable(locked);
      const userIds = await this.membership.newcomers(scope, input.userIds);
      const happened = await this.membership.begin(locked, input, { userIds, role: input.role }, 'members.added');
      return { added: userIds, happening: happened, state: await stateOf(this.rooms, scope) };
    });
    this.#publish(happening);
    return { state, added };
  }

  async remove(input: RemoveInput): Promise<{ state: RoomState; removed: boolean }> {
    const { state, happening } = await this.database.transaction(async (sql) => {
      const scope = { sql, tenantId: input.tenantId, roomId: input.roomId };
      const { locked, asker } = await enter(this.log, scope, input.actor);
      const role = await this.log.role(scope, input.userId);
      const leaving = input.actor?.id === input.userId;
      if (leaving) demand('leave', asker);
      else demand('remove', asker, role);
      requireChangeable(locked);
      const removed = { userId: input.userId, reason: leaving ? ('left' as const) : ('removed' as const) };
      const happened =
        role === null
          ? await this.#endReceiving(locked, input)
          : await this.membership.end(locked, input, removed, role);
      return { happening: happened, state: await stateOf(this.rooms, scope) };
    });
    this.#publish(happening);
    return { state, removed: happening.facts.length > 0 };
  }

  async change(input: ChangeInput): Promise<{ state: RoomState; member: Member }> {
    checkText('nickname', input.nickname ?? null, NICKNAME_CHARS);
    const { state, member, facts } = await this.database.transaction(async (sql) => {
      const scope = { sql, tenantId: input.tenantId, roomId: input.roomId };
      const { locked, asker } = await enter(this.log, scope, input.actor);
      const before = await this.members.find(scope, input.userId);
      demandChange(asker, input, before);
      requireChangeable(locked);
      if (before === null) throw memberNotFound();
      if (locked.room.kind === 'broadcast' && input.role === 'member') throw noPlainMembers();
      const after = { ...before, role: input.role ?? before.role, nickname: nicknameOf(before, input) };
      const happened = await this.#change(locked, input, before, after);
      return { member: after, facts: happened, state: await stateOf(this.rooms, scope) };
    });
    this.publisher.facts(facts);
    return { state, member };
  }

  /** To a user who may not come in, the room is unknown. */
  async join(input: JoinInput): Promise<{ state: RoomState; joined: boolean }> {
    const { tenantId, roomId, user, origin } = input;
    const { state, happening } = await this.database.transaction(async (sql) => {
      const scope = { sql, tenantId, roomId };
      const { locked, asker } = await enter(this.log, scope, user);
      const happened = asker === 'stranger' ? await this.#join(locked, { actor: user, origin }, user.id) : NOTHING;
      return { happening: happened, state: await stateOf(this.rooms, scope) };
    });
    this.#publish(happening);
    return { state, joined: happening.facts.length > 0 };
  }

  async #join(locked: LockedRoom, cause: Parameters<Membership['begin']>[1], userId: string): Promise<Happening> {
    const { scope, room } = locked;
    const open = room.metadata['open'] === true || (await this.invitations.openOf(scope, [userId])).length > 0;
    if (room.kind !== 'group' || !open) throw roomNotFound();
    const userIds = await this.membership.newcomers(scope, [userId]);
    if (userIds.length === 0) throw roomNotFound();
    return this.membership.begin(locked, cause, { userIds, role: 'member' }, 'member.joined');
  }

  async #endReceiving(locked: LockedRoom, input: RemoveInput): Promise<Happening> {
    const receiving = await this.members.recipientsAmong(locked.scope, [input.userId]);
    return receiving.size === 0 ? NOTHING : this.membership.endReceiving(locked, input, input.userId);
  }

  async #change(locked: LockedRoom, input: ChangeInput, before: Member, after: Member): Promise<Fact[]> {
    const { scope } = locked;
    if (before.role === after.role && before.nickname === after.nickname) return [];
    const target = { userId: after.userId, from: before.role, to: after.role };
    const { formers } = roleChange(target, input.actor?.id ?? null, await this.members.owners(scope));
    const touched = await this.log.touch(scope, locked);
    const changed: FactPayload[] = [];
    for (const member of [after, ...(await this.#asAdmins(locked, formers))]) {
      await this.members.change(scope, member);
      const { userId, role, nickname } = member;
      changed.push({ type: 'member.changed', userId, role, nickname });
    }
    const facts = await appendAll(this.log, touched, input, changed);
    const action = rankChange(before.role, after.role);
    if (action === null) return facts;
    return [...facts, ...(await this.infos.add(scope, input, infoOf(input, { action, targets: [after.userId] })))];
  }

  async #asAdmins({ scope }: LockedRoom, userIds: readonly string[]): Promise<Member[]> {
    const found = await Promise.all(userIds.map(async (userId) => this.members.find(scope, userId)));
    return found.flatMap((member) => (member === null ? [] : [{ ...member, role: 'admin' as const }]));
  }

  #publish({ facts, events }: Happening): void {
    this.publisher.facts(facts);
    this.publisher.userEvents(events);
  }
}

/** @throws ParlanceError `not-found`, `permission-denied` */
function demandChange(asker: Asker, { actor, userId, role, nickname }: ChangeInput, before: Member | null): void {
  if (role !== undefined) {
    demand('change-role', asker, role);
    demand('change-role', asker, before?.role);
  }
  if (nickname !== undefined) demand(actor?.id === userId ? 'change-own-nickname' : 'change-nickname', asker);
  if (role === undefined && nickname === undefined) demand('change-own-nickname', asker);
}

function nicknameOf(before: Member, { nickname }: ChangeInput): string | null {
  return nickname === undefined ? before.nickname : nickname;
}

function noPlainMembers(): ParlanceError {
  const problem = 'is not for who sees a broadcast room: remove it, or leave it an admin';
  return new ParlanceError('invalid', `role ${problem}.`, { fields: { role: problem } });
}

function memberNotFound(): ParlanceError {
  return new ParlanceError('not-found', 'Member not found.');
}
