import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Database, rowsOf } from '@parlance/persistence';

const isWaitingRow = z.object({ waiting: z.literal(1) });
const takersRow = z.object({ id: z.string() });

const noticeRow = z.object({
  tenantId: z.string(),
  rewardId: z.string(),
  roomId: z.string().nullable(),
  remaining: z.int(),
  isExpired: z.boolean(),
  version: z.int(),
});
export type RewardNotice = z.output<typeof noticeRow>;

const ENDED_AT_ONCE = 100;

/** The rewards of the whole installation that changed since they were told of; every row names its tenant. */
@Injectable()
export class RewardNoticeRepository {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** Notes which rewards' time is over, so that it is told. By the database's clock. */
  async end(): Promise<number> {
    return this.database.sql.$executeRaw`
      update gamification.reward r set ended = true, version = r.version + 1
        from (select tenant_id, id from gamification.reward
               where not ended and expires_at <= clock_timestamp()
               order by expires_at limit ${ENDED_AT_ONCE}::integer for no key update skip locked) o
       where r.tenant_id = o.tenant_id and r.id = o.id`;
  }

  /** As for documents: taken at most every `gapMs`, and taken again unless it is `told`. */
  async take(gapMs: number, limit: number): Promise<readonly RewardNotice[]> {
    return rowsOf(
      noticeRow,
      this.database.sql.$queryRaw`
        with due as materialized (
          select tenant_id, id from gamification.reward
           where told_version < version and told_at <= clock_timestamp() - ${gapMs}::double precision * interval '1 millisecond'
           order by told_at limit ${limit}::integer for no key update skip locked
        )
        update gamification.reward r set told_at = clock_timestamp()
          from due where r.tenant_id = due.tenant_id and r.id = due.id
        returning r.tenant_id as "tenantId", r.id as "rewardId", r.room_id as "roomId", r.stock - r.consumed as remaining,
                  r.consumed = r.stock or r.expires_at <= clock_timestamp() as "isExpired", r.version`,
    );
  }

  async told(batch: readonly RewardNotice[]): Promise<void> {
    await this.database.sql.$executeRaw`
      update gamification.reward r set told_version = greatest(r.told_version, t.version)
        from unnest(${batch.map(({ tenantId }) => tenantId)}::text[], ${batch.map(({ rewardId }) => rewardId)}::text[],
                    ${batch.map(({ version }) => version)}::integer[]) as t(tenant_id, id, version)
       where r.tenant_id = t.tenant_id and r.id = t.id`;
  }

  async isWaiting(): Promise<boolean> {
    const rows = await rowsOf(
      isWaitingRow,
      this.database.sql.$queryRaw`
        select 1 as waiting from gamification.reward where told_version < version order by told_at limit 1`,
    );
    return rows.length > 0;
  }

  /** Which of these users have a grant of the reward. */
  async takers(tenantId: string, rewardId: string, userIds: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await rowsOf(
      takersRow,
      this.database.sql.$queryRaw`
        select user_id as id from gamification.reward_grant
         where tenant_id = ${tenantId} and reward_id = ${rewardId} and user_id = any(${[...userIds]}::text[])`,
    );
    return new Set(rows.map(({ id }) => id));
  }
}
