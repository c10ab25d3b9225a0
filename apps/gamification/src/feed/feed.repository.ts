import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Database, rowOf } from '@parlance/persistence';
import type { Cursor } from '../fact/fact.repository.js';

const JOB = 'messages';
const cursorRow = z.object({ xid: z.string(), id: z.number() });

/** How far the message log of the whole installation was read, and who reads it. */
@Injectable()
export class FeedRepository {
  constructor(@Inject(Database) private readonly database: Database) {}

  /**
   * Where to read on; null: another replica reads. The lease only spares needless reading: the cursor itself is compared when it is
   * moved. Database time.
   */
  async lead(holder: string, ttlMs: number): Promise<Cursor | null> {
    return rowOf(
      cursorRow,
      this.database.sql.$queryRaw`
        update gamification.feed set holder = ${holder}, expires_at = clock_timestamp() + ${ttlMs}::double precision * interval '1 millisecond'
         where job = ${JOB} and (holder = ${holder} or expires_at <= clock_timestamp())
        returning xid::text as xid, id::double precision as id`,
    );
  }

  /** Lets the next one begin at once. */
  async release(holder: string): Promise<void> {
    await this.database.sql.$executeRaw`
      update gamification.feed set expires_at = clock_timestamp() where job = ${JOB} and holder = ${holder}`;
  }

  /** Moves the cursor over a page that holds nothing to count. */
  async skip(from: Cursor, to: Cursor): Promise<void> {
    await this.database.sql.$executeRaw`
      update gamification.feed set xid = ${to.xid}::xid8, id = ${to.id}::bigint
       where job = ${JOB} and xid = ${from.xid}::xid8 and id = ${from.id}::bigint`;
  }
}
