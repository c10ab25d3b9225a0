import { Inject, Injectable } from '@nestjs/common';
import type { JsonValue } from '@parlance/domain';
import { z } from 'zod';
import { Database, rowsOf } from '@parlance/persistence';

const addRow = z.object({ state: z.string() });

/** Of each side of a call so many are kept: refused beyond before the answer, the newest ones after it. */
export const KEPT_SIGNALS = 64;

export interface StoredSignal {
  readonly callId: string;
  readonly userId: string;
  readonly device: string;
}

const storedData = z.object({
  data: z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(z.json()),
});

/** What is said in calls that last; nothing of it stays after the end. */
@Injectable()
export class SignalRepository {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** False: the call is over, or it rings and there are as many already. */
  async add(tenantId: string, { callId, userId, device }: StoredSignal, data: JsonValue): Promise<boolean> {
    const added = await rowsOf(
      addRow,
      this.database.sql.$queryRaw`
        with live as (
          select c.tenant_id, c.id, c.state from call.call c
           where c.tenant_id = ${tenantId} and c.id = ${callId} and c.state <> 'ended' for share),
        added as (
          insert into call.signal (tenant_id, call_id, user_id, device, data)
          select l.tenant_id, l.id, ${userId}, ${device}, ${JSON.stringify(data)} from live l
           where l.state <> 'ringing' or ${KEPT_SIGNALS}::integer > (
             select count(*) from call.signal s where s.tenant_id = l.tenant_id and s.call_id = l.id and s.user_id = ${userId})
          returning call_id)
        select l.state from added join live l on l.id = added.call_id`,
    );
    const state = added[0]?.state;
    if (state !== undefined && state !== 'ringing') await this.#trim(tenantId, callId, userId);
    return state !== undefined;
  }

  /** What a device said, in order. */
  async of(tenantId: string, { callId, userId, device }: StoredSignal): Promise<readonly JsonValue[]> {
    const rows = await rowsOf(
      storedData,
      this.database.sql.$queryRaw`
        select s.data from call.signal s
         where s.tenant_id = ${tenantId} and s.call_id = ${callId} and s.user_id = ${userId} and s.device = ${device}
         order by s.n limit ${2 * KEPT_SIGNALS}::integer`,
    );
    return rows.map(({ data }) => data);
  }

  async #trim(tenantId: string, callId: string, userId: string): Promise<void> {
    await this.database.sql.$executeRaw`
      delete from call.signal s
       where s.tenant_id = ${tenantId} and s.call_id = ${callId} and s.user_id = ${userId}
         and s.n <= (select o.n from call.signal o
                      where o.tenant_id = ${tenantId} and o.call_id = ${callId} and o.user_id = ${userId}
                      order by o.n desc offset ${KEPT_SIGNALS}::integer limit 1)`;
  }
}
