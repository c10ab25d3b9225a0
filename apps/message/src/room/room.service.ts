import { isDeepStrictEqual } from 'node:util';
import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CLOCK } from '@parlance/bootstrap';
import type { clearRoom, createRoom, deleteRoom, patchRoom } from '@parlance/contracts';
import {
  objectIdMaker,
  ParlanceError,
  type Extras,
  type Fact,
  type Room,
  type RoomStamp,
  type RoomState,
} from '@parlance/domain';
import type { Clock } from '@parlance/observability';
import { uniqueViolation } from '@parlance/persistence';
import type { z } from 'zod';
import { Database } from '../database/database.js';
import { RoomLogRepository, type LockedRoom } from '../log/room-log.repository.js';
import { MemberRepository } from '../member/member.repository.js';
import { checkMetadata, checkText } from '../message/draft.rules.js';
import { MESSAGE_CONFIG, type MessageConfig } from '../message.config.js';
import { RoomPublisher } from '../publish/room.publisher.js';
import { RoomRepository, type RoomFields } from './room.repository.js';
import { InfoRepository, infoOf, isTold, type Told } from './info.repository.js';
import { enter, stateOf } from './room.lock.js';
import { demand, membersOfNewRoom, roomNotFound } from './room.rules.js';

type CreateInput = z.output<typeof createRoom.input>;
type PatchInput = z.output<typeof patchRoom.input>;
type DeleteInput = z.output<typeof deleteRoom.input>;
type ClearInput = z.output<typeof clearRoom.input>;
type ClearOutput = z.input<typeof clearRoom.output>;
type Changed = Extract<Fact, { type: 'room.changed' }>['changed'];

const CREATE_ATTEMPTS = 3;
const NAME_CHARS = 256;
const PHOTO_CHARS = 2_048;
const DESCRIPTION_CHARS = 4_096;
const FIELDS = ['name', 'photo', 'metadata', 'description', 'frozen', 'extras'] as const;

@Injectable()
export class RoomService {
  readonly #newId: () => string;

  constructor(
    @Inject(MESSAGE_CONFIG) private readonly config: MessageConfig,
    @Inject(Database) private readonly database: Database,
    @Inject(RoomRepository) private readonly rooms: RoomRepository,
    @Inject(MemberRepository) private readonly members: MemberRepository,
    @Inject(RoomLogRepository) private readonly log: RoomLogRepository,
    @Inject(InfoRepository) private readonly infos: InfoRepository,
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
    // Not by the members in the state: among them may be recipients, who do not see the room.
    const seen = await this.rooms.isVisible(tenantId, roomId, viewerId);
    const state = seen ? await this.rooms.state(tenantId, roomId) : null;
    if (state === null) throw roomNotFound();
    return state;
  }

  async resolve(tenantId: string, keys: readonly string[]): Promise<readonly (RoomStamp | null)[]> {
    return this.rooms.stamps(tenantId, keys);
  }

  async patch(input: PatchInput): Promise<RoomState> {
    this.#checkFields(input);
    const { state, facts } = await this.database.transaction(async (sql) => {
      const scope = { sql, tenantId: input.tenantId, roomId: input.roomId };
      const { locked, asker } = await enter(this.log, scope, input.actor);
      demand('patch', asker);
      const fields = mergedFields(locked.room, input);
      checkMetadata('metadata', fields.metadata, this.config.limits);
      checkMetadata('extras', fields.extras, this.config.limits);
      const changed = FIELDS.filter((name) => !isDeepStrictEqual(locked.room[name], fields[name]));
      return {
        facts: changed.length === 0 ? [] : await this.#change(locked, input, fields, changed),
        state: await stateOf(this.rooms, scope),
      };
    });
    this.publisher.facts(facts);
    return state;
  }

  async clear(input: ClearInput): Promise<ClearOutput> {
    const { answer, fact } = await this.database.transaction(async (sql) => {
      const scope = { sql, tenantId: input.tenantId, roomId: input.roomId };
      const { locked, asker } = await enter(this.log, scope, input.actor);
      demand('clear', asker);
      const count = await this.rooms.clear(scope, locked.at);
      const cleared = { throughSeq: locked.room.lastSeq, count };
      const happened =
        count === 0 ? null : await this.log.append(scope, locked, input, { type: 'room.cleared', ...cleared });
      return { answer: { room: locked.stamp, ...cleared }, fact: happened };
    });
    if (fact !== null) this.publisher.facts([fact]);
    return answer;
  }

