import { Inject, Injectable } from '@nestjs/common';
import { BUS, LOGGER } from '@parlance/bootstrap';
import type { Bus } from '@parlance/bus';
import { roomPublished, userAddress } from '@parlance/contracts';
import { participantOf, peerOf, type CallParticipant, type CallProgress, type JsonValue } from '@parlance/domain';
import type { Logger } from '@parlance/observability';
import { signaledEvent } from '../call/call.events.js';
import type { CallRecord } from '../call/call.record.js';
import { SignalRepository } from './signal.repository.js';

/** Hands what one side of a call says to the device of the other, and to nobody else. */
@Injectable()
export class SignalMail {
  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(SignalRepository) private readonly signals: SignalRepository,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** What waited for those who can hear it since this change. Never throws: who comes back is told again. */
  async changed(before: CallProgress, after: CallRecord): Promise<void> {
    const hearing = after.progress.participants.filter(
      (one) => mayHear(after.progress, one) && !heardBefore(before, one),
    );
    for (const { userId } of hearing) {
      try {
        await this.deliver(after, userId);
      } catch (err) {
        const { tenantId, id: callId } = after;
        this.logger.warn({ code: 'signals-waiting', err, tenantId, callId }, 'signals of a call wait for its next one');
      }
    }
  }

  /** All that is kept for this participant. */
  async deliver(record: CallRecord, userId: string): Promise<void> {
    const peer = peerOf(record.progress, userId);
    const person = participantOf(record.progress, userId);
    if (peer === null || person === null || !mayHear(record.progress, person)) return;
    if (peer.state !== 'joined' || peer.device === null) return;
    const from = { callId: record.id, userId: peer.userId, device: peer.device };
    for (const data of await this.signals.of(record.tenantId, from)) this.hand(record, person, data);
  }

  /** False: the other side cannot hear it yet. */
  hand(record: CallRecord, to: CallParticipant, data: JsonValue): boolean {
    if (!mayHear(record.progress, to) || to.device === null) return false;
    const event = signaledEvent(record, { userId: to.userId, device: to.device }, data);
    if (event === null) return false;
    this.bus.publish(roomPublished, userAddress(record.tenantId, to.userId), { events: [event] });
    return true;
  }
}

/** Answered, and on a device that has a socket. */
function mayHear({ state }: CallProgress, one: CallParticipant): boolean {
  const answered = state === 'accepted' || state === 'connected';
  return answered && one.state === 'joined' && one.settled && one.device !== null && one.goneAt === null;
}

function heardBefore(before: CallProgress, { userId, device }: CallParticipant): boolean {
  const was = participantOf(before, userId);
  return was !== null && mayHear(before, was) && was.device === device;
}
