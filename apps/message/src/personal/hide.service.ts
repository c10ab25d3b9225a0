import { Inject, Injectable } from '@nestjs/common';
import type { hideMessages } from '@parlance/contracts';
import { ParlanceError, type RoomStamp } from '@parlance/domain';
import type { z } from 'zod';
import { Database } from '../database/database.js';
import { invalid } from '../message/draft.rules.js';
import { RoomPublisher } from '../publish/room.publisher.js';
import { roomNotFound } from '../room/room.rules.js';
import { HideRepository } from './hide.repository.js';

type HideInput = z.output<typeof hideMessages.input>;
type HideOutput = z.output<typeof hideMessages.output>;

/** As many ids as `listHidden` answers. */
const MAX_LISTED = 1_000;

/** Deleting for oneself alone: the others, and what the room holds, stay as they are. */
@Injectable()
export class HideService {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(HideRepository) private readonly repository: HideRepository,
    @Inject(RoomPublisher) private readonly publisher: RoomPublisher,
  ) {}

  /** Repeating it changes nothing. One message that is unknown, or in another room, and nothing is hidden. */
  async hide(input: HideInput): Promise<HideOutput> {
    const { tenantId, userId, origin } = input;
    const { room, seqs, messageIds } = await this.#target(input);
    const { at, allUpToSeq } = await this.database.transaction(async (sql) => {
      const scope = { sql, tenantId, roomId: room.id };
      if (!input.all) return { at: await this.repository.hide(scope, userId, seqs), allUpToSeq: null };
      const all = await this.repository.hideAll(scope, userId);
      return { at: all.at, allUpToSeq: all.upTo };
    });
    const base = { v: 1 as const, tenantId, userId, at, origin, device: null, room };
    this.publisher.userEvents([{ ...base, type: 'messages.hidden', messageIds, allUpToSeq }]);
    return { room, hidden: messageIds, allUpToSeq };
  }

  async list(tenantId: string, userId: string, roomId: string) {
    if ((await this.repository.room(tenantId, userId, roomId)) === null) throw roomNotFound();
    const { messageIds, upTo } = await this.repository.hidden(tenantId, userId, roomId, MAX_LISTED);
    return { messageIds, allUpToSeq: upTo === 0 ? null : upTo };
  }

  async #target({ tenantId, userId, roomId, messageIds, all }: HideInput) {
    const wanted = all ? [] : [...new Set(messageIds)];
    if (roomId === undefined && wanted.length === 0) throw invalid('messageIds', 'must name messages, or a room');
    const places = wanted.length === 0 ? [] : await this.repository.places(tenantId, userId, wanted);
    const home = roomId ?? places[0]?.room_id;
    const foreign = places.length !== wanted.length || places.some((place) => place.room_id !== home);
    if (home === undefined || foreign) throw new ParlanceError('not-found', 'Message not found.');
    return { room: await this.#room(tenantId, userId, home), seqs: places.map(({ seq }) => seq), messageIds: wanted };
  }

  async #room(tenantId: string, userId: string, roomId: string): Promise<RoomStamp> {
    const room = await this.repository.room(tenantId, userId, roomId);
    if (room === null) throw roomNotFound();
    return room;
  }
}
