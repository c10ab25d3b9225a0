import { Inject, Injectable } from '@nestjs/common';
import { ledgerEntrySchema } from '@parlance/domain';
import { z } from 'zod';
import { Database, rowOf, rowsOf, type Sql } from '@parlance/persistence';
import type { DayFact, DayTally } from '../engine/day-tally.js';
import { MAX_FACTS_PER_DAY, tallySchema, type Tally } from '../fact/fact.repository.js';

const talliesRow = z.object({ tally: tallySchema });
const factsRow = z.object({ factId: z.string(), type: z.string(), ref: z.string().nullable(), at: z.number() });

export const dayRow = z.object({
  day: z.string(),
  startsAt: z.number(),
  rulesVersion: z.int(),
  reelsSeen: z.int(),
  counts: z.record(z.string(), z.int()),
  total: z.int(),
});
export type DayRow = z.output<typeof dayRow>;

/** One user's day inside one transaction. */
export interface DayScope {
  readonly sql: Sql;
  readonly tenantId: string;
  readonly userId: string;
  readonly day: string;
}

const entryRow = ledgerEntrySchema
  .omit({ verdict: true, points: true })
  .extend({ micros: z.number(), isFirst: z.boolean() });
export type EntryRow = z.output<typeof entryRow>;

export interface EntryPlace {
  readonly at: number;
  readonly factId: string;
}

@Injectable()
export class ScoreRepository {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** Null: a day without facts. */
  async day(tenantId: string, userId: string, day: string): Promise<DayRow | null> {
    return readDay({ sql: this.database.sql, tenantId, userId, day });
  }

  /** A page of a day's ledger in the order of time, after a place. */
  async entries(
    tenantId: string,
    userId: string,
    day: string,
    after: EntryPlace | undefined,
    limit: number,
  ): Promise<readonly EntryRow[]> {
    return rowsOf(
      entryRow,
      this.database.sql.$queryRaw`
        select f.fact_id as "factId", f.type, f.ref, gamification.iso(f.at) as at, gamification.micros(f.at)::double precision as micros,
               gamification.iso(f.received_at) as "receivedAt", f.source, coalesce(r.first_fact = f.fact_id, false) as "isFirst"
          from gamification.fact f
          left join gamification.score_reel r
            on r.tenant_id = f.tenant_id and r.user_id = f.user_id and r.day = f.day and r.ref = f.ref and f.type = 'reel-seen'
         where f.tenant_id = ${tenantId} and f.user_id = ${userId} and f.day = ${day}::text::date
           and (${after?.at ?? null}::bigint is null
                or (f.at, f.fact_id) > (gamification.at_micros(${after?.at ?? null}::bigint), ${after?.factId ?? null}::text collate "C"))
         order by f.at, f.fact_id limit ${limit}::integer`,
    );
  }

  /** The edges of all actions of a day. */
  async tallies(tenantId: string, userId: string, day: string, rulesVersion: number): Promise<readonly Tally[]> {
    const rows = await rowsOf(
      talliesRow,
      this.database.sql.$queryRaw`
        select gamification.as_tally(t) as tally
          from gamification.tallies(${tenantId}, ${userId}, ${day}::text::date, ${rulesVersion}::integer, null, true) t`,
    );
    return rows.map(({ tally }) => tally);
  }

  /** Keeps every writer of this user's facts out until the transaction ends; null: a day without facts. */
  async lock(scope: DayScope): Promise<DayRow | null> {
    await scope.sql.$queryRaw`
      select 1 as locked from gamification.score_user
       where tenant_id = ${scope.tenantId} and user_id = ${scope.userId} for no key update`;
    return readDay(scope);
  }

  /** All facts of a day. */
  async facts(scope: DayScope): Promise<readonly DayFact[]> {
    return rowsOf(
      factsRow,
      scope.sql.$queryRaw`
        select fact_id as "factId", type, ref, gamification.micros(at)::double precision as at from gamification.fact
         where tenant_id = ${scope.tenantId} and user_id = ${scope.userId} and day = ${scope.day}::text::date
         limit ${2 * MAX_FACTS_PER_DAY}::integer`,
    );
  }

  /** Writes a day anew, with everything that is derived from it. `gain`: by how much its total changes. */
  async rewrite(scope: DayScope, { reelsSeen, counts, total }: DayTally, gain: number): Promise<void> {
    const { sql, tenantId, userId, day } = scope;
    await sql.$executeRaw`
      delete from gamification.score_reel
       where tenant_id = ${tenantId} and user_id = ${userId} and day = ${day}::text::date`;
    await sql.$executeRaw`
      insert into gamification.score_reel (tenant_id, user_id, day, ref, first_at, first_fact)
      select distinct on (ref) tenant_id, user_id, day, ref, at, fact_id from gamification.fact
       where tenant_id = ${tenantId} and user_id = ${userId} and day = ${day}::text::date and type = 'reel-seen'
       order by ref, at, fact_id`;
    await sql.$executeRaw`
      update gamification.score_day
         set reels_seen = ${reelsSeen}::integer, counts = ${JSON.stringify(counts)}::jsonb, total = ${total}::bigint, version = version + 1
       where tenant_id = ${tenantId} and user_id = ${userId} and day = ${day}::text::date`;
    await sql.$executeRaw`
      insert into gamification.score_standing as s (tenant_id, period, starts_on, user_id, total)
      select ${tenantId}, p.period, p.starts_on, ${userId}, ${gain}::bigint
        from (values ('all', date '0001-01-01'), ('day', ${day}::text::date),
                     ('week', date_trunc('week', ${day}::text::timestamp)::date)) as p(period, starts_on)
       where ${gain}::bigint <> 0
          on conflict (tenant_id, period, starts_on, user_id) do update set total = s.total + excluded.total`;
  }
}

async function readDay({ sql, tenantId, userId, day }: DayScope): Promise<DayRow | null> {
  return rowOf(
    dayRow,
    sql.$queryRaw`
      select day::text as day, extract(epoch from starts_at)::double precision * 1000 as "startsAt", rules_version as "rulesVersion",
             reels_seen as "reelsSeen", counts, total::double precision as total
        from gamification.score_day
       where tenant_id = ${tenantId} and user_id = ${userId} and day = ${day}::text::date`,
  );
}
