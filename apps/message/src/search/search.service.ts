import { Inject, Injectable } from '@nestjs/common';
import type { searchMessages } from '@parlance/contracts';
import type { z } from 'zod';
import { checkText, invalid } from '../message/draft.rules.js';
import { messageNotFound } from '../message/message.rules.js';
import { PageRepository, repliedIds } from '../message/page.repository.js';
import { RoomRepository } from '../room/room.repository.js';
import { roomNotFound } from '../room/room.rules.js';
import { SearchRepository, type Moment } from './search.repository.js';

type SearchInput = z.output<typeof searchMessages.input>;
type SearchOutput = z.output<typeof searchMessages.output>;

const TEXT_CHARS = 256;

@Injectable()
export class SearchService {
  constructor(
    @Inject(SearchRepository) private readonly searches: SearchRepository,
    @Inject(PageRepository) private readonly pages: PageRepository,
    @Inject(RoomRepository) private readonly rooms: RoomRepository,
  ) {}

  /** The server, who is in no room, names one. */
  async search(input: SearchInput): Promise<SearchOutput> {
    const { tenantId, viewerId, roomId } = input;
    checkText('text', input.text ?? null, TEXT_CHARS);
    if (viewerId === null && roomId === undefined) throw invalid('roomId', 'is needed without a user');
    if (roomId !== undefined && !(await this.rooms.isVisible(tenantId, roomId, viewerId))) throw roomNotFound();
    const request = { ...input, roomId: roomId ?? null, before: await this.#before(input) };
    const page = await this.searches.find(tenantId, request);
    const messages = page.map((row) => row.message);
    return {
      messages,
      total: await this.searches.count(tenantId, request),
      starred: page.flatMap(({ message, starred }) => (starred ? [message.id] : [])),
      replied: [...(await this.pages.replied(tenantId, viewerId, repliedIds(messages)))],
    };
  }

  async #before({ tenantId, viewerId, beforeId }: SearchInput): Promise<Moment | null> {
    if (beforeId === undefined) return null;
    const moment = await this.searches.moment(tenantId, viewerId, beforeId);
    if (moment === null) throw messageNotFound();
    return moment;
  }
}
