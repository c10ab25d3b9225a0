import { isDeepStrictEqual } from 'node:util';
import { Inject, Injectable } from '@nestjs/common';
import type { deleteMessage, editMessage, listMessages } from '@parlance/contracts';
import { isEmptyDraft, mayManage, type Fact, type Message, type UserSnapshot } from '@parlance/domain';
import type { z } from 'zod';
import { Database, type RoomScope } from '../database/database.js';
import { RoomLogRepository, type LockedRoom } from '../log/room-log.repository.js';
import { MESSAGE_CONFIG, type MessageConfig } from '../message.config.js';
import { RoomPublisher } from '../publish/room.publisher.js';
import { RoomRepository } from '../room/room.repository.js';
import { askerOf, denied, roomNotFound, type Asker } from '../room/room.rules.js';
import { checkJson, checkMetadata, checkText, invalid } from './draft.rules.js';
import { MessageRepository, type Found } from './message.repository.js';
import { messageNotFound } from './message.rules.js';
import { isFiltered, PageRepository, repliedIds } from './page.repository.js';

type EditInput = z.output<typeof editMessage.input>;
type DeleteInput = z.output<typeof deleteMessage.input>;
type ListInput = z.output<typeof listMessages.input>;
type ListOutput = z.output<typeof listMessages.output>;

const SEARCH_CHARS = 256;

interface Change extends Found {
  /** null: there was nothing to change */
  readonly fact: Fact | null;
}

@Injectable()
export class MessageService {
  constructor(
    @Inject(MESSAGE_CONFIG) private readonly config: MessageConfig,
    @Inject(Database) private readonly database: Database,
    @Inject(MessageRepository) private readonly messages: MessageRepository,
    @Inject(PageRepository) private readonly pages: PageRepository,
    @Inject(RoomRepository) private readonly rooms: RoomRepository,
    @Inject(RoomLogRepository) private readonly log: RoomLogRepository,
    @Inject(RoomPublisher) private readonly publisher: RoomPublisher,
  ) {}

  async get(tenantId: string, messageId: string, viewerId: string | null): Promise<Found> {
    const found = await this.messages.find(tenantId, messageId, viewerId);
    if (found === null) throw messageNotFound();
    return found;
  }

  async list(input: ListInput): Promise<ListOutput> {
    const { tenantId, roomId, viewerId, afterSeq, beforeSeq, skip, limit, visibleOnly, withHidden } = input;
    checkText('text', input.text ?? null, SEARCH_CHARS);
    if (!(await this.rooms.isVisible(tenantId, roomId, viewerId))) throw roomNotFound();
    const sight = { tenantId, roomId, viewerId, visibleOnly, withHidden: withHidden === true || viewerId === null };
    const order = afterSeq === undefined ? ('newest' as const) : ('oldest' as const);
    const range = { afterSeq: afterSeq ?? 0, beforeSeq: beforeSeq ?? null, order, skip, limit };
    const page = await this.pages.page(sight, range, input);
    const messages = page.map((row) => row.message);
    const { lastSeq, total } = await this.pages.totals(sight);
    return {
      messages,
      lastSeq,
      total: isFiltered(input) ? await this.pages.count(sight, input) : total,
      starred: page.flatMap(({ message, starred }) => (starred ? [message.id] : [])),
      replied: [...(await this.pages.replied(tenantId, viewerId, repliedIds(messages)))],
    };
  }

  /** Repeated with what the message already says it changes nothing. */
  async edit(input: EditInput): Promise<Found> {
    const { limits } = this.config;
    checkText('text', input.text ?? null, limits.textChars);
    checkJson('attachment', input.attachment, limits);
    checkMetadata('metadata', input.metadata ?? {}, limits);
    return this.#change(input, async (locked, message, asker) => {
      if (asker !== 'server' && input.actor?.id !== message.senderId) throw denied('Only the author edits a message.');
      if (message.deletedAt !== null) throw messageNotFound();
      const edited = editedMessage(message, input);
      if (isDeepStrictEqual(edited, message)) return null;
      if (isEmptyDraft(edited)) throw invalid('text', 'must not be empty without an attachment');
      await this.messages.edit(locked.scope, edited, locked.at);
      return this.log.appendMessage(locked.scope, locked, input, 'message.edited', { ...edited, editedAt: locked.at });
    });
  }

  async delete(input: DeleteInput): Promise<Found> {
    checkMetadata('extras', input.extras ?? {}, this.config.limits);
    return this.#change(input, async (locked, message, asker) => {
      const own = input.actor?.id === message.senderId;
      if (!own && asker !== 'server' && (asker === 'stranger' || !mayManage(asker))) {
        throw denied('Only the author, an owner or an admin deletes a message.');
      }
      if (message.deletedAt !== null) return null;
      // What a dialect kept with the message is gone too; what it says of the deletion stays.
      const extras = input.extras ?? {};
      await this.messages.erase(locked.scope, message.seq, extras, locked.at);
      const { pinnedAt: _, ...place } = message;
      const gone = { ...place, text: null, attachment: null, metadata: {}, extras, deletedAt: locked.at };
      return this.log.appendMessage(locked.scope, locked, input, 'message.deleted', gone);
    });
  }

  /** The message under its room's lock. A stranger to the room learns nothing of it. */
  async #change(
    input: EditInput | DeleteInput,
    work: (locked: LockedRoom, message: Message, asker: Asker) => Promise<Fact | null>,
  ): Promise<Found> {
    const { tenantId, messageId, actor } = input;
    const { message: seen } = await this.get(tenantId, messageId, actor?.id ?? null);
    const { message, room, fact } = await this.database.transaction(async (sql): Promise<Change> => {
      const scope = { sql, tenantId, roomId: seen.roomId };
      const { locked, asker, message: current } = await this.#lock(scope, messageId, actor);
      const happened = await work(locked, current, asker);
      const after = happened !== null && 'message' in happened ? happened.message : current;
      return { message: after, room: locked.stamp, fact: happened };
    });
    if (fact !== null) this.publisher.facts([fact]);
    return { message, room };
  }

  async #lock(scope: RoomScope, messageId: string, actor: UserSnapshot | null) {
    const locked = await this.log.lock(scope);
    const message = await this.log.message(scope, messageId);
    const asker = askerOf(actor, actor === null ? null : await this.log.role(scope, actor.id));
    if (locked === null || message === null || asker === 'stranger') throw messageNotFound();
    return { locked, message, asker };
  }
}

function editedMessage(message: Message, { type, text, attachment, metadata }: EditInput): Message {
  return {
    ...message,
    type: type ?? message.type,
    text: text === undefined ? message.text : text,
    attachment: attachment === undefined ? message.attachment : attachment,
    metadata: metadata === undefined ? message.metadata : metadata,
  };
}
