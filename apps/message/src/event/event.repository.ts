import { Inject, Injectable } from '@nestjs/common';
import { eventsAfter, type LogCursor } from '@parlance/contracts';
import type { RoomKind } from '@parlance/domain';
import { z } from 'zod';
import { Database, rowOf, rowsOf } from '../database/database.js';

const connectedRow = z.object({ id: z.string() });

const pageRow = z.object({ page: eventsAfter.output });
export type EventPage = z.output<typeof eventsAfter.output>;

export interface EventFilter {
  readonly types: readonly string[];
  readonly roomKinds: readonly RoomKind[];
  readonly limit: number;
}

/** The log of the whole installation; every row names its tenant. */
@Injectable()
export class EventRepository {
  constructor(@Inject(Database) private readonly database: Database) {}

  async pageBatch(cursorBatch: LogCursor, { types, roomKinds, limit }: EventFilter): Promise<EventPage> {
    const row = await rowOf(
      pageRow,
      this.database.sql.$queryRaw`
        select message.events_after(${cursorBatch.xid}, ${cursorBatch.id}::bigint, ${limit}::integer,
                                    ${[...types]}::text[], ${[...roomKinds]}::text[]) as page`,
    );
    if (row === null) throw new RangeError('The log gave no answer.');
    return row.page;
  }

  /** Who has a session on a pod that still beats, by id. */
  async connected(tenantId: string, after: string | null, limit: number): Promise<readonly string[]> {
    const rows = await rowsOf(
      connectedRow,
      this.database.sql.$queryRaw`
        select distinct s.user_id as id
          from message.session s
          join message.pod p on p.pod_id = s.pod_id and p.last_beat > clock_timestamp() - interval '15 seconds'
         where s.tenant_id = ${tenantId} and s.state = 'open' and s.claimed_by is null
           and (${after}::text is null or s.user_id > ${after}::text collate "C")
         order by s.user_id limit ${limit}::integer`,
    );
    return rows.map(({ id }) => id);
  }
}
