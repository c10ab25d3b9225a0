import { Inject, Injectable } from '@nestjs/common';
import { rewardSchema } from '@parlance/domain';
import { z } from 'zod';
import { Database, rowOf, rowsOf } from '@parlance/persistence';

const rewardRow = rewardSchema.omit({ audience: true }).extend({ roomId: z.string().nullable() });
export type RewardRow = z.output<typeof rewardRow>;

export interface NewReward {
  readonly id: string;
  readonly stock: number;
  readonly startsAt: string;
  readonly expiresAt: string;
  readonly minScore: number | null;
  readonly roomId: string | null;
}

export interface Taking {
  readonly tenantId: string;
  readonly rewardId: string;
  readonly userId: string;
  readonly key: string;
  /** of the grant, if it becomes one */
  readonly grantId: string;
}

const takenRow = z.object({
  outcome: z.enum(['consumed', 'already_consumed', 'exhausted', 'expired', 'not_eligible', 'not-found']),
  remaining: z.int(),
  grant_id: z.string().nullable(),
  is_expired: z.boolean(),
});
export type Taken = z.output<typeof takenRow>;

@Injectable()
export class RewardRepository {
  constructor(@Inject(Database) private readonly database: Database) {}

  async find(tenantId: string, rewardId: string): Promise<RewardRow | null> {
    return rowOf(
      rewardRow,
      this.database.sql.$queryRaw`
        select id, stock, consumed, stock - consumed as remaining, gamification.iso(starts_at) as "startsAt",
               gamification.iso(expires_at) as "expiresAt", min_score::double precision as "minScore", room_id as "roomId",
               consumed = stock or expires_at <= clock_timestamp() as "isExpired"
          from gamification.reward where tenant_id = ${tenantId} and id = ${rewardId}`,
    );
  }

  /** False: the id is taken. */
  async insert(tenantId: string, { id, stock, startsAt, expiresAt, minScore, roomId }: NewReward): Promise<boolean> {
    const inserted = await this.database.sql.$executeRaw`
      insert into gamification.reward (tenant_id, id, stock, starts_at, expires_at, min_score, room_id)
      values (${tenantId}, ${id}, ${stock}::integer, ${startsAt}::timestamptz, ${expiresAt}::timestamptz, ${minScore}::bigint, ${roomId})
      on conflict do nothing`;
    return inserted > 0;
  }

  /** Commits the batch; one outcome per item, in order. */
  async take(batch: readonly Taking[]): Promise<readonly Taken[]> {
    const outcomes = await rowsOf(
      takenRow,
      this.database.sql.$queryRaw`
        select outcome, remaining, grant_id, is_expired from gamification.consume_batch(
          ${batch.map(({ tenantId }) => tenantId)}::text[], ${batch.map(({ rewardId }) => rewardId)}::text[],
          ${batch.map(({ userId }) => userId)}::text[], ${batch.map(({ key }) => key)}::text[],
          ${batch.map(({ grantId }) => grantId)}::text[]) order by ord`,
    );
    if (outcomes.length !== batch.length) throw new RangeError('The batch function left an item out.');
    return outcomes;
  }
}
