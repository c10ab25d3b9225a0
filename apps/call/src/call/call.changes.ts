import { Inject, Injectable } from '@nestjs/common';
import { advanceCall, ParlanceError, type CallTrigger, type JsonValue, type UserSnapshot } from '@parlance/domain';
import { Database, uniqueViolation } from '@parlance/persistence';
import { CALL_CONFIG, type CallConfig } from '../call.config.js';
import { Announcer } from './announcer.js';
import type { Cause } from './call.events.js';
import type { CallRecord } from './call.record.js';
import { SignalMail } from '../signal/signal.mail.js';
import { CallRepository, type CallChange, type CallScope } from './call.repository.js';

/** Compare-and-set is repeated when somebody else was first; more often than a call has participants it is not. */
const TRIES = 16;

export interface ChangeRequest {
  readonly trigger: CallTrigger;
  readonly cause: Cause;
  /** of whoever answers: told to the caller */
  readonly payload?: JsonValue | undefined;
  readonly glare?: boolean | undefined;
  /** who may be new to a group's call */
  readonly person?: UserSnapshot | undefined;
}

export interface Change {
  readonly before: CallRecord;
  /** the same as `before` when nothing has changed */
  readonly after: CallRecord;
}

/** Applies triggers to stored calls: reads, decides by the rules, stores if nothing changed meanwhile, and tells. */
@Injectable()
export class CallChanges {
  constructor(
    @Inject(CALL_CONFIG) private readonly config: CallConfig,
    @Inject(Database) private readonly database: Database,
    @Inject(CallRepository) private readonly calls: CallRepository,
    @Inject(Announcer) private readonly announcer: Announcer,
    @Inject(SignalMail) private readonly mail: SignalMail,
  ) {}

  /** The call as it was and as it is then. Errors: those of `advanceCall`, `not-found`, `conflict` (the user is in another call). */
  async apply(tenantId: string, callId: string, request: ChangeRequest): Promise<Change> {
    for (let tries = 1; tries <= TRIES; tries += 1) {
      const before = await this.calls.find(tenantId, callId);
      if (before === null) throw callNotFound();
      const after = await this.#store({ sql: this.database.sql, tenantId }, before, request);
      if (after === null) continue;
      if (after !== before) await this.announce({ before, after }, request.cause);
      return { before, after };
    }
    throw new ParlanceError('unavailable', 'This call changes too fast. Try again.', { retryAfterMs: 200 });
  }

  /** For the sweeper: passes over a call that another replica has in hand. */
  async applyIfFree(scope: CallScope, callId: string, request: ChangeRequest): Promise<Change | null> {
    const before = await this.calls.lock(scope, callId);
    if (before === null) return null;
    const after = await this.#store(scope, before, request);
    return after === null || after === before ? null : { before, after };
  }

  /** What follows the commit of a change. */
  async announce({ before, after }: Change, cause: Cause): Promise<void> {
    this.announcer.changed(before, after, cause);
    await this.mail.changed(before.progress, after);
  }

  /** Null: it has changed since it was read. The same record when the trigger changes nothing. */
  async #store(scope: CallScope, before: CallRecord, request: ChangeRequest): Promise<CallRecord | null> {
    const { ringMs, mediaMs, graceMs } = this.config.call;
    const moment = { now: before.now, times: { ringMs, mediaMs, graceMs } };
    const progress = advanceCall(before.progress, request.trigger, moment);
    if (progress === before.progress) return before;
    const after = changedRecord(before, { ...changeOf(before, request), progress });
    const saved = await this.#saved(scope, before, { ...changeOf(before, request), progress });
    return saved ? after : null;
  }

  async #saved(scope: CallScope, before: CallRecord, change: CallChange): Promise<boolean> {
    try {
      return await this.database.retrying(() => this.calls.save(scope, before, change));
    } catch (error) {
      if (uniqueViolation(error) === undefined) throw error;
      throw new ParlanceError('conflict', 'You are in another call.', { reason: 'busy' });
    }
  }
}

export function callNotFound(): ParlanceError {
  return new ParlanceError('not-found', 'Call not found.');
}

function changeOf(
  before: CallRecord,
  { payload, glare, person, trigger, cause }: ChangeRequest,
): Omit<CallChange, 'progress'> {
  const answers = trigger.type === 'accept' && before.progress.state === 'ringing';
  return {
    answer: answers ? (payload ?? null) : undefined,
    glare: answers ? glare : undefined,
    actorId: cause.actor?.userId,
    people: person === undefined ? undefined : new Map([[person.id, person]]),
  };
}

function changedRecord(before: CallRecord, { progress, answer, glare, people }: CallChange): CallRecord {
  return {
    ...before,
    progress,
    version: before.version + 1,
    answer: answer === undefined ? before.answer : answer,
    glare: glare ?? before.glare,
    people: new Map([...before.people, ...(people ?? [])]),
  };
}
