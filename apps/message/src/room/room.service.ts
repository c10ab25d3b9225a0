import { isDeepStrictEqual } from 'node:util';
import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CLOCK } from '@parlance/bootstrap';
import type { createRoom, deleteRoom, listRooms, patchRoom, RoomListing } from '@parlance/contracts';
import { objectIdMaker, ParlanceError, type Fact, type Room, type RoomStamp, type RoomState } from '@parlance/domain';
import type { Clock } from '@parlance/observability';
import { uniqueViolation } from '@parlance/persistence';
import type { z } from 'zod';
import { Database, type RoomScope } from '../database/database.js';
import { RoomLogRepository, type LockedRoom } from '../log/room-log.repository.js';
import { MemberRepository } from '../member/member.repository.js';
import { checkMetadata, checkText } from '../message/draft.rules.js';
import { MESSAGE_CONFIG, type MessageConfig } from '../message.config.js';
import { RoomPublisher } from '../publish/room.publisher.js';
import { RoomRepository, type RoomFields } from './room.repository.js';
import { askerOf, membersOfNewRoom, requireManager, requireOwner, roomNotFound } from './room.rules.js';

type CreateInput = z.output<typeof createRoom.input>;
type PatchInput = z.output<typeof patchRoom.input>;
type DeleteInput = z.output<typeof deleteRoom.input>;
type ListInput = z.output<typeof listRooms.input>;
type Changed = Extract<Fact, { type: 'room.changed' }>['changed'];

const CREATE_ATTEMPTS = 3;
const NAME_CHARS = 256;
const PHOTO_CHARS = 2_048;

@Injectable()
export class RoomService {
  readonly #newId: () => string;

  constructor(
    @Inject(MESSAGE_CONFIG) private readonly config: MessageConfig,
    @Inject(Database) private readonly database: Database,
    @Inject(RoomRepository) private readonly rooms: RoomRepository,
    @Inject(MemberRepository) private readonly members: MemberRepository,
    @Inject(RoomLogRepository) private readonly log: RoomLogRepository,
    @Inject(RoomPublisher) private readonly publisher: RoomPublisher,
    @Inject(CLOCK) clock: Clock,
  ) {
    this.#newId = objectIdMaker({ now: clock, randomBytes });
  }

  async create(input: CreateInput): Promise<{ state: RoomState; created: boolean }> {
    this.#checkFields(input);
    const actorId = input.actor?.id ?? null;
    const memberIds = membersOfNewRoom(input.kind, actorId, input.memberIds, this.config.limits.groupMembers);
    // The pair's unique index decides a race; who loses it finds the winner's room in the next round.
    for (let attempt = 1; attempt <= CREATE_ATTEMPTS; attempt += 1) {
      const existing = input.kind === 'direct' ? await this.#existingDirect(input.tenantId, memberIds) : null;
      if (existing !== null) return { state: existing, created: false };
      const state = await this.#insert(input, memberIds);
      if (state !== null) return { state, created: true };
    }
    throw new ParlanceError('unavailable', 'The room is being made and deleted by others; repeat.');
  }

  async get(tenantId: string, roomId: string, viewerId: string | null): Promise<RoomState> {
    const state = await this.rooms.state(tenantId, roomId);
    const seen = viewerId === null || state?.members.some((member) => member.userId === viewerId) === true;
    if (state === null || !seen) throw roomNotFound();
    return state;
  }

  async resolve(tenantId: string, keys: readonly string[]): Promise<readonly (RoomStamp | null)[]> {
    return this.rooms.stamps(tenantId, keys);
  }

  async list(input: ListInput): Promise<{ rooms: RoomListing[]; total: number }> {
    return this.rooms.list(input.tenantId, input.userId, input);
  }

