import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { rowOf, type Sql } from '../database/database.js';

const countRow = z.object({ n: z.int() });

/** The upkeep of the whole installation. */
export interface UpkeepScope {
  readonly sql: Sql;
}

const SWEPT_ROWS = 1_000;

@Injectable()
export class MaintenanceRepository {
  /** Makes the log partitions of yesterday and the days to come; how many are new. */
  async makePartitions(scope: UpkeepScope, daysAhead: number): Promise<number> {
    const row = await rowOf(
      countRow,
      scope.sql.$queryRaw`
        select message.make_event_partitions((clock_timestamp() at time zone 'UTC')::date - 1, ${daysAhead}::integer + 2) as n`,
    );
    return row?.n ?? 0;
  }

  /** Drops the days of the log that are wholly older; how many. */
  async dropPartitions(scope: UpkeepScope, keepMs: number): Promise<number> {
    const row = await rowOf(
      countRow,
      scope.sql.$queryRaw`
        select message.drop_event_partitions(
          clock_timestamp() - ${keepMs}::double precision * interval '1 millisecond') as n`,
    );
    return row?.n ?? 0;
  }

  /** Forgets sessions that can no longer be resumed, and pods that had them; at most 1,000 at a time. How many sessions. */
  async sweepSessions(scope: UpkeepScope, windowMs: number): Promise<number> {
    const swept = await scope.sql.$executeRaw`
      delete from message.session s using (
        select o.tenant_id, o.session_id from message.session o
          left join message.pod p on p.pod_id = o.pod_id
         where greatest(o.saved_at, case when o.state = 'open' and o.claimed_by is null then p.last_beat end)
               < clock_timestamp() - ${windowMs}::double precision * interval '1 millisecond'
         limit ${SWEPT_ROWS} for update of o skip locked) d
       where s.tenant_id = d.tenant_id and s.session_id = d.session_id`;
    await scope.sql.$executeRaw`
      delete from message.pod p
       where p.last_beat < clock_timestamp() - 2 * ${windowMs}::double precision * interval '1 millisecond'
         and not exists (select 1 from message.session s where s.pod_id = p.pod_id)`;
    return swept;
  }
}
