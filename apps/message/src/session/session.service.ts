import { Inject, Injectable } from '@nestjs/common';
import { DRAIN, type Drain } from '@parlance/bootstrap';
import type { bindSession, findSession, saveSessions } from '@parlance/contracts';
import { ParlanceError } from '@parlance/domain';
import { CommitLanes, laneOf, type Queued } from '@parlance/persistence';
import type { z } from 'zod';
import { MESSAGE_CONFIG, type MessageConfig } from '../message.config.js';
import { owedFacts } from './owed.js';
import { SessionRepository, type BindInput, type Bound } from './session.repository.js';

/** Transactions that take connections in at a time, per replica; a storm of returning clients waits here, in order, not in Postgres. */
const BIND_LANES = 2;
/** Binds that wait; more are told to come again. */
const MAX_WAITING = 4_096;
const MAX_BYTES = 16 * 1_024 * 1_024;
/** Of a row, without its ticket. */
const ROW_BYTES = 512;
const RETRY_MS = 500;

interface QueuedBind extends Queued {
  readonly input: BindInput;
}

/** What became of a bind; an error is the whole batch's. */
type BindAnswer = { readonly bound: Bound | null } | { readonly error: unknown };

@Injectable()
export class SessionService {
  private readonly lanes: CommitLanes<QueuedBind, BindAnswer>;

  constructor(
    @Inject(MESSAGE_CONFIG) private readonly config: MessageConfig,
    @Inject(SessionRepository) private readonly sessions: SessionRepository,
    @Inject(DRAIN) drain: Drain,
  ) {
    this.lanes = new CommitLanes({
      lanes: BIND_LANES,
      maxItems: MAX_WAITING,
      maxBytes: MAX_BYTES,
      commit: async (items) => this.commit(items),
      expire: () => undefined,
    });
    drain.add('finish', 'message-binds', async () => this.lanes.idle());
  }

  /** Errors: `conflict` for a session id that is taken, `overloaded`, and the database's. */
  async bind(input: BindInput): Promise<z.input<typeof bindSession.output>> {
    const bytes = ROW_BYTES + (input.ticket?.length ?? 0);
    const answered = this.lanes.submit({ input, bytes, lane: laneOf(input.tenantId, input.userId) });
    if (answered === null) {
      throw new ParlanceError('overloaded', 'Too many clients come at once.', { retryAfterMs: RETRY_MS });
    }
    const answer = await answered;
    if ('error' in answer) throw answer.error;
    const { bound } = answer;
    if (bound === null) throw new ParlanceError('conflict', 'This session id is taken.');
    const { asOf, groups, recent, resumed } = bound;
    if (resumed === null) return { asOf, groups, recent, resumed };
    const { sessionId, openRooms, stays, cursors } = resumed;
    return { asOf, groups, recent, resumed: { sessionId, openRooms, owed: owedFacts(stays, cursors) } };
  }

  async find({ tenantId, sessionId }: z.output<typeof findSession.input>): Promise<z.input<typeof findSession.output>> {
    return { session: await this.sessions.find(tenantId, sessionId, this.config.message.resumeWindowMs) };
  }

  async save({ podId, sessions }: z.output<typeof saveSessions.input>): Promise<z.input<typeof saveSessions.output>> {
    return { asOf: await this.sessions.saveBatch(sessions, podId) };
  }

  private async commit(items: readonly QueuedBind[]): Promise<readonly BindAnswer[]> {
    try {
      const inputs = items.map(({ input }) => input);
      const bound = await this.sessions.bindBatch(inputs, this.config.message.resumeWindowMs);
      return bound.map((one) => ({ bound: one }));
    } catch (error) {
      return items.map(() => ({ error }));
    }
  }
}
