import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Database, rowOf } from '../database/database.js';

const takeRow = z.object({ resumeXid: z.string() });

/** A job that one replica does at a time. */
export interface LeaseScope {
  readonly job: string;
  /** who wants it; unique per process */
  readonly holder: string;
}

@Injectable()
export class LeaseRepository {
  constructor(@Inject(Database) private readonly database: Database) {}

  /**
   * Takes or renews the lease for a time; null: another holds it. Database time. Answers where the job resumes; `resumeXid` moves
   * that place when the lease was ours already.
   */
  async take(scope: LeaseScope, ttlMs: number, resumeXid: string | null): Promise<{ resumeXid: string } | null> {
    return rowOf(
      takeRow,
      this.database.sql.$queryRaw`
        insert into message.relay_lease as l (job, holder, expires_at)
        values (${scope.job}, ${scope.holder}, clock_timestamp() + ${ttlMs}::double precision * interval '1 millisecond')
        on conflict (job) do update set holder = excluded.holder, expires_at = excluded.expires_at,
               resume_xid = case when l.holder = excluded.holder then coalesce(${resumeXid}::xid8, l.resume_xid) else l.resume_xid end
         where l.holder = excluded.holder or l.expires_at <= clock_timestamp()
        returning l.resume_xid::text as "resumeXid"`,
    );
  }

  /** Lets the next one begin at once. */
  async release(scope: LeaseScope): Promise<void> {
    await this.database.sql.$executeRaw`
      update message.relay_lease set expires_at = clock_timestamp() where job = ${scope.job} and holder = ${scope.holder}`;
  }
}
