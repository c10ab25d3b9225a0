import { Inject, Injectable } from '@nestjs/common';
import type { markDelivered } from '@parlance/contracts';
import type { ReceiptChanged } from '@parlance/domain';
import type { z } from 'zod';
import { RoomPublisher } from '../publish/room.publisher.js';
import { DeliveryRepository } from './delivery.repository.js';

type Mark = z.output<typeof markDelivered.input>['marks'][number];

/** What gateways learn from heartbeats: who got which message. */
@Injectable()
export class DeliveryService {
  constructor(
    @Inject(DeliveryRepository) private readonly deliveries: DeliveryRepository,
    @Inject(RoomPublisher) private readonly publisher: RoomPublisher,
  ) {}

  async mark(tenantId: string, marks: readonly Mark[]): Promise<void> {
    const users = new Map(marks.map(({ user }) => [user.id, user]));
    const asked = marks.map(({ roomId, user, seq }) => ({ roomId, userId: user.id, seq }));
    const moved = await this.deliveries.advance(tenantId, asked);
    const receipts = moved.flatMap((row): ReceiptChanged[] => {
      const user = users.get(row.user_id);
      if (user === undefined) return [];
      const marks = { readSeq: row.read_seq, deliveredSeq: row.delivered_seq, messageId: row.message_id };
      const base = { type: 'receipt.changed', v: 1, tenantId, kind: 'delivered', origin: null } as const;
      return [{ ...base, ...marks, room: row.room, user, at: row.at }];
    });
    this.publisher.receipts(receipts);
  }
}
