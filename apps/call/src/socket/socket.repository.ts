import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Database, rowsOf, type Sql } from '@parlance/persistence';

const devicesRow = z.object({ device: z.string() });

/** A gateway whose last beat is older is dead, and its sockets are gone. */
export const POD_TTL_MS = 15_000;
/** So long after the end of a call those who were not heard to be told of it are told again. */
export const UNTOLD_MS = 120_000;

export interface SocketKey {
  readonly tenantId: string;
  readonly userId: string;
  readonly connectionId: string;
}

export interface SocketItem extends SocketKey {
  readonly device: string;
}

/** A user with a call that lasts, or whose end that user has not heard of. */
export interface Involved {
  readonly tenantId: string;
  readonly userId: string;
  readonly callId: string;
  readonly live: boolean;
}

const involvedRow = z.object({ tenantId: z.string(), userId: z.string(), callId: z.string(), live: z.boolean() });
const userRow = z.object({ tenantId: z.string(), userId: z.string() });

/** The open sockets of people in calls. */
@Injectable()
export class SocketRepository {
  constructor(@Inject(Database) private readonly database: Database) {}

  async hasDevice(tenantId: string, userId: string, device: string): Promise<boolean> {
    return (await this.devices(tenantId, userId)).includes(device);
  }

  /** The devices of the user's open sockets. */
  async devices(tenantId: string, userId: string): Promise<readonly string[]> {
    const rows = await rowsOf(
      devicesRow,
      this.database.sql.$queryRaw`
        select s.device from call.socket s join call.pod p on p.pod_id = s.pod_id
         where s.tenant_id = ${tenantId} and s.user_id = ${userId}
           and p.last_beat > clock_timestamp() - ${POD_TTL_MS}::double precision * interval '1 millisecond'`,
    );
    return rows.map(({ device }) => device);
  }

  /** Those of them that take part in calls. */
  async involved(userItems: readonly Pick<SocketKey, 'tenantId' | 'userId'>[]): Promise<readonly Involved[]> {
    if (userItems.length === 0) return [];
    return rowsOf(
      involvedRow,
      this.database.sql.$queryRaw`
        select p.tenant_id as "tenantId", p.user_id as "userId", p.call_id as "callId", p.live
          from (select distinct x."tenantId", x."userId"
                  from jsonb_to_recordset(${JSON.stringify(userItems)}::jsonb) as x("tenantId" text, "userId" text)) u
          join call.participant p on p.tenant_id = u."tenantId" and p.user_id = u."userId" and (p.live or p.untold)
          join call.call c on c.tenant_id = p.tenant_id and c.id = p.call_id
         where c.ended_at is null or c.ended_at > clock_timestamp() - ${UNTOLD_MS}::double precision * interval '1 millisecond'`,
    );
  }

  async store(socketItems: readonly SocketItem[], podId: string): Promise<void> {
    if (socketItems.length === 0) return;
    await this.database.sql.$executeRaw`
      insert into call.socket as s (tenant_id, user_id, connection_id, device, pod_id)
      select distinct on (x."tenantId" collate "C", x."userId" collate "C", x."connectionId" collate "C")
             x."tenantId", x."userId", x."connectionId", x.device, ${podId}
        from jsonb_to_recordset(${JSON.stringify(socketItems)}::jsonb)
          as x("tenantId" text, "userId" text, "connectionId" text, device text)
       order by x."tenantId" collate "C", x."userId" collate "C", x."connectionId" collate "C"
      on conflict (tenant_id, user_id, connection_id) do update set device = excluded.device, pod_id = excluded.pod_id
       where s.device <> excluded.device or s.pod_id <> excluded.pod_id`;
  }

  async remove(socketItems: readonly SocketKey[]): Promise<void> {
    if (socketItems.length === 0) return;
    await this.database.sql.$executeRaw`
      delete from call.socket s
       using jsonb_to_recordset(${JSON.stringify(socketItems)}::jsonb) as x("tenantId" text, "userId" text, "connectionId" text)
       where s.tenant_id = x."tenantId" and s.user_id = x."userId" and s.connection_id = x."connectionId"`;
  }

  /** They were told of the ends of these calls. */
  async markHeard(
    participantItems: readonly { readonly tenantId: string; readonly userId: string; readonly callId: string }[],
  ): Promise<void> {
    if (participantItems.length === 0) return;
    await this.database.sql.$executeRaw`
      update call.participant p set untold = false
        from jsonb_to_recordset(${JSON.stringify(participantItems)}::jsonb) as x("tenantId" text, "userId" text, "callId" text)
       where p.tenant_id = x."tenantId" and p.call_id = x."callId" and p.user_id = x."userId" and p.untold`;
  }
}

/** What belongs to the whole installation: the gateways' beats, and what dead ones left. */
export interface InstallationScope {
  readonly sql: Sql;
}

@Injectable()
export class PodRepository {
  /** It lives. Written at most once a second, so that notes do not wait for each other. */
  async beat(scope: InstallationScope, podId: string): Promise<void> {
    await scope.sql.$executeRaw`
      insert into call.pod as p (pod_id, last_beat) values (${podId}, clock_timestamp())
      on conflict (pod_id) do update set last_beat = excluded.last_beat where p.last_beat < excluded.last_beat - interval '1 second'`;
  }

  /** Takes the sockets of dead gateways out; whose they were. */
  async buryDead(scope: InstallationScope, limit: number): Promise<readonly { tenantId: string; userId: string }[]> {
    return rowsOf(
      userRow,
      scope.sql.$queryRaw`
        delete from call.socket s using (
          select d.tenant_id, d.user_id, d.connection_id from call.socket d
            left join call.pod p on p.pod_id = d.pod_id
           where coalesce(p.last_beat, '-infinity') <= clock_timestamp() - ${POD_TTL_MS}::double precision * interval '1 millisecond'
           limit ${limit}::integer for update of d skip locked) x
         where s.tenant_id = x.tenant_id and s.user_id = x.user_id and s.connection_id = x.connection_id
        returning s.tenant_id as "tenantId", s.user_id as "userId"`,
    );
  }

  /** Forgets sockets of people who are in no call any more, and gateways that are long gone. */
  async tidy(scope: InstallationScope): Promise<void> {
    await scope.sql.$executeRaw`
      delete from call.socket s
       where not exists (select 1 from call.participant p where p.tenant_id = s.tenant_id and p.user_id = s.user_id and (p.live or p.untold))`;
    await scope.sql.$executeRaw`
      delete from call.pod p
       where p.last_beat < clock_timestamp() - interval '1 hour' and not exists (select 1 from call.socket s where s.pod_id = p.pod_id)`;
    await scope.sql.$executeRaw`
      update call.participant p set untold = false
        from call.call c
       where p.untold and c.tenant_id = p.tenant_id and c.id = p.call_id
         and c.ended_at < clock_timestamp() - ${UNTOLD_MS}::double precision * interval '1 millisecond'`;
  }
}
