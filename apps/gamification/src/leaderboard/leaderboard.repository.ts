import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Database, rowOf, rowsOf } from '@parlance/persistence';

const totalRow = z.object({ total: z.int() });

export interface Board {
  readonly period: 'day' | 'week' | 'all';
  /** `0001-01-01` of all time */
  readonly startsOn: string;
}

export interface BoardPlace {
  readonly total: number;
  readonly userId: string;
}

const placeRow = z.object({ userId: z.string(), total: z.int() });
const aheadRow = z.object({ above: z.int(), equal: z.int() });
export type Ahead = z.output<typeof aheadRow>;

@Injectable()
export class LeaderboardRepository {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** The next users by falling total, and among equals by id. */
  async page(
    tenantId: string,
    { period, startsOn }: Board,
    after: BoardPlace | undefined,
    limit: number,
  ): Promise<BoardPlace[]> {
    return rowsOf(
      placeRow,
      this.database.sql.$queryRaw`
        select user_id as "userId", total::double precision as total from gamification.score_standing
         where tenant_id = ${tenantId} and period = ${period} and starts_on = ${startsOn}::text::date and total > 0
           and (${after?.total ?? null}::bigint is null or total < ${after?.total ?? null}::bigint
                or (total = ${after?.total ?? null}::bigint and user_id > ${after?.userId ?? null}::text collate "C"))
         order by total desc, user_id limit ${limit}::integer`,
    );
  }

  /** How many have more, and how many have as much and stand before. */
  async ahead(tenantId: string, { period, startsOn }: Board, { total, userId }: BoardPlace): Promise<Ahead> {
    const row = await rowOf(
      aheadRow,
      this.database.sql.$queryRaw`
        select count(*) filter (where total > ${total}::bigint)::double precision as above,
               count(*) filter (where total = ${total}::bigint)::double precision as equal
          from gamification.score_standing
         where tenant_id = ${tenantId} and period = ${period} and starts_on = ${startsOn}::text::date and total >= ${total}::bigint
           and (total > ${total}::bigint or user_id < ${userId}::text collate "C")`,
    );
    return row ?? { above: 0, equal: 0 };
  }

  /** 0 without points. */
  async total(tenantId: string, { period, startsOn }: Board, userId: string): Promise<number> {
    const row = await rowOf(
      totalRow,
      this.database.sql.$queryRaw`
        select total::double precision as total from gamification.score_standing
         where tenant_id = ${tenantId} and period = ${period} and starts_on = ${startsOn}::text::date and user_id = ${userId}`,
    );
    return row?.total ?? 0;
  }
}
