import { Inject, Injectable } from '@nestjs/common';
import type { signalCall } from '@parlance/contracts';
import { participantOf, ParlanceError, peerOf } from '@parlance/domain';
import type { z } from 'zod';
import { CallChanges, callNotFound } from '../call/call.changes.js';
import type { CallRecord } from '../call/call.record.js';
import { CallRepository } from '../call/call.repository.js';
import { checkSignal } from '../call/payload.js';
import { SignalMail } from './signal.mail.js';
import { SignalRepository } from './signal.repository.js';

type Input = z.output<typeof signalCall.input>;

/** ICE candidates and the like, from the device of one side to that of the other. */
@Injectable()
export class SignalService {
  constructor(
    @Inject(CallRepository) private readonly calls: CallRepository,
    @Inject(CallChanges) private readonly changes: CallChanges,
    @Inject(SignalRepository) private readonly signals: SignalRepository,
    @Inject(SignalMail) private readonly mail: SignalMail,
  ) {}

  async signal({ tenantId, userId, origin, device, call, data }: Input): Promise<Record<string, never>> {
    checkSignal(data);
    const found = await this.#find(tenantId, userId, call);
    const trigger = { type: 'signal', userId, device } as const;
    const cause = { origin, actor: { userId, device } };
    const { after } = await this.changes.apply(tenantId, found.id, { trigger, cause });
    if (!(await this.signals.add(tenantId, { callId: after.id, userId, device }, data))) {
      throw await this.#refusal(tenantId, after.id);
    }
    if (this.#hand(after, userId, data)) return {};
    // Whoever could not hear it may have come between the reading and the storing, and got what was stored until then.
    const now = await this.calls.find(tenantId, after.id);
    if (now !== null && participantOf(now.progress, userId)?.device === device) this.#hand(now, userId, data);
    return {};
  }

  async #find(tenantId: string, userId: string, call: string | null): Promise<CallRecord> {
    const found = call === null ? await this.calls.findActive(tenantId, userId) : await this.calls.find(tenantId, call);
    if (found === null || participantOf(found.progress, userId) === null) throw callNotFound();
    return found;
  }

  #hand(record: CallRecord, userId: string, data: Input['data']): boolean {
    const peer = peerOf(record.progress, userId);
    return peer !== null && this.mail.hand(record, peer, data);
  }

  async #refusal(tenantId: string, callId: string): Promise<ParlanceError> {
    const now = await this.calls.find(tenantId, callId);
    if (now?.progress.state !== 'ringing')
      return new ParlanceError('conflict', 'This call is over.', { reason: 'ended' });
    return new ParlanceError('rate-limited', 'Too many signals before the call is answered.', { retryAfterMs: 1_000 });
  }
}
