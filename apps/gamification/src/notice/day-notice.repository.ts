import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Database, rowsOf } from '@parlance/persistence';
import { dayRow } from '../score/score.repository.js';

const isWaitingRow = z.object({ waiting: z.literal(1) });

const noticeRow = dayRow.extend({ tenantId: z.string(), userId: z.string(), version: z.int() });
export type DayNotice = z.output<typeof noticeRow>;

/** The documents of the whole installation that changed since their users were told of them; every row names its tenant. */
@Injectable()
export class DayNoticeRepository {
  constructor(@Inject(Database) private readonly database: Database) {}

  /**
   * Takes changed documents nobody was told of for `gapMs`, the longest waiting first. They stay marked as changed until
   * `told`: if whoever took them dies, another replica takes them when the gap is over.
   */
  async take(gapMs: number, limit: number): Promise<readonly DayNotice[]> {
    return rowsOf(
      noticeRow,
      this.database.sql.$queryRaw`
        with due as materialized (
          select tenant_id, user_id, day from gamification.score_day
           where told_version < version and told_at <= clock_timestamp() - ${gapMs}::double precision * interval '1 millisecond'
           order by told_at limit ${limit}::integer for no key update skip locked
        )
        update gamification.score_day d set told_at = clock_timestamp()
          from due where d.tenant_id = due.tenant_id and d.user_id = due.user_id and d.day = due.day
        returning d.tenant_id as "tenantId", d.user_id as "userId", d.version, d.day::text as day,
                  extract(epoch from d.starts_at)::double precision * 1000 as "startsAt", d.rules_version as "rulesVersion",
                  d.reels_seen as "reelsSeen", d.counts, d.total::double precision as total`,
    );
  }

  async told(batch: readonly DayNotice[]): Promise<void> {
    await this.database.sql.$executeRaw`
      update gamification.score_day d set told_version = greatest(d.told_version, t.version)
        from unnest(${batch.map(({ tenantId }) => tenantId)}::text[], ${batch.map(({ userId }) => userId)}::text[],
                    ${batch.map(({ day }) => day)}::text[]::date[], ${batch.map(({ version }) => version)}::integer[])
          as t(tenant_id, user_id, day, version)
       where d.tenant_id = t.tenant_id and d.user_id = t.user_id and d.day = t.day`;
  }

  /** Is anything left to tell, now or in a moment? */
  async isWaiting(): Promise<boolean> {
    const rows = await rowsOf(
      isWaitingRow,
      this.database.sql.$queryRaw`
        select 1 as waiting from gamification.score_day where told_version < version order by told_at limit 1`,
    );
    return rows.length > 0;
  }
}
