import { Injectable } from '@nestjs/common';
import { rowsOf } from '../database/database.js';
import { streamRow, type StreamRow } from '../stream/stream.repository.js';
import type { UpkeepScope } from './maintenance.repository.js';

/** The idle streams of the whole installation. */
@Injectable()
export class IdleStreamRepository {
  /**
   * Takes streams that nobody touched for so long (or whose end was decided, but not carried out): decides with what they end, and
   * touches them, so that no other replica takes them at the same time. By the database's clock.
   */
  async claim(scope: UpkeepScope, idleMs: number, stuckMs: number, limit: number): Promise<readonly StreamRow[]> {
    return rowsOf(
      streamRow,
      scope.sql.$queryRaw`
        update message.stream s
           set ending = coalesce(s.ending, s.body), touched_at = clock_timestamp()
          from (select c.tenant_id, c.message_id from message.stream c
                 where c.touched_at < clock_timestamp()
                         - case when c.ending is null then ${idleMs}::double precision else ${stuckMs}::double precision end
                           * interval '1 millisecond'
                 order by c.touched_at limit ${limit}::integer for update skip locked) i
         where s.tenant_id = i.tenant_id and s.message_id = i.message_id
        returning s.tenant_id, s.message_id, s.room_id, s.sender, s.origin, s.reply_to, s.body, s.units, s.next_index, s.ending`,
    );
  }
}
