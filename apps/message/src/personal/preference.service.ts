import { Inject, Injectable } from '@nestjs/common';
import type { setPreference } from '@parlance/contracts';
import { ParlanceError, type JsonValue } from '@parlance/domain';
import type { z } from 'zod';
import { Database } from '../database/database.js';
import { MESSAGE_CONFIG, type MessageConfig } from '../message.config.js';
import { checkJson, checkText } from '../message/draft.rules.js';
import { RoomPublisher } from '../publish/room.publisher.js';
import { PreferenceRepository, type UserScope } from './preference.repository.js';

type SetInput = z.output<typeof setPreference.input>;

const KEY_CHARS = 128;

/** Own key-value preferences, the same on all devices of a user: the last writer wins, and every device is told. */
@Injectable()
export class PreferenceService {
  constructor(
    @Inject(MESSAGE_CONFIG) private readonly config: MessageConfig,
    @Inject(Database) private readonly database: Database,
    @Inject(PreferenceRepository) private readonly preferences: PreferenceRepository,
    @Inject(RoomPublisher) private readonly publisher: RoomPublisher,
  ) {}

  async list(tenantId: string, userId: string): Promise<{ preferences: Record<string, JsonValue> }> {
    return { preferences: await this.preferences.all(tenantId, userId) };
  }

  async set(input: SetInput): Promise<void> {
    const { tenantId, userId, origin, key, value } = input;
    this.#check(key, value);
    const at = await this.database.transaction(async (sql) => {
      const scope = { sql, tenantId, userId };
      await this.preferences.takeTurn(scope);
      return value === undefined ? this.#remove(scope, key) : this.#put(scope, key, value);
    });
    const told = { value: value ?? null, removed: value === undefined };
    this.publisher.userEvents([
      { type: 'preference.changed', v: 1, tenantId, userId, at, origin, device: null, room: null, key, ...told },
    ]);
  }

  async #put(scope: UserScope, key: string, value: JsonValue): Promise<string> {
    const { metadataKeys } = this.config.limits;
    if ((await this.preferences.countOthers(scope, key)) >= metadataKeys) {
      throw tooLarge(`There may be at most ${metadataKeys} preferences.`);
    }
    return this.preferences.put(scope, key, JSON.stringify(value));
  }

  async #remove(scope: UserScope, key: string): Promise<string> {
    const at = await this.preferences.remove(scope, key);
    if (at === null) throw new ParlanceError('not-found', 'There is no such preference.');
    return at;
  }

  #check(key: string, value: JsonValue | undefined): void {
    const { limits } = this.config;
    checkText('key', key, KEY_CHARS);
    if (value === undefined) return;
    if (Buffer.byteLength(JSON.stringify(value)) > limits.metadataBytes) {
      throw tooLarge(`A preference may have at most ${limits.metadataBytes} bytes.`);
    }
    checkJson('value', value, limits);
  }
}

function tooLarge(message: string): ParlanceError {
  return new ParlanceError('too-large', message, { fields: { value: message } });
}