  async patch(input: PatchInput): Promise<RoomState> {
    this.#checkFields(input);
    const { state, fact } = await this.database.transaction(async (sql) => {
      const scope = { sql, tenantId: input.tenantId, roomId: input.roomId };
      const locked = await this.#lock(scope);
      requireManager(askerOf(input.actor, await this.#roleOf(scope, input.actor)));
      const fields = mergedFields(locked.room, input);
      checkMetadata('metadata', fields.metadata, this.config.limits);
      const changed = changedFields(locked.room, fields);
      return {
        fact: changed.length === 0 ? null : await this.#change(locked, input, fields, changed),
        state: await this.#state(scope),
      };
    });
    if (fact !== null) this.publisher.facts([fact]);
    return state;
  }

  async delete(input: DeleteInput): Promise<void> {
    const fact = await this.database.transaction(async (sql) => {
      const scope = { sql, tenantId: input.tenantId, roomId: input.roomId };
      const locked = await this.#lock(scope);
      requireOwner(askerOf(input.actor, await this.#roleOf(scope, input.actor)));
      const touched = await this.log.touch(scope, locked);
      const memberIds = await this.members.endAll(scope, locked.pos + 1, locked.at);
      await this.rooms.markDeleted(scope, locked.at);
      return this.log.append(scope, touched, input, { type: 'room.deleted', memberIds });
    });
    this.publisher.facts([fact]);
  }

  async #existingDirect(tenantId: string, memberIds: readonly string[]): Promise<RoomState | null> {
    const [userA, userB] = memberIds;
    if (userA === undefined || userB === undefined) return null;
    const id = await this.rooms.directRoomId(tenantId, [userA, userB]);
    return id === null ? null : this.rooms.state(tenantId, id);
  }

  /** Null: another request made the pair's room first. */
  async #insert(input: CreateInput, memberIds: readonly string[]): Promise<RoomState | null> {
    const roomId = input.id ?? this.#newId();
    try {
      const { room, members, stamp, eventId } = await this.rooms.insert(input.tenantId, roomId, {
        ...input,
        memberIds,
      });
      this.publisher.facts([createdFact(input, room, memberIds, { room: stamp, id: eventId })]);
      return { room, members };
    } catch (error) {
      const constraint = uniqueViolation(error)?.constraint;
      if (constraint === 'room_direct_pair') return null;
      if (constraint === 'room_pkey')
        throw new ParlanceError('conflict', 'This room id is taken.', { fields: { id: 'is taken' } });
      throw error;
    }
  }

  async #change(locked: LockedRoom, input: PatchInput, fields: Required<RoomFields>, changed: Changed): Promise<Fact> {
    const { scope } = locked;
    await this.rooms.update(scope, fields);
    const touched = await this.log.touch(scope, locked);
    const state: Room = { ...touched.room, ...fields };
    return this.log.append(scope, touched, input, { type: 'room.changed', state, changed });
  }

  async #lock(scope: RoomScope): Promise<LockedRoom> {
    const locked = await this.log.lock(scope);
    if (locked === null) throw roomNotFound();
    return locked;
  }

  async #roleOf(scope: RoomScope, actor: PatchInput['actor']) {
    return actor === null ? null : this.log.role(scope, actor.id);
  }

  async #state(scope: RoomScope): Promise<RoomState> {
    const state = await this.rooms.state(scope.tenantId, scope.roomId, scope.sql);
    if (state === null) throw roomNotFound();
    return state;
  }

  #checkFields({ name, photo, metadata }: Pick<PatchInput, 'name' | 'photo' | 'metadata'>): void {
    checkText('name', name ?? null, NAME_CHARS);
    checkText('photo', photo ?? null, PHOTO_CHARS);
    checkMetadata('metadata', metadata ?? {}, this.config.limits);
  }
}

function createdFact(
  { tenantId, actor, origin }: CreateInput,
  state: Room,
  memberIds: readonly string[],
  place: { readonly id: string; readonly room: RoomStamp },
): Fact {
  const at = state.createdAt;
  const base = { ...place, v: 1 as const, tenantId, pos: 1, prevAt: null, at, actor, origin };
  return { ...base, type: 'room.created', state, memberIds: [...memberIds] };
}

function mergedFields(room: Room, { name, photo, metadata, mergeMetadata }: PatchInput): Required<RoomFields> {
  return {
    name: name === undefined ? room.name : name,
    photo: photo === undefined ? room.photo : photo,
    metadata:
      metadata === undefined ? room.metadata : mergeMetadata === true ? { ...room.metadata, ...metadata } : metadata,
  };
}

function changedFields(room: Room, fields: Required<RoomFields>): Changed {
  const names = ['name', 'photo', 'metadata'] as const;
  return names.filter((name) => !isDeepStrictEqual(room[name], fields[name]));
}
