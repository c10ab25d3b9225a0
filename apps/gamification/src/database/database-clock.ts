import { Injectable, Inject } from '@nestjs/common';
import { z } from 'zod';
import { Database, rowOf } from '@parlance/persistence';

const nowRow = z.object({ now: z.number() });

/** The database's clock: the only one that is stored or compared with what is. */
@Injectable()
export class DatabaseClock {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** Microseconds since the epoch. */
  async now(): Promise<number> {
    const row = await rowOf(
      nowRow,
      this.database.sql.$queryRaw`select gamification.micros(clock_timestamp())::double precision as now`,
    );
    if (row === null) throw new RangeError('The database gave no time.');
    return row.now;
  }
}
