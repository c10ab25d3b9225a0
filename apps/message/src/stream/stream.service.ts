import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CLOCK } from '@parlance/bootstrap';
import type { appendStream, finishStream, listStreams, openStream } from '@parlance/contracts';
import { objectIdMaker, ParlanceError, textDraft, type Message, type RoomStamp } from '@parlance/domain';
import type { Clock } from '@parlance/observability';
import type { z } from 'zod';
import { Database } from '../database/database.js';
import { MESSAGE_CONFIG, type MessageConfig } from '../message.config.js';
import { checkText } from '../message/draft.rules.js';
import { messageNotFound } from '../message/message.rules.js';
import { MessageService } from '../message/message.service.js';
import { RoomPublisher } from '../publish/room.publisher.js';
import { denied, roomNotFound } from '../room/room.rules.js';
import { SendService } from '../send/send.service.js';
import { StreamRepository, type StreamRow } from './stream.repository.js';

type OpenInput = z.output<typeof openStream.input>;
type AppendInput = z.output<typeof appendStream.input>;
type FinishInput = z.output<typeof finishStream.input>;
type ListInput = z.output<typeof listStreams.input>;

interface Ended {
  readonly message: Message;
  readonly room: RoomStamp;
}

/** Of one sender. */
const MAX_OPEN = 10;
const RETRY_AFTER_MS = 1_000;
const MAX_LISTED = 100;
const SEND_WITHIN_MS = 5_000;

/** Messages that are still being written. What they end as is sent like any other, under an id and a key that are known before. */
@Injectable()
export class StreamService {
  readonly #newId: () => string;

  constructor(
    @Inject(MESSAGE_CONFIG) private readonly config: MessageConfig,
    @Inject(Database) private readonly database: Database,
    @Inject(StreamRepository) private readonly streams: StreamRepository,
    @Inject(SendService) private readonly sends: SendService,
    @Inject(MessageService) private readonly messages: MessageService,
    @Inject(RoomPublisher) private readonly publisher: RoomPublisher,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.#newId = objectIdMaker({ now: clock, randomBytes });
  }

  async open({ tenantId, roomId, sender, origin, draft }: OpenInput): Promise<{ messageId: string; room: RoomStamp }> {
    const place = await this.streams.place(tenantId, roomId, sender.id);
    if (place === null) throw roomNotFound();
    if (place.frozen || place.blocked) throw denied('Nobody may write into this room now.');
    const stream = { messageId: this.#newId(), roomId, sender, origin, replyTo: draft.replyTo };
    const opened = await this.database.transaction(async (sql) =>
      this.streams.open({ sql, tenantId }, stream, MAX_OPEN),
    );
    if (!opened) {
      throw new ParlanceError('rate-limited', `A sender has at most ${MAX_OPEN} open streams.`, {
        retryAfterMs: RETRY_AFTER_MS,
      });
    }
    return { messageId: stream.messageId, room: place.room };
  }

  /** Where the part stands; for a repeated one, where the next will. */
  async append({ tenantId, senderId, messageId, index, text }: AppendInput): Promise<{ offset: number }> {
    checkText('text', text, this.config.limits.textChars);
    const { stream, fresh } = await this.database.transaction(async (sql) => {
      const scope = { sql, tenantId };
      const locked = await this.streams.lock(scope, messageId, senderId);
      if (locked === null || locked.ending !== null) throw messageNotFound();
      const isNew = this.#isNext(locked, index, text);
      if (isNew) await this.streams.append(scope, messageId, text);
      return { stream: locked, fresh: isNew };
    });
    if (fresh && text !== '') await this.#tell(stream, text);
    return { offset: stream.units };
  }

  /** Exactly one message, however often and from however many sides it is asked for; the first decides the text. */
  async finish({ tenantId, senderId, messageId, text }: FinishInput): Promise<Ended> {
    checkText('text', text ?? null, this.config.limits.textChars);
    const stream = await this.database.transaction(async (sql) => {
      const scope = { sql, tenantId };
      const locked = await this.streams.lock(scope, messageId, senderId);
      if (locked === null || locked.ending !== null) return locked;
      const ending = text ?? locked.body;
      if (ending === '') throw new ParlanceError('invalid', 'An empty message is not sent.');
      await this.streams.decide(scope, messageId, ending);
      return { ...locked, ending };
    });
    return stream === null ? this.#ended(tenantId, senderId, messageId) : this.#finish(stream);
  }

  async list({ tenantId, userId, roomId }: ListInput) {
    return { streams: await this.streams.list(tenantId, userId, roomId ?? null, MAX_LISTED) };
  }

  /** Ends what nobody ended. An empty one, and one whose message is refused for good, is dropped. */
  async end(stream: StreamRow): Promise<void> {
    const { tenant_id: tenantId, message_id: messageId, ending } = stream;
    if (ending === null || ending === '') return this.streams.remove(tenantId, messageId);
    const answer = await this.#send(stream, ending);
    if (answer.ok || !answer.error.retryable) await this.streams.remove(tenantId, messageId);
  }

  async #finish(stream: StreamRow): Promise<Ended> {
    const { tenant_id: tenantId, message_id: messageId } = stream;
    const answer = await this.#send(stream, stream.ending ?? stream.body);
    if (answer.ok) {
      await this.streams.remove(tenantId, messageId);
      return this.messages.get(tenantId, messageId, null);
    }
    // Refused for good as things stand now: it stays open, so that it can be ended when they changed.
    if (!answer.error.retryable) await this.streams.reopen(tenantId, messageId);
    throw answer.error;
  }

  async #send(stream: StreamRow, text: string) {
    const { tenant_id: tenantId, room_id: roomId, message_id: messageId, sender, origin, reply_to: replyTo } = stream;
    const draft = textDraft(text, { replyTo });
    const input = { tenantId, roomId, sender, origin, clientMessageId: messageId, messageId, draft };
    return this.sends.send({ input, deadline: this.clock() + SEND_WITHIN_MS });
  }

  /** The message a stream has become. */
  async #ended(tenantId: string, senderId: string | null, messageId: string): Promise<Ended> {
    const found = await this.messages.get(tenantId, messageId, senderId);
    const own = senderId === null || found.message.senderId === senderId;
    if (!own || found.message.clientMessageId !== messageId) throw messageNotFound();
    return found;
  }

  #isNext(stream: StreamRow, index: number, text: string): boolean {
    if (index < stream.next_index) return false;
    if (index > stream.next_index) {
      const expected = stream.next_index;
      throw new ParlanceError('conflict', `Part ${expected} comes before part ${index}.`, { expected });
    }
    if (stream.units + text.length <= this.config.limits.textChars) return true;
    throw new ParlanceError('too-large', `A message has at most ${this.config.limits.textChars} characters.`);
  }

  async #tell(stream: StreamRow, text: string): Promise<void> {
    const { tenant_id: tenantId, room_id: roomId, message_id: messageId, sender, origin, units: offset } = stream;
    const place = await this.streams.place(tenantId, roomId, sender.id);
    // Who was removed meanwhile, or may not write any more, is not heard any more.
    if (place === null || place.frozen || place.blocked) return;
    const from = { tenantId, room: place.room, user: sender, origin, messageId };
    this.publisher.stream({ type: 'stream.advanced', v: 1, ...from, offset, text });
  }
}
