import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Database, rowOf } from '@parlance/persistence';

/** A fact as the ledger takes it. Times in microseconds since the epoch, `startsAt` of the local day in ms. */
export interface LedgerFact {
  readonly tenantId: string;
  readonly userId: string;
  readonly factId: string;
  readonly type: string;
  readonly ref: string | null;
  readonly at: number;
  readonly day: string;
  readonly startsAt: number;
}

/** `request`: facts of one are stored all or none. */
export interface ToldFact extends LedgerFact {
  readonly request: number;
  readonly source: 'server' | 'client';
}

export const tallySchema = z.object({
  tenantId: z.string(),
  userId: z.string(),
  day: z.string(),
  type: z.string(),
  points: z.int(),
  counted: z.int(),
  unlockAt: z.number().nullable(),
  lastAt: z.number().nullable(),
  lastFact: z.string().nullable(),
});
export type Tally = z.output<typeof tallySchema>;

const places = z.array(z.int());
const appliedSchema = z.object({
  fresh: places,
  firstReels: places,
  refused: places,
  full: places,
  tallies: z.array(tallySchema),
});
const applyRow = z.object({ applied: appliedSchema });
const applyPageRow = z.object({ applied: appliedSchema.nullable() });
/** What became of a batch; places are 1-based, see gamification.apply_facts. */
export type Applied = z.output<typeof appliedSchema>;

export interface Cursor {
  readonly xid: string;
  readonly id: number;
}

/** What one user may tell of reels: at least a second each. */
export const REEL_GAP_MS = 1_000;
/** Facts of one user's day; far more than a day has seconds. */
export const MAX_FACTS_PER_DAY = 200_000;

@Injectable()
export class FactRepository {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** Commits the batch. Returns only after COMMIT. */
  async apply(batch: readonly ToldFact[]): Promise<Applied> {
    const row = await rowOf(
      applyRow,
      this.database.sql.$queryRaw`
        select gamification.apply_facts(
          ${batch.map(({ request }) => request)}::integer[], ${batch.map(({ tenantId }) => tenantId)}::text[],
          ${batch.map(({ userId }) => userId)}::text[], ${batch.map(({ factId }) => factId)}::text[],
          ${batch.map(({ type }) => type)}::text[], ${batch.map(({ ref }) => ref)}::text[],
          ${batch.map(({ at }) => at)}::bigint[], ${batch.map(({ day }) => day)}::text[]::date[],
          ${batch.map(({ startsAt }) => startsAt * 1_000)}::bigint[], ${batch.map(({ source }) => source)}::text[],
          ${REEL_GAP_MS}::double precision * interval '1 millisecond', ${MAX_FACTS_PER_DAY}::integer) as applied`,
    );
    if (row === null) throw new RangeError('The batch function gave no answer.');
    return row.applied;
  }

  /** Commits a page of the message log and the cursor behind it. Null: the cursor was moved by another replica; nothing was stored. */
  async applyPage(batch: readonly LedgerFact[], from: Cursor, to: Cursor): Promise<Applied | null> {
    const row = await rowOf(
      applyPageRow,
      this.database.sql.$queryRaw`
        select gamification.take_page(
          ${from.xid}, ${from.id}::bigint, ${to.xid}, ${to.id}::bigint,
          ${batch.map(({ tenantId }) => tenantId)}::text[], ${batch.map(({ userId }) => userId)}::text[],
          ${batch.map(({ factId }) => factId)}::text[], ${batch.map(({ type }) => type)}::text[],
          ${batch.map(({ at }) => at)}::bigint[], ${batch.map(({ day }) => day)}::text[]::date[],
          ${batch.map(({ startsAt }) => startsAt * 1_000)}::bigint[], ${MAX_FACTS_PER_DAY}::integer) as applied`,
    );
    return row?.applied ?? null;
  }
}
