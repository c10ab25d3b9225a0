import { Inject, Injectable } from '@nestjs/common';
import type { addMembers, removeMember } from '@parlance/contracts';
import { ParlanceError, type Fact, type RoomState, type UserSnapshot } from '@parlance/domain';
import type { z } from 'zod';
import { Database, type RoomScope } from '../database/database.js';
import { RoomLogRepository, type LockedRoom } from '../log/room-log.repository.js';
import { MESSAGE_CONFIG, type MessageConfig } from '../message.config.js';
import { RoomPublisher } from '../publish/room.publisher.js';
import { RoomRepository } from '../room/room.repository.js';
import {
  askerOf,
  invalidMembers,
  requireManager,
  requireMember,
  requireOverOwner,
  roomNotFound,
  type Asker,
} from '../room/room.rules.js';
import { MemberRepository } from './member.repository.js';

type AddInput = z.output<typeof addMembers.input>;
type RemoveInput = z.output<typeof removeMember.input>;
type Removed = Pick<Extract<Fact, { type: 'member.removed' }>, 'userId' | 'reason'>;

interface Locked {
  readonly locked: LockedRoom;
  readonly asker: Asker;
}

@Injectable()
export class MemberService {
  constructor(
    @Inject(MESSAGE_CONFIG) private readonly config: MessageConfig,
    @Inject(Database) private readonly database: Database,
    @Inject(RoomRepository) private readonly rooms: RoomRepository,
    @Inject(MemberRepository) private readonly members: MemberRepository,
    @Inject(RoomLogRepository) private readonly log: RoomLogRepository,
    @Inject(RoomPublisher) private readonly publisher: RoomPublisher,
  ) {}

  async add(input: AddInput): Promise<{ state: RoomState; added: string[] }> {
    const { state, added, fact } = await this.database.transaction(async (sql) => {
      const scope = { sql, tenantId: input.tenantId, roomId: input.roomId };
      const { locked, asker } = await this.#lock(scope, input.actor);
      requireManager(asker);
      requireOverOwner(asker, input.role);
      requireChangeable(locked);
      const fresh = await this.#newcomers(scope, input.userIds);
      const happened = fresh.length === 0 ? null : await this.#begin(locked, input, fresh);
      return { added: fresh, fact: happened, state: await this.#state(scope) };
    });
    if (fact !== null) this.publisher.facts([fact]);
    return { state, added };
  }

  async remove(input: RemoveInput): Promise<{ state: RoomState; removed: boolean }> {
    const { state, fact } = await this.database.transaction(async (sql) => {
      const scope = { sql, tenantId: input.tenantId, roomId: input.roomId };
      const { locked, asker } = await this.#lock(scope, input.actor);
      const role = await this.log.role(scope, input.userId);
      const leaving = input.actor?.id === input.userId;
      if (leaving) requireMember(asker);
      else requireManager(asker);
      requireChangeable(locked);
      if (!leaving && role !== null) requireOverOwner(asker, role);
      const removed: Removed = { userId: input.userId, reason: leaving ? 'left' : 'removed' };
      const happened = role === null ? null : await this.#end(locked, input, removed);
      return { fact: happened, state: await this.#state(scope) };
    });
    if (fact !== null) this.publisher.facts([fact]);
    return { state, removed: fact !== null };
  }

  async #newcomers(scope: RoomScope, userIds: readonly string[]): Promise<string[]> {
    const present = await this.members.among(scope, userIds);
    const fresh = [...new Set(userIds)].filter((userId) => !present.has(userId));
    const { groupMembers } = this.config.limits;
    if (fresh.length > 0 && (await this.members.count(scope)) + fresh.length > groupMembers) {
      throw invalidMembers(`would make more than ${groupMembers} members`);
    }
    return fresh;
  }

  async #begin(locked: LockedRoom, input: AddInput, userIds: readonly string[]): Promise<Fact> {
    const { scope } = locked;
    const touched = await this.log.touch(scope, locked);
    await this.members.begin(scope, userIds, input.role, locked.pos + 1, locked.at);
    const members = userIds.map((userId) => ({ userId, role: input.role }));
    return this.log.append(scope, touched, input, { type: 'member.added', members });
  }

  async #end(locked: LockedRoom, input: RemoveInput, removed: Removed): Promise<Fact> {
    const { scope } = locked;
    const touched = await this.log.touch(scope, locked);
    await this.members.end(scope, input.userId, locked.pos + 1, locked.at);
    return this.log.append(scope, touched, input, { type: 'member.removed', ...removed });
  }

  async #lock(scope: RoomScope, actor: UserSnapshot | null): Promise<Locked> {
    const locked = await this.log.lock(scope);
    if (locked === null) throw roomNotFound();
    const role = actor === null ? null : await this.log.role(scope, actor.id);
    return { locked, asker: askerOf(actor, role) };
  }

  async #state(scope: RoomScope): Promise<RoomState> {
    const state = await this.rooms.state(scope.tenantId, scope.roomId, scope.sql);
    if (state === null) throw roomNotFound();
    return state;
  }
}

function requireChangeable({ room }: LockedRoom): void {
  if (room.kind !== 'direct') return;
  throw new ParlanceError('invalid', 'The members of a direct room do not change.');
}
