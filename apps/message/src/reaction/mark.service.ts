import { Inject, Injectable } from '@nestjs/common';
import type { pinMessage, reactToMessage, starMessage } from '@parlance/contracts';
import { ParlanceError, type Message } from '@parlance/domain';
import type { z } from 'zod';
import { Database } from '../database/database.js';
import { checkText } from '../message/draft.rules.js';
import { messageNotFound } from '../message/message.rules.js';
import { MessageService } from '../message/message.service.js';
import { MarkRepository, type MessageScope } from './mark.repository.js';

type StarInput = z.output<typeof starMessage.input>;
type ReactInput = z.output<typeof reactToMessage.input>;
type PinInput = z.output<typeof pinMessage.input>;

const MAX_REACTIONS = 200;
const REACTION_CHARS = 64;

@Injectable()
export class MarkService {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(MessageService) private readonly messages: MessageService,
    @Inject(MarkRepository) private readonly marks: MarkRepository,
  ) {}

  async star({ tenantId, userId, messageId, starred }: StarInput): Promise<Message> {
    const { message } = await this.messages.get(tenantId, messageId, userId);
    await this.marks.star(tenantId, userId, message, starred);
    return message;
  }

  async react({ tenantId, userId, messageId, value, present }: ReactInput): Promise<Message> {
    checkText('value', value, REACTION_CHARS);
    return this.#change(tenantId, userId, messageId, async (scope) => {
      if (!present) return this.marks.removeReaction(scope, userId, value);
      const added = await this.marks.addReaction(scope, userId, value);
      if (added && (await this.marks.countReactions(scope)) > MAX_REACTIONS) {
        throw new ParlanceError('too-large', `A message has at most ${MAX_REACTIONS} reactions.`);
      }
    });
  }

  async pin({ tenantId, userId, messageId, pinned }: PinInput): Promise<Message> {
    return this.#change(tenantId, userId, messageId, async (scope) => this.marks.pin(scope, pinned));
  }

  /** What is thrown in `work` leaves nothing behind. */
  async #change(
    tenantId: string,
    userId: string,
    messageId: string,
    work: (scope: MessageScope) => Promise<void>,
  ): Promise<Message> {
    const { message } = await this.messages.get(tenantId, messageId, userId);
    return this.database.transaction(async (sql) => {
      const scope = { sql, tenantId, roomId: message.roomId, seq: message.seq };
      if (!(await this.marks.lock(scope))) throw messageNotFound();
      await work(scope);
      return this.marks.shown(scope);
    });
  }
}
