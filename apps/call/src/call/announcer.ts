import { Inject, Injectable } from '@nestjs/common';
import { BUS, DRAIN, LOGGER, type Drain } from '@parlance/bootstrap';
import type { Bus } from '@parlance/bus';
import { roomPublished, sendMessage, userAddress } from '@parlance/contracts';
import { toParlanceError, type CallRecord as CallNote, type UserEvent } from '@parlance/domain';
import { Metrics, type Logger } from '@parlance/observability';
import type { Counter } from 'prom-client';
import { isoOf, type CallRecord } from './call.record.js';
import { CallRepository } from './call.repository.js';
import { eventsOf, stateEvents, type Cause } from './call.events.js';

/**
 * What follows a commit: its people are told, and the room's log gets a message about a call that is over. Both are noted when they are
 * done; what a crash leaves undone any replica does later, from the rows (see the sweeper).
 */
@Injectable()
export class Announcer {
  readonly #underway = new Set<Promise<void>>();
  readonly #calls: Counter<'state'>;
  readonly #ends: Counter<'reason'>;

  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(CallRepository) private readonly calls: CallRepository,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(Metrics) metrics: Metrics,
    @Inject(DRAIN) drain: Drain,
  ) {
    this.#calls = metrics.counter({
      name: 'call_changes_total',
      help: 'Calls that came into a state.',
      labels: ['state'],
    });
    this.#ends = metrics.counter({ name: 'call_ends_total', help: 'Calls that ended, by reason.', labels: ['reason'] });
    metrics.gauge({
      name: 'call_underway_count',
      help: 'Changes of calls whose consequences are under way.',
      read: () => this.#underway.size,
    });
    drain.add('finish', 'call-announcements', async () => this.settled());
  }

  /** A change that was committed just now; it does not wait, and never throws. */
  changed(before: CallRecord | null, after: CallRecord, cause: Cause): void {
    this.#count(before?.progress.state ?? null, after.progress);
    this.#publish(eventsOf(before?.progress ?? null, after, cause));
    this.#follow(after);
  }

  /** As `changed`, of a call whose people may have heard of it or not. */
  async again(record: CallRecord): Promise<void> {
    this.#publish(stateEvents(record));
    await this.#finish(record);
  }

  tell(events: readonly (UserEvent | null)[]): void {
    this.#publish(events.flatMap((event) => event ?? []));
  }

  async settled(): Promise<void> {
    await Promise.all(this.#underway);
  }

  #count(before: string | null, { state, reason }: CallRecord['progress']): void {
    if (state === before) return;
    this.#calls.inc({ state });
    if (state === 'ended') this.#ends.inc({ reason: reason ?? 'server' });
  }

  #follow(record: CallRecord): void {
    const work = this.#finish(record).catch((err: unknown) =>
      this.logger.warn(
        { code: 'call-unfinished', err, tenantId: record.tenantId, callId: record.id },
        'the sweeper finishes what follows a call',
      ),
    );
    this.#underway.add(work);
    void work.finally(() => this.#underway.delete(work));
  }

  async #finish(record: CallRecord): Promise<void> {
    await this.calls.markTold(record.tenantId, record.id, record.version);
    if (record.progress.state === 'ended') await this.#record(record);
  }

  /** The same client id every time: the room gets one message, whoever writes it and however often. */
  async #record(record: CallRecord): Promise<void> {
    const { tenantId, id, room, progress, people } = record;
    const sender = people.get(progress.callerId);
    if (sender === undefined) return;
    try {
      await this.bus.request(sendMessage, {
        tenantId,
        roomId: room.id,
        sender,
        origin: null,
        clientMessageId: `call:${id}`,
        draft: {
          type: 'call',
          text: null,
          attachment: { data: noteOf(record) },
          replyTo: null,
          metadata: {},
          extras: {},
        },
      });
    } catch (error) {
      const coded = toParlanceError(error);
      if (coded.retryable || coded.code === 'internal') throw error;
      // The room is gone, or takes nothing from the caller any more: there is no place for it.
      this.logger.info(
        { code: 'call-unrecorded', tenantId, callId: id, refusal: coded.code },
        'a call left no message',
      );
    }
    await this.calls.markRecorded(tenantId, id);
  }

  #publish(events: readonly UserEvent[]): void {
    for (const event of events) {
      try {
        this.bus.publish(roomPublished, userAddress(event.tenantId, event.userId), { events: [event] });
      } catch (err) {
        const { tenantId, type } = event;
        this.logger.error({ code: 'call-event-lost', err, tenantId, type }, 'somebody was not told of a call');
      }
    }
  }
}

/** A call that nobody took has no end of its own: it was when it rang. */
function noteOf({ id, withVideo, startedAt, progress }: CallRecord): CallNote {
  const { reason, acceptedAt, endedAt } = progress;
  return {
    callId: id,
    reason: reason ?? 'server',
    withVideo,
    startedAt: isoOf(acceptedAt ?? startedAt),
    endedAt: acceptedAt === null || endedAt === null ? null : isoOf(endedAt),
  };
}
