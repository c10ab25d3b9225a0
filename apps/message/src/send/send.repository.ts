import { Inject, Injectable } from '@nestjs/common';
import { messageSchema, roomKindSchema, type Message } from '@parlance/domain';
import { z } from 'zod';
import { Database, rowsOf } from '../database/database.js';
import type { PreparedSend } from './send.types.js';

const placedSchema = z.object({
  ord: z.int(),
  seq: z.int(),
  pos: z.int(),
  at_ms: z.number(),
  prev_at_ms: z.number(),
  number: z.int(),
  uuid: z.string(),
  kind: roomKindSchema,
  version: z.int(),
  user_a: z.string().nullable(),
  user_b: z.string().nullable(),
});

const outcomeSchema = z.discriminatedUnion('status', [
  placedSchema.extend({ status: z.literal('ok'), event_id: z.int() }),
  placedSchema.extend({ status: z.literal('repeat') }),
  z.object({ status: z.literal('conflict') }),
  z.object({ status: z.literal('not-found') }),
  z.object({ status: z.literal('denied') }),
]);

/** What became of one item: placed, stored before, refused. */
export type SendOutcome = z.infer<typeof outcomeSchema>;
export type Placed = Extract<SendOutcome, { seq: number }>;

export interface MessageKey {
  readonly tenantId: string;
  readonly roomId: string;
  readonly seq: number;
}

const storedSchema = z.object({ ord: z.int(), message: messageSchema });

@Injectable()
export class SendRepository {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** Commits the batch; one outcome per item, in order. Returns only after COMMIT. */
  async commit(batch: readonly PreparedSend[]): Promise<readonly SendOutcome[]> {
    const column = <V>(pick: (item: PreparedSend) => V): V[] => batch.map(pick);
    const outcomes = await rowsOf(
      outcomeSchema,
      this.database.sendSql.$queryRaw`
        select * from message.send_batch(
          ${column(({ tenantId }) => tenantId)}::text[], ${column(({ input }) => input.roomId)}::text[],
          ${column(({ input }) => input.sender.id)}::text[], ${column((item) => item.clientMessageId)}::text[],
          ${column((item) => item.bodyHash)}::text[], ${column((item) => item.id)}::text[],
          ${column(({ input }) => input.draft.type)}::text[], ${column(({ input }) => input.draft.text)}::text[],
          ${column((item) => item.attachment)}::text[], ${column(({ input }) => input.draft.replyTo)}::text[],
          ${column((item) => item.metadata)}::text[], ${column((item) => item.extras)}::text[],
          ${column((item) => item.actor)}::text[], ${column(({ input }) => input.origin)}::text[],
          ${column(({ input }) => input.draft.forwardOf)}::text[], ${column((item) => item.broadcastOf)}::text[])`,
    );
    if (outcomes.length !== batch.length) throw new RangeError('The batch function left an item out.');
    return outcomes;
  }

  /** The stored messages of these keys, in their order; null for one that is gone. */
  async findBatch(batch: readonly MessageKey[]): Promise<readonly (Message | null)[]> {
    const rows = await rowsOf(
      storedSchema,
      this.database.sql.$queryRaw`
        select k.ord::integer as ord, message.as_message(m) as message
          from unnest(${batch.map((key) => key.tenantId)}::text[], ${batch.map((key) => key.roomId)}::text[],
                      ${batch.map((key) => key.seq)}::bigint[]) with ordinality as k(tenant_id, room_id, seq, ord)
          join message.message m on m.tenant_id = k.tenant_id and m.room_id = k.room_id and m.seq = k.seq`,
    );
    const byPlace = new Map(rows.map((row) => [row.ord, row.message]));
    return batch.map((_, index) => byPlace.get(index + 1) ?? null);
  }
}
