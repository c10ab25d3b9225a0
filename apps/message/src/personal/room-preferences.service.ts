import { Inject, Injectable } from '@nestjs/common';
import type { setRoomPreferences } from '@parlance/contracts';
import type { Extras, RoomPreferences } from '@parlance/domain';
import type { z } from 'zod';
import { Database } from '../database/database.js';
import { MESSAGE_CONFIG, type MessageConfig } from '../message.config.js';
import { checkMetadata, checkText } from '../message/draft.rules.js';
import { RoomPublisher } from '../publish/room.publisher.js';
import { roomNotFound } from '../room/room.rules.js';
import { RoomPreferencesRepository } from './room-preferences.repository.js';

type SetInput = z.output<typeof setRoomPreferences.input>;
type Patch = SetInput['patch'];

const FOLDER_CHARS = 128;
const TAG_CHARS = 64;
const NICKNAME_CHARS = 256;
const LANGUAGE_CHARS = 32;

/** How a member wants to see a room, on all own devices. */
@Injectable()
export class RoomPreferencesService {
  constructor(
    @Inject(MESSAGE_CONFIG) private readonly config: MessageConfig,
    @Inject(Database) private readonly database: Database,
    @Inject(RoomPreferencesRepository) private readonly preferences: RoomPreferencesRepository,
    @Inject(RoomPublisher) private readonly publisher: RoomPublisher,
  ) {}

  async find(tenantId: string, userId: string, roomIds: readonly string[]): Promise<Record<string, RoomPreferences>> {
    return Object.fromEntries(await this.preferences.find(tenantId, userId, roomIds));
  }

  async set(input: SetInput): Promise<RoomPreferences> {
    const { tenantId, userId, roomId, origin, patch } = input;
    this.#check(patch);
    const { room, preferences, at } = await this.database.transaction(async (sql) => {
      const scope = { sql, tenantId, roomId };
      const own = await this.preferences.lock(scope, userId);
      if (own === null) throw roomNotFound();
      const wanted = merged(own.preferences, patch);
      checkMetadata('extras', wanted.extras, this.config.limits);
      return { room: own.room, ...(await this.preferences.save(scope, userId, wanted, patch.hidden)) };
    });
    const base = { v: 1 as const, tenantId, userId, at, origin, device: null, room };
    this.publisher.userEvents([{ ...base, type: 'room-preferences.changed', preferences }]);
    return preferences;
  }

  #check({ folder, tags, nickname, translateTo, extras }: Patch): void {
    checkText('folder', folder ?? null, FOLDER_CHARS);
    for (const tag of tags ?? []) checkText('tags', tag, TAG_CHARS);
    checkText('nickname', nickname ?? null, NICKNAME_CHARS);
    checkText('translateTo', translateTo ?? null, LANGUAGE_CHARS);
    checkMetadata('extras', extras ?? {}, this.config.limits);
  }
}

function merged(own: RoomPreferences, patch: Patch): RoomPreferences {
  const given = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
  return { ...own, ...given, extras: mergedExtras(own.extras, patch.extras ?? {}) };
}

/** By dialect and key: what a dialect does not name stays. */
export function mergedExtras(own: Extras, more: Extras): Extras {
  const changed = Object.entries(more).map(([dialect, fields]) => [dialect, { ...own[dialect], ...fields }] as const);
  return { ...own, ...Object.fromEntries(changed) };
}
