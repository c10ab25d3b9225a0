import { Inject, Injectable } from '@nestjs/common';
import type { Persistence } from '@parlance/persistence';
import { z } from 'zod';
import type { Person } from '../store/presence.store.js';
import { PERSISTENCE } from '../tokens.js';

const toldRows = z.array(z.object({ user_id: z.string() }));
const seenRows = z.array(z.object({ user_id: z.string(), last_seen_at: z.date() }));
const personRows = z.array(z.object({ tenantId: z.string(), userId: z.string() }));

/** What is told of a user from now on. `at`: ms since the epoch; of somebody offline, when it was last seen. */
export interface Told extends Person {
  readonly online: boolean;
  readonly at: number;
}

/** What was told of users, and when they were last seen. The only file that knows the table. */
@Injectable()
export class SeenRepository {
  constructor(@Inject(PERSISTENCE) private readonly persistence: Persistence) {}

  /** Those of them who were last told to be online. */
  async toldOnline(tenantId: string, userIds: readonly string[]): Promise<ReadonlySet<string>> {
    if (userIds.length === 0) return new Set();
    const rows = await this.persistence.prisma.$queryRaw`
      select user_id from presence.user_presence where tenant_id = ${tenantId} and user_id = any(${[...userIds]}::text[]) and online`;
    return new Set(toldRows.parse(rows).map(({ user_id }) => user_id));
  }

  async lastSeen(tenantId: string, userIds: readonly string[]): Promise<ReadonlyMap<string, Date>> {
    const rows = await this.persistence.prisma.$queryRaw`
      select user_id, last_seen_at from presence.user_presence
       where tenant_id = ${tenantId} and user_id = any(${[...userIds]}::text[]) and last_seen_at is not null`;
    return new Map(seenRows.parse(rows).map(({ user_id, last_seen_at }) => [user_id, last_seen_at]));
  }

  /** Those of them who were told to have gone since then (ms since the epoch), and when. */
  async goneSince(tenantId: string, userIds: readonly string[], since: number): Promise<ReadonlyMap<string, Date>> {
    const rows = await this.persistence.prisma.$queryRaw`
      select user_id, changed_at as last_seen_at from presence.user_presence
       where tenant_id = ${tenantId} and user_id = any(${[...userIds]}::text[]) and not online
         and changed_at > ${new Date(since).toISOString()}::timestamptz`;
    return new Map(seenRows.parse(rows).map(({ user_id, last_seen_at }) => [user_id, last_seen_at]));
  }

  /** Written in one order, so that two batches cannot wait for each other. A later time wins. */
  async saveBatch(batch: readonly Told[]): Promise<void> {
    const [tenants, users] = [batch.map(({ tenantId }) => tenantId), batch.map(({ userId }) => userId)];
    const [states, times] = [batch.map(({ online }) => online), batch.map(({ at }) => new Date(at).toISOString())];
    await this.persistence.prisma.$executeRaw`
      insert into presence.user_presence as p (tenant_id, user_id, online, changed_at, last_seen_at)
      select i.tenant_id, i.user_id, i.online, i.at::timestamptz, case when i.online then null else i.at::timestamptz end
        from unnest(${tenants}::text[], ${users}::text[], ${states}::boolean[], ${times}::text[]) as i (tenant_id, user_id, online, at)
       order by 1, 2
      on conflict (tenant_id, user_id) do update
         set online = excluded.online,
             changed_at = case when p.online = excluded.online then p.changed_at else excluded.changed_at end,
             last_seen_at = greatest(p.last_seen_at, excluded.last_seen_at)`;
  }

  /** Those who were told to be online, of every tenant, after the one in `scope`, in key order. */
  async whoWasOnline(scope: Person | null, limit: number): Promise<readonly Person[]> {
    const { tenantId = '', userId = '' } = scope ?? {};
    const rows = await this.persistence.prisma.$queryRaw`
      select tenant_id as "tenantId", user_id as "userId" from presence.user_presence
       where online and (tenant_id, user_id) > (${tenantId}, ${userId}) order by tenant_id, user_id limit ${limit}`;
    return personRows.parse(rows);
  }
}
