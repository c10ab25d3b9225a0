import { Inject, Injectable } from '@nestjs/common';
import { factSchema, type Fact } from '@parlance/domain';
import { z } from 'zod';
import { Database, rowOf } from '../database/database.js';

/** Copies made in one transaction. */
export const COPIES_PER_TURN = 100;

@Injectable()
export class BroadcastRepository {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** Copies one message to its next recipients and answers the facts, committed; null: nothing waits. */
  async copy(): Promise<readonly Fact[] | null> {
    return this.database.transaction(async (sql) => {
      const row = await rowOf(
        z.object({ facts: z.array(factSchema).nullable() }),
        sql.$queryRaw`select message.copy_broadcast(${COPIES_PER_TURN}::integer) as facts`,
      );
      return row?.facts ?? null;
    });
  }
}
