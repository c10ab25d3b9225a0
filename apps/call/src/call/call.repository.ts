import { Inject, Injectable } from '@nestjs/common';
import type { CallProgress, JsonValue, UserSnapshot } from '@parlance/domain';
import { Database, Prisma, rowsOf, type Sql } from '@parlance/persistence';
import { z } from 'zod';
import { callRow, isoOf, type CallRecord } from './call.record.js';

const idRow = z.object({ id: z.string() });
const countRow = z.object({ n: z.int() });
const pageRow = z.object({ count: z.int(), now: z.number() });

const MS = Prisma.sql`1000`;

/** One call inside one statement or transaction. */
export interface CallScope {
  readonly sql: Sql;
  readonly tenantId: string;
}

/** A call that is to be stored. */
export type NewCall = Omit<CallRecord, 'uuid' | 'version' | 'now' | 'glare' | 'answer'> & {
  readonly requestId: string;
};

/** What comes with a change beside its progress. */
export interface CallChange {
  readonly progress: CallProgress;
  /** the answering side's payload; absent: as it is */
  readonly answer?: JsonValue | undefined;
  readonly glare?: boolean | undefined;
  /** whose doing it is: that one knows by the answer */
  readonly actorId?: string | undefined;
  /** who is new in it */
  readonly people?: ReadonlyMap<string, UserSnapshot> | undefined;
}

@Injectable()
export class CallRepository {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** By id or uuid. */
  async find(tenantId: string, key: string): Promise<CallRecord | null> {
    return this.#one(tenantId, Prisma.sql`(c.id = ${key} or c.uuid::text = ${key.toLowerCase()})`);
  }

  async findRequest(tenantId: string, callerId: string, requestId: string): Promise<CallRecord | null> {
    return this.#one(tenantId, Prisma.sql`c.caller_id = ${callerId} and c.request_id = ${requestId}`);
  }

  async findLiveOfRoom(tenantId: string, roomId: string): Promise<CallRecord | null> {
    return this.#one(tenantId, Prisma.sql`c.room_id = ${roomId} and c.state <> 'ended'`);
  }

  /** Of the user's live calls the one it takes part in, else the newest that rings for it. */
  async findActive(tenantId: string, userId: string): Promise<CallRecord | null> {
    const ids = await rowsOf(
      idRow,
      this.database.sql.$queryRaw`
        select p.call_id as id from call.participant p
         where p.tenant_id = ${tenantId} and p.user_id = ${userId} and p.live and p.state <> 'left'
         order by p.engaged desc, p.started_at desc limit 1`,
    );
    const id = ids[0]?.id;
    return id === undefined ? null : this.find(tenantId, id);
  }

