import { Inject, Injectable } from '@nestjs/common';
import { instantSchema, jsonValueSchema, type JsonValue } from '@parlance/domain';
import { z } from 'zod';
import { Database, rowOf, type Sql } from '../database/database.js';

const allRow = z.object({ all: z.record(z.string(), jsonValueSchema) });
const countOthersRow = z.object({ n: z.int() });

/** The own preferences of one user, inside one transaction. */
export interface UserScope {
  readonly sql: Sql;
  readonly tenantId: string;
  readonly userId: string;
}

const atRow = z.object({ at: instantSchema });

@Injectable()
export class PreferenceRepository {
  constructor(@Inject(Database) private readonly database: Database) {}

  async all(tenantId: string, userId: string): Promise<Record<string, JsonValue>> {
    const row = await rowOf(
      allRow,
      this.database.sql.$queryRaw`
        select coalesce(jsonb_object_agg(p.key, p.value), '{}') as all
          from message.preference p where p.tenant_id = ${tenantId} and p.user_id = ${userId}`,
    );
    return row?.all ?? {};
  }

  /** One writer of a user's preferences at a time, so that the bound on their number holds. */
  async takeTurn(scope: UserScope): Promise<void> {
    await scope.sql.$queryRaw`
      select message.take_turn(${scope.tenantId}, ${scope.userId}, 'preferences')::text as turn`;
  }

  /** How many keys there are beside this one. */
  async countOthers(scope: UserScope, key: string): Promise<number> {
    const row = await rowOf(
      countOthersRow,
      scope.sql.$queryRaw`
        select count(*)::integer as n from message.preference p
         where p.tenant_id = ${scope.tenantId} and p.user_id = ${scope.userId} and p.key <> ${key}`,
    );
    return row?.n ?? 0;
  }

  /** Answers when. `value`: as JSON text. */
  async put(scope: UserScope, key: string, value: string): Promise<string> {
    const row = await rowOf(
      atRow,
      scope.sql.$queryRaw`
        insert into message.preference as p (tenant_id, user_id, key, value, updated_at)
        values (${scope.tenantId}, ${scope.userId}, ${key}, ${value}::jsonb, clock_timestamp())
            on conflict (tenant_id, user_id, key) do update
           set value = excluded.value, updated_at = greatest(p.updated_at, excluded.updated_at)
        returning message.iso(p.updated_at) as at`,
    );
    if (row === null) throw new RangeError('A preference was not stored.');
    return row.at;
  }

  /** Answers when; null: there was none. */
  async remove(scope: UserScope, key: string): Promise<string | null> {
    const row = await rowOf(
      atRow,
      scope.sql.$queryRaw`
        delete from message.preference p
         where p.tenant_id = ${scope.tenantId} and p.user_id = ${scope.userId} and p.key = ${key}
        returning message.iso(clock_timestamp()) as at`,
    );
    return row?.at ?? null;
  }
}
