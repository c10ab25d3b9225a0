import { Inject, Injectable } from '@nestjs/common';
import { instantSchema, roomStampSchema } from '@parlance/domain';
import { z } from 'zod';
import { Database, rowsOf } from '../database/database.js';

export interface Delivered {
  readonly roomId: string;
  readonly userId: string;
  readonly seq: number;
}

/** Rooms above this tell nobody who got what (guarantees.md section 3). */
export const MAX_DELIVERY_MEMBERS = 32;

const deliveredRow = z.object({
  user_id: z.string(),
  read_seq: z.int(),
  delivered_seq: z.int(),
  message_id: z.string().nullable(),
  at: instantSchema,
  room: roomStampSchema,
});
export type DeliveredRow = z.infer<typeof deliveredRow>;

@Injectable()
export class DeliveryRepository {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** Moves them forward; rows are locked in one order. Those that moved come back. */
  async advance(tenantId: string, marks: readonly Delivered[]): Promise<readonly DeliveredRow[]> {
    const rooms = marks.map(({ roomId }) => roomId);
    const users = marks.map(({ userId }) => userId);
    const seqs = marks.map(({ seq }) => seq);
    return rowsOf(
      deliveredRow,
      this.database.sql.$queryRaw`
        select d.* from message.advance_delivered(
          ${tenantId}, ${rooms}::text[], ${users}::text[], ${seqs}::bigint[], ${MAX_DELIVERY_MEMBERS}::integer) d`,
    );
  }
}
