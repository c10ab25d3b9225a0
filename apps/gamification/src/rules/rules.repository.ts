import { Inject, Injectable } from '@nestjs/common';
import {
  scoreRulesSchema,
  versionedRulesSchema,
  weekdaySchema,
  type ScoreRules,
  type VersionedRules,
} from '@parlance/domain';
import { Database, rowOf, rowsOf, type Sql, uniqueViolation } from '@parlance/persistence';
import { z } from 'zod';
import { actionsOf } from '../engine/score-document.js';

const versionRow = z.object({ rules: scoreRulesSchema });

@Injectable()
export class RulesRepository {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** The newest version; null: the tenant has none yet. */
  async newest(tenantId: string): Promise<VersionedRules | null> {
    return rowOf(
      versionedRulesSchema,
      this.database.sql.$queryRaw`
        select version, gamification.iso(created_at) as "createdAt", rules from gamification.score_rules
         where tenant_id = ${tenantId} order by version desc limit 1`,
    );
  }

  async version(tenantId: string, version: number): Promise<ScoreRules | null> {
    const row = await rowOf(
      versionRow,
      this.database.sql.$queryRaw`
        select rules from gamification.score_rules where tenant_id = ${tenantId} and version = ${version}::integer`,
    );
    return row?.rules ?? null;
  }

  /** False: another replica has made that version meanwhile. */
  async insert(tenantId: string, version: number, rules: ScoreRules): Promise<boolean> {
    try {
      await this.database.transaction(async (sql) => insertVersion(sql, tenantId, version, rules));
      return true;
    } catch (error) {
      if (uniqueViolation(error) === undefined) throw error;
      return false;
    }
  }
}

async function insertVersion(sql: Sql, tenantId: string, version: number, rules: ScoreRules): Promise<void> {
  const actions = weekdaySchema.options.flatMap((weekday, index) =>
    actionsOf(rules, weekday).map((action) => ({ weekday: index, ...action })),
  );
  await rowsOf(
    z.unknown(),
    sql.$queryRaw`
      insert into gamification.score_rules (tenant_id, version, rules)
      values (${tenantId}, ${version}::integer, ${JSON.stringify(rules)}::jsonb)`,
  );
  await sql.$executeRaw`
    insert into gamification.score_action (tenant_id, version, weekday, type, points, max_per_day, start_at)
    select ${tenantId}, ${version}::integer, a.*
      from unnest(${actions.map(({ weekday }) => weekday)}::smallint[], ${actions.map(({ type }) => type)}::text[],
                  ${actions.map(({ points }) => points)}::integer[], ${actions.map(({ maxPerDay }) => maxPerDay)}::integer[],
                  ${actions.map(({ startAt }) => startAt ?? 0)}::integer[]) as a`;
}