  async delete(input: DeleteInput): Promise<void> {
    const fact = await this.database.transaction(async (sql) => {
      const scope = { sql, tenantId: input.tenantId, roomId: input.roomId };
      const { locked, asker } = await enter(this.log, scope, input.actor);
      demand('delete', asker);
      const touched = await this.log.touch(scope, locked);
      const memberIds = await this.members.endAll(scope, locked.pos + 1, locked.at);
      await this.rooms.markDeleted(scope, locked.at);
      return this.log.append(scope, touched, input, { type: 'room.deleted', memberIds, state: touched.room });
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
  async #insert(input: CreateInput, people: readonly string[]): Promise<RoomState | null> {
    const { kind, actor, name, description = null, extras = {} } = input;
    const roomId = input.id ?? this.#newId();
    // Who only receives the copies of a broadcast room is no member of it.
    const hears = (userId: string): boolean => kind !== 'broadcast' || userId === actor?.id;
    const memberIds = people.filter(hears);
    const recipientIds = people.filter((userId) => !hears(userId));
    const info = isTold(input, input) ? infoOf(input, { action: 'room.created', title: name }) : null;
    const room = { ...input, description, extras, memberIds, recipientIds, info };
    try {
      const { facts, ...state } = await this.rooms.insert(input.tenantId, roomId, room);
      this.publisher.facts(facts);
      return state;
    } catch (error) {
      const constraint = uniqueViolation(error)?.constraint;
      if (constraint === 'room_direct_pair') return null;
      if (constraint === 'room_pkey')
        throw new ParlanceError('conflict', 'This room id is taken.', { fields: { id: 'is taken' } });
      throw error;
    }
  }

  async #change(locked: LockedRoom, input: PatchInput, fields: RoomFields, changed: Changed): Promise<Fact[]> {
    const { scope } = locked;
    await this.rooms.update(scope, fields);
    const touched = await this.log.touch(scope, locked);
    const state: Room = { ...touched.room, ...fields };
    const facts = [await this.log.append(scope, touched, input, { type: 'room.changed', state, changed })];
    const told = isTold(locked.room, input) ? toldOf(fields, changed) : [];
    for (const one of told) facts.push(...(await this.infos.add(scope, input, infoOf(input, one))));
    return facts;
  }

  #checkFields(input: Partial<Pick<PatchInput, 'name' | 'photo' | 'metadata' | 'description' | 'extras'>>): void {
    checkText('name', input.name ?? null, NAME_CHARS);
    checkText('photo', input.photo ?? null, PHOTO_CHARS);
    checkText('description', input.description ?? null, DESCRIPTION_CHARS);
    checkMetadata('metadata', input.metadata ?? {}, this.config.limits);
    checkMetadata('extras', input.extras ?? {}, this.config.limits);
  }
}

function toldOf({ name }: RoomFields, changed: Changed): readonly Told[] {
  return [
    ...(changed.includes('name') ? [{ action: 'room.renamed' as const, title: name }] : []),
    ...(changed.includes('photo') ? [{ action: 'room.photo-changed' as const }] : []),
  ];
}

function mergedFields(room: Room, input: PatchInput): RoomFields {
  const { name, photo, metadata, mergeMetadata, description, frozen, extras = {} } = input;
  return {
    name: name === undefined ? room.name : name,
    photo: photo === undefined ? room.photo : photo,
    metadata:
      metadata === undefined ? room.metadata : mergeMetadata === true ? { ...room.metadata, ...metadata } : metadata,
    description: description === undefined ? room.description : description,
    frozen: frozen ?? room.frozen,
    extras: mergedExtras(room.extras, extras),
  };
}

function mergedExtras(before: Extras, patch: Extras): Extras {
  const merged = Object.entries(patch).map(([dialect, own]) => [dialect, { ...before[dialect], ...own }] as const);
  return { ...before, ...Object.fromEntries(merged) };
}
