import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { rowsOf, type Sql } from '@parlance/persistence';
import { UNTOLD_MS } from '../socket/socket.repository.js';

/** The calls of the whole installation. */
export interface SweepScope {
  readonly sql: Sql;
}

export interface CallKey {
  readonly tenantId: string;
  readonly callId: string;
}

const keyRow = z.object({ tenantId: z.string(), callId: z.string() });
const missingRow = keyRow.extend({ userId: z.string() });

@Injectable()
export class SweepRepository {
  /** Calls whose deadline has passed, the oldest first. */
  async due(scope: SweepScope, limit: number): Promise<readonly CallKey[]> {
    return rowsOf(
      keyRow,
      scope.sql.$queryRaw`
        select c.tenant_id as "tenantId", c.id as "callId" from call.call c
         where c.state <> 'ended' and c.deadline_at <= clock_timestamp()
         order by c.deadline_at limit ${limit}::integer`,
    );
  }

  /** Participants that have had no socket for so long. */
  async missing(scope: SweepScope, graceMs: number, limit: number): Promise<readonly z.output<typeof missingRow>[]> {
    return rowsOf(
      missingRow,
      scope.sql.$queryRaw`
        select p.tenant_id as "tenantId", p.call_id as "callId", p.user_id as "userId" from call.participant p
         where p.live and p.gone_at is not null and p.state <> 'left'
           and p.gone_at <= clock_timestamp() - ${graceMs}::double precision * interval '1 millisecond'
         order by p.gone_at limit ${limit}::integer`,
    );
  }

  /** Calls after whose last change something was left to do: whoever changed them died, or the bus was away. */
  async unfinished(scope: SweepScope, olderMs: number, limit: number): Promise<readonly CallKey[]> {
    return rowsOf(
      keyRow,
      scope.sql.$queryRaw`
        select c.tenant_id as "tenantId", c.id as "callId" from call.call c
         where (c.told_version < c.version or (c.state = 'ended' and c.recorded_at is null))
           and c.changed_at < clock_timestamp() - ${olderMs}::double precision * interval '1 millisecond'
         order by c.changed_at limit ${limit}::integer`,
    );
  }

  /** Who has not been told of the end of a call, but has a socket: what was published got lost. */
  async untold(scope: SweepScope, olderMs: number, limit: number): Promise<readonly z.output<typeof missingRow>[]> {
    return rowsOf(
      missingRow,
      scope.sql.$queryRaw`
        select p.tenant_id as "tenantId", p.call_id as "callId", p.user_id as "userId"
          from call.participant p
          join call.call c on c.tenant_id = p.tenant_id and c.id = p.call_id
         where p.untold and c.ended_at < clock_timestamp() - ${olderMs}::double precision * interval '1 millisecond'
           and c.ended_at > clock_timestamp() - ${UNTOLD_MS}::double precision * interval '1 millisecond'
           and exists (select 1 from call.socket s where s.tenant_id = p.tenant_id and s.user_id = p.user_id)
         limit ${limit}::integer`,
    );
  }

  /** For whom it rings, but nobody has heard so: no gateway has told of a socket of theirs. */
  async unrung(scope: SweepScope, olderMs: number, limit: number): Promise<readonly z.output<typeof missingRow>[]> {
    return rowsOf(
      missingRow,
      scope.sql.$queryRaw`
        select p.tenant_id as "tenantId", p.call_id as "callId", p.user_id as "userId"
          from call.call c
          join call.participant p on p.tenant_id = c.tenant_id and p.call_id = c.id
         where c.state = 'ringing' and p.state = 'invited'
           and c.started_at < clock_timestamp() - ${olderMs}::double precision * interval '1 millisecond'
           and not exists (select 1 from call.socket s where s.tenant_id = p.tenant_id and s.user_id = p.user_id)
         limit ${limit}::integer`,
    );
  }

  /** Takes live calls whose people were not looked at for so long; another replica takes others. */
  async unchecked(scope: SweepScope, olderMs: number, limit: number): Promise<readonly CallKey[]> {
    return rowsOf(
      keyRow,
      scope.sql.$queryRaw`
        update call.call c set checked_at = clock_timestamp()
          from (select o.tenant_id, o.id from call.call o
                 where o.state <> 'ended' and o.checked_at < clock_timestamp() - ${olderMs}::double precision * interval '1 millisecond'
                 order by o.checked_at limit ${limit}::integer for no key update skip locked) x
         where c.tenant_id = x.tenant_id and c.id = x.id
        returning c.tenant_id as "tenantId", c.id as "callId"`,
    );
  }
}
