import { Inject, Injectable } from '@nestjs/common';
import type { markReceipt } from '@parlance/contracts';
import { ParlanceError, type ReceiptChanged } from '@parlance/domain';
import type { z } from 'zod';
import { MessageService } from '../message/message.service.js';
import { RoomPublisher } from '../publish/room.publisher.js';
import { roomNotFound } from '../room/room.rules.js';
import { ReceiptRepository, type Moved, type Watermarks } from './receipt.repository.js';

type MarkInput = z.output<typeof markReceipt.input>;
type MarkOutput = z.input<typeof markReceipt.output>;

interface Target {
  readonly roomId: string;
  /** null: the newest message there is */
  readonly seq: number | null;
}

@Injectable()
export class ReceiptService {
  constructor(
    @Inject(ReceiptRepository) private readonly receipts: ReceiptRepository,
    @Inject(MessageService) private readonly messages: MessageService,
    @Inject(RoomPublisher) private readonly publisher: RoomPublisher,
  ) {}

  async mark(input: MarkInput): Promise<MarkOutput> {
    const { roomId, seq } = await this.#target(input);
    const { tenantId, user, kind } = input;
    const moved = await this.receipts.advance(tenantId, roomId, user.id, kind, seq);
    if (moved !== null) this.publisher.receipt(receiptOf(input, moved));
    const marks = moved ?? (await this.receipts.watermarks(tenantId, roomId, user.id));
    if (marks === null) throw roomNotFound();
    return outputOf(roomId, marks);
  }

  async #target({ tenantId, roomId, upTo, user }: MarkInput): Promise<Target> {
    if ('messageId' in upTo) {
      const { message } = await this.messages.get(tenantId, upTo.messageId, user.id);
      if (roomId !== undefined && roomId !== message.roomId) throw roomNotFound();
      return { roomId: message.roomId, seq: message.seq };
    }
    if (roomId === undefined) {
      throw new ParlanceError('invalid', 'roomId is missing.', { fields: { roomId: 'is needed without a message' } });
    }
    return { roomId, seq: 'seq' in upTo ? upTo.seq : null };
  }
}

function receiptOf({ tenantId, user, kind, origin }: MarkInput, moved: Moved): ReceiptChanged {
  return {
    type: 'receipt.changed',
    v: 1,
    tenantId,
    room: moved.room,
    user,
    kind,
    readSeq: moved.read_seq,
    deliveredSeq: moved.delivered_seq,
    messageId: moved.message_id,
    at: moved.at,
    origin,
  };
}

function outputOf(roomId: string, { read_seq: readSeq, delivered_seq: deliveredSeq }: Watermarks): MarkOutput {
  return { roomId, readSeq, deliveredSeq };
}