  async list(tenantId: string, userId: string, { offset, limit }: { readonly offset: number; readonly limit: number }) {
    const mine = Prisma.sql`p.tenant_id = ${tenantId} and p.user_id = ${userId} and not p.forgotten`;
    const calls = await this.#read(
      this.database.sql,
      tenantId,
      Prisma.sql`c.id in (select p.call_id from call.participant p where ${mine}
                  order by p.started_at desc, p.call_id desc offset ${offset}::integer limit ${limit}::integer)
                 order by c.started_at desc, c.id desc`,
    );
    const counted = await rowsOf(
      countRow,
      this.database.sql.$queryRaw`select count(*)::integer as n from call.participant p where ${mine}`,
    );
    return { calls, total: counted[0]?.n ?? 0 };
  }

  /** Calls this user began within the last minute, up to `most`; with the database's time. */
  async countRecent(tenantId: string, callerId: string, most: number): Promise<{ count: number; now: number }> {
    const rows = await rowsOf(
      pageRow,
      this.database.sql.$queryRaw`
        select (extract(epoch from clock_timestamp()::timestamptz(3)) * 1000)::float8 as now,
               (select count(*)::integer from (
                  select 1 from call.call c
                   where c.tenant_id = ${tenantId} and c.caller_id = ${callerId}
                     and c.started_at > clock_timestamp() - interval '1 minute' limit ${most}::integer) r) as count`,
    );
    const [row] = rows;
    if (row === undefined) throw new RangeError('The database gave no time.');
    return row;
  }

  /**
   * Stores a call with its participants, or nothing of it. @throws what the database says of a room that has a live call
   * (`call_live_room`), of a user who is in another one (`participant_engaged`) and of a repeated request (`call_request`)
   */
  async insert(tenantId: string, call: NewCall): Promise<void> {
    const { id, room, progress, requestId, withVideo, payload } = call;
    const at = isoOf(call.startedAt);
    await this.database.sql.$executeRaw`
      with made as (
        insert into call.call (tenant_id, id, room, room_id, caller_id, callee_id, request_id, with_video, payload, state, reason,
                               started_at, ended_at, deadline_at, changed_at, checked_at)
        values (${tenantId}, ${id}, ${JSON.stringify(room)}::jsonb, ${room.id}, ${progress.callerId}, ${progress.calleeId}, ${requestId},
                ${withVideo}, ${JSON.stringify(payload)}, ${progress.state}, ${progress.reason}, ${at}::timestamptz,
                ${timeOf(progress.endedAt)}::timestamptz, ${timeOf(progress.deadlineAt)}::timestamptz, ${at}::timestamptz, ${at}::timestamptz)
        returning tenant_id, id, started_at)
      insert into call.participant (tenant_id, call_id, user_id, snapshot, state, device, settled, described, live, engaged, started_at)
      select made.tenant_id, made.id, x."userId", x.snapshot, x.state, x.device, x.settled, x.described, x.live, x.engaged, made.started_at
        from made, jsonb_to_recordset(${peopleText(progress, call.people)}::jsonb)
          as x("userId" text, snapshot jsonb, state text, device text, settled boolean, described boolean, live boolean, engaged boolean)
       order by x."userId" collate "C"`;
  }

  /**
   * Stores a change of the call as it was read; false: it has changed since, nothing was stored. What was buffered for an ended call goes.
   * @throws what the database says of a user who is in another call (`participant_engaged`)
   */
  async save(scope: CallScope, before: CallRecord, change: CallChange): Promise<boolean> {
    const { progress, answer, glare } = change;
    const people = new Map([...before.people, ...(change.people ?? [])]);
    const ended = progress.state === 'ended';
    const rows = await rowsOf(
      countRow,
      scope.sql.$queryRaw`
        with saved as (
          update call.call c
             set state = ${progress.state}, reason = ${progress.reason}, accepted_at = ${timeOf(progress.acceptedAt)}::timestamptz,
                 ended_at = ${timeOf(progress.endedAt)}::timestamptz, deadline_at = ${timeOf(progress.deadlineAt)}::timestamptz,
                 answer = case when ${ended} then 'null' else coalesce(${answer === undefined ? null : JSON.stringify(answer)}::text, c.answer) end,
                 payload = case when ${ended} then 'null' else c.payload end,
                 glare = coalesce(${glare ?? null}::boolean, c.glare),
                 version = c.version + 1, changed_at = clock_timestamp()
           where c.tenant_id = ${scope.tenantId} and c.id = ${before.id} and c.version = ${before.version}
          returning c.tenant_id, c.id, c.started_at),
        people as (
          insert into call.participant as p (tenant_id, call_id, user_id, snapshot, state, device, settled, signaled_from, described,
                                             gone_at, live, engaged, untold, started_at)
          select s.tenant_id, s.id, x."userId", x.snapshot, x.state, x.device, x.settled, x."signaledFrom", x.described, x."goneAt",
                 x.live, x.engaged, x.untold, s.started_at
            from saved s, jsonb_to_recordset(${peopleText(progress, people, change.actorId)}::jsonb)
              as x("userId" text, snapshot jsonb, state text, device text, settled boolean, "signaledFrom" text, described boolean,
                   "goneAt" timestamptz, live boolean, engaged boolean, untold boolean)
           order by x."userId" collate "C"
          on conflict (tenant_id, call_id, user_id) do update
             set state = excluded.state, device = excluded.device, settled = excluded.settled, signaled_from = excluded.signaled_from,
                 described = excluded.described, gone_at = excluded.gone_at, live = excluded.live, engaged = excluded.engaged,
                 untold = excluded.untold
          returning 1),
        emptied as (
          delete from call.signal g using saved s where ${ended} and g.tenant_id = s.tenant_id and g.call_id = s.id)
        select count(*)::integer as n from saved`,
    );
    return rows[0]?.n === 1;
  }

  /** Its people were told of it as it is in this version. */
  async markTold(tenantId: string, id: string, version: number): Promise<void> {
    await this.database.sql.$executeRaw`
      update call.call c set told_version = greatest(c.told_version, ${version}::integer)
       where c.tenant_id = ${tenantId} and c.id = ${id} and c.told_version < ${version}::integer`;
  }

  async markRecorded(tenantId: string, id: string): Promise<void> {
    await this.database.sql.$executeRaw`
      update call.call c set recorded_at = clock_timestamp()
       where c.tenant_id = ${tenantId} and c.id = ${id} and c.recorded_at is null`;
  }

  /** Takes ended calls out of a user's history; how many. */
  async forget(tenantId: string, userId: string, callId: string | null): Promise<number> {
    return this.database.sql.$executeRaw`
      update call.participant p set forgotten = true
       where p.tenant_id = ${tenantId} and p.user_id = ${userId} and not p.live and not p.forgotten
         and (${callId}::text is null or p.call_id = ${callId})`;
  }

  /** A call for a change under its row's lock; null when another replica has it, or it is gone. */
  async lock(scope: CallScope, id: string): Promise<CallRecord | null> {
    const held = await rowsOf(
      idRow,
      scope.sql.$queryRaw`
        select c.id from call.call c where c.tenant_id = ${scope.tenantId} and c.id = ${id} for no key update skip locked`,
    );
    if (held.length === 0) return null;
    const [record] = await this.#read(scope.sql, scope.tenantId, Prisma.sql`c.id = ${id}`);
    return record ?? null;
  }

  async #one(tenantId: string, condition: Prisma.Sql): Promise<CallRecord | null> {
    const [record] = await this.#read(this.database.sql, tenantId, condition);
    return record ?? null;
  }

  async #read(sql: Sql, tenantId: string, condition: Prisma.Sql): Promise<CallRecord[]> {
    return rowsOf(
      callRow,
      sql.$queryRaw`
        select c.tenant_id as "tenantId", c.id, c.uuid::text as uuid, c.room, c.caller_id as "callerId", c.callee_id as "calleeId",
               c.with_video as "withVideo", c.payload, c.answer, c.glare, c.state, c.reason, c.version,
               (extract(epoch from c.started_at) * ${MS})::float8 as "startedAt",
               (extract(epoch from c.accepted_at) * ${MS})::float8 as "acceptedAt",
               (extract(epoch from c.ended_at) * ${MS})::float8 as "endedAt",
               (extract(epoch from c.deadline_at) * ${MS})::float8 as "deadlineAt",
               (extract(epoch from clock_timestamp()::timestamptz(3)) * ${MS})::float8 as now,
               (select jsonb_agg(jsonb_build_object('userId', p.user_id, 'snapshot', p.snapshot, 'state', p.state, 'device', p.device,
                         'settled', p.settled, 'signaledFrom', p.signaled_from, 'described', p.described,
                         'goneAt', (extract(epoch from p.gone_at) * ${MS})::float8)
                         order by p.user_id <> c.caller_id, p.user_id)
                  from call.participant p where p.tenant_id = c.tenant_id and p.call_id = c.id) as participants
          from call.call c
         where c.tenant_id = ${tenantId} and ${condition}`,
    );
  }
}

function timeOf(ms: number | null): string | null {
  return ms === null ? null : isoOf(ms);
}

/** Rows of the participants. In a call of two both are engaged from the first ring, in a group's whoever has joined. */
function peopleText(progress: CallProgress, people: ReadonlyMap<string, UserSnapshot>, actorId?: string): string {
  const live = progress.state !== 'ended';
  return JSON.stringify(
    progress.participants.map(({ goneAt, ...one }) => ({
      ...one,
      snapshot: people.get(one.userId),
      goneAt: timeOf(goneAt),
      live,
      engaged: live && one.state !== 'left' && (progress.calleeId !== null || one.state === 'joined'),
      untold: !live && one.state !== 'left' && one.userId !== actorId,
    })),
  );
}
