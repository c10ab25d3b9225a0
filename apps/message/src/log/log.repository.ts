import { Inject, Injectable } from '@nestjs/common';
import { headSchema, instantSchema, type Head } from '@parlance/domain';
import { z } from 'zod';
import { Database, rowOf, rowsOf } from '../database/database.js';

const posRow = z.object({ pos: z.int() });
const factsRow = z.object({ fact: z.looseObject({ pos: z.int() }) });
const stableNowRow = z.object({ now: instantSchema });

const headRow = z.object({ head: headSchema });

/** Reads the room log. Facts come as their readers get them, unparsed: an older reader skips a type it does not know. */
@Injectable()
export class LogRepository {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** The newest position of a room, also of a deleted one; null: unknown. */
  async head(tenantId: string, roomId: string): Promise<number | null> {
    const row = await rowOf(
      posRow,
      this.database.sql.$queryRaw`
        select pos::double precision as pos from message.room_head where tenant_id = ${tenantId} and room_id = ${roomId}`,
    );
    return row?.pos ?? null;
  }

  /** The newest position at or before a time; 0: the log knows none. */
  async posAt(tenantId: string, roomId: string, time: string): Promise<number> {
    const row = await rowOf(
      posRow,
      this.database.sql.$queryRaw`
        select message.pos_at(${tenantId}, ${roomId}, ${time}::timestamptz)::double precision as pos`,
    );
    return row?.pos ?? 0;
  }

  async facts(tenantId: string, roomId: string, afterPos: number, limit: number): Promise<PulledFact[]> {
    const rows = await rowsOf(
      factsRow,
      this.database.sql.$queryRaw`
        select message.as_fact(e, r, m) as fact
          from message.room_event e
          join message.room r on r.tenant_id = e.tenant_id and r.id = e.room_id
          left join message.message m on m.tenant_id = e.tenant_id and m.room_id = e.room_id and m.seq = e.seq
         where e.tenant_id = ${tenantId} and e.room_id = ${roomId} and e.pos > ${afterPos}::bigint
         order by e.pos limit ${limit}::integer`,
    );
    return rows.map((row) => row.fact);
  }

  async heads(tenantId: string, roomIds: readonly string[]): Promise<HeadsAsOf> {
    const asOf = await this.#stableNow();
    const rows = await rowsOf(
      headRow,
      this.database.sql.$queryRaw`
        select jsonb_build_object('roomId', h.room_id, 'pos', h.pos, 'at', message.iso(h.last_at)) as head
          from message.room_head h where h.tenant_id = ${tenantId} and h.room_id = any(${[...roomIds]}::text[])`,
    );
    return { asOf, heads: rows.map((row) => row.head) };
  }

  /** Heads of rooms that one of the users is a member of, or left meanwhile, and that were written after a time; the newest first. */
  async changed(tenantId: string, userIds: readonly string[], since: string, limit: number): Promise<HeadsAsOf> {
    const asOf = await this.#stableNow();
    const rows = await rowsOf(
      headRow,
      this.database.sql.$queryRaw`
        select jsonb_build_object('roomId', h.room_id, 'pos', h.pos, 'at', message.iso(h.last_at)) as head
          from message.room_head h
         where h.tenant_id = ${tenantId} and h.last_at > ${since}::timestamptz and h.room_id in (
                 select m.room_id from message.member m
                  where m.tenant_id = ${tenantId} and m.user_id = any(${[...userIds]}::text[]) and m.left_at > ${since}::timestamptz)
         order by h.last_at desc, h.room_id limit ${limit}::integer`,
    );
    return { asOf, heads: rows.map((row) => row.head) };
  }

  /** A query of its own: the one after it sees everything up to this time. See message.stable_now in the migration. */
  async #stableNow(): Promise<string> {
    const row = await rowOf(stableNowRow, this.database.sql.$queryRaw`select message.iso(message.stable_now()) as now`);
    if (row === null) throw new RangeError('The database gave no time.');
    return row.now;
  }
}

/** Heads, and the time up to which nothing is missing in them. */
export interface HeadsAsOf {
  readonly asOf: string;
  readonly heads: readonly Head[];
}

export interface PulledFact {
  readonly pos: number;
  readonly [field: string]: unknown;
}
