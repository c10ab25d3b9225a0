import { Inject, Injectable } from '@nestjs/common';
import { instantSchema } from '@parlance/domain';
import { z } from 'zod';
import { Database, rowOf } from '../database/database.js';

/** A place in the log of the whole installation. */
export interface LogCursor {
  readonly xid: string;
  readonly id: number;
}

const changesSchema = z.object({
  count: z.int(),
  xid: z.string(),
  id: z.int(),
  waitingMs: z.number(),
  rooms: z.array(
    z.object({
      tenantId: z.string(),
      roomId: z.string(),
      pos: z.int(),
      at: instantSchema,
      pair: z.tuple([z.string(), z.string()]).nullable(),
      users: z.array(z.string()),
    }),
  ),
});
const changesBatchRow = z.object({ changes: changesSchema });

export type Changes = z.infer<typeof changesSchema>;

@Injectable()
export class RelayRepository {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** The rooms changed by at most `limit` facts after a place; every row names its tenant. */
  async changesBatch(cursorBatch: LogCursor, limit: number): Promise<Changes> {
    const row = await rowOf(
      changesBatchRow,
      this.database.sql.$queryRaw`
        select message.read_changes(${cursorBatch.xid}, ${cursorBatch.id}::bigint, ${limit}::integer) as changes`,
    );
    if (row === null) throw new RangeError('The log gave no answer.');
    return row.changes;
  }
}
