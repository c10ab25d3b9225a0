import { Inject, Injectable } from '@nestjs/common';
import type { bindSession, saveSessions } from '@parlance/contracts';
import { instantSchema } from '@parlance/domain';
import { z } from 'zod';
import { Database, rowOf, rowsOf } from '../database/database.js';

const sessionRow = z.object({
  tenantId: z.string(),
  userId: z.string(),
  dialect: z.string(),
  ticket: z.string().nullable(),
});
const asOfRow = z.object({ as_of: instantSchema });

export type BindInput = z.output<typeof bindSession.input>;
export type SavedSession = z.output<typeof saveSessions.input>['sessions'][number];

const roomHead = z.object({ roomId: z.string(), head: z.int() });
const staySchema = z.object({
  roomId: z.string(),
  joinPos: z.int(),
  leavePos: z.int().nullable(),
  head: z.int(),
  seen: z.int(),
});
const boundSchema = z.object({
  asOf: instantSchema,
  groups: z.array(roomHead),
  recent: z.array(roomHead),
  resumed: z
    .object({
      sessionId: z.string(),
      openRooms: z.array(z.string()),
      cursors: z.array(z.object({ roomId: z.string(), pos: z.int() })),
      stays: z.array(staySchema),
    })
    .nullable(),
});
const bindRow = z.object({ ord: z.int(), bound: boundSchema.nullable() });

export type Bound = z.infer<typeof boundSchema>;

@Injectable()
export class SessionRepository {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** In the order asked, in one transaction; null: the session id belongs to somebody else, or was taken over. */
  async bindBatch(batch: readonly BindInput[], windowMs: number): Promise<readonly (Bound | null)[]> {
    const of = <T>(read: (input: BindInput) => T): T[] => batch.map(read);
    const rows = await this.database.retrying(() =>
      rowsOf(
        bindRow,
        this.database.sql.$queryRaw`
          select ord, bound
            from message.bind_sessions(
              ${of(({ tenantId }) => tenantId)}::text[], ${of(({ userId }) => userId)}::text[], ${of(({ dialect }) => dialect)}::text[],
              ${of(({ sessionId }) => sessionId)}::text[], ${of(({ podId }) => podId)}::text[], ${of(({ ticket }) => ticket)}::text[],
              ${of(({ resume }) => (resume !== null && 'sessionId' in resume ? resume.sessionId : null))}::text[],
              ${of(({ resume }) => resume !== null && 'latest' in resume)}::boolean[],
              ${windowMs}::double precision * interval '1 millisecond')
           order by ord`,
      ),
    );
    return rows.map(({ bound }) => bound);
  }

  /** Whom a session, or the one that took it over, belongs to, within the window; of any tenant when none is given. */
  async find(tenantId: string | null, sessionId: string, windowMs: number) {
    return rowOf(
      sessionRow,
      this.database.sql.$queryRaw`
        select s.tenant_id as "tenantId", s.user_id as "userId", s.dialect, s.ticket
          from message.session named
          join message.session s on s.tenant_id = named.tenant_id and s.session_id = message.heir_of(named.tenant_id, named.session_id)
          left join message.pod p on p.pod_id = s.pod_id
         where named.session_id = ${sessionId} and (${tenantId}::text is null or named.tenant_id = ${tenantId})
           and case s.state when 'closed' then s.saved_at else greatest(s.saved_at, p.last_beat) end
               > clock_timestamp() - ${windowMs}::double precision * interval '1 millisecond'
         order by s.saved_at desc limit 1`,
    );
  }

  /** Checkpoints sessions and notes that the pod lives; answers up to when everything was visible. */
  async saveBatch(batch: readonly SavedSession[], podId: string): Promise<string> {
    const sessions = JSON.stringify(batch);
    const row = await this.database.retrying(() =>
      rowOf(asOfRow, this.database.sql.$queryRaw`select message.save_sessions(${podId}, ${sessions}::jsonb) as as_of`),
    );
    if (row === null) throw new RangeError('The database gave no time.');
    return row.as_of;
  }
}
