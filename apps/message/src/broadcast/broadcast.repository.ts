import { Injectable } from '@nestjs/common';
import { factSchema, type Fact } from '@parlance/domain';
import { z } from 'zod';
import { rowOf, type Sql } from '../database/database.js';

const copyRow = z.object({ facts: z.array(factSchema).nullable() });

/** The waiting messages of the whole installation, in one transaction. */
export interface CopyScope {
  readonly sql: Sql;
}

/** Copies made in one transaction. */
export const COPIES_PER_TURN = 100;

@Injectable()
export class BroadcastRepository {
  /** Copies one message to its next recipients and answers the facts; null: nothing waits. */
  async copy(scope: CopyScope): Promise<readonly Fact[] | null> {
    const row = await rowOf(
      copyRow,
      scope.sql.$queryRaw`select message.copy_broadcast(${COPIES_PER_TURN}::integer) as facts`,
    );
    return row?.facts ?? null;
  }
}
