import { Inject, Injectable } from '@nestjs/common';
import type {
  acceptCall,
  CallOutcome,
  createCall,
  endCall,
  findActiveCall,
  forgetCalls,
  getCall,
  listCalls,
} from '@parlance/contracts';
import { holdsDescription, participantOf, ParlanceError } from '@parlance/domain';
import type { z } from 'zod';
import { SocketRepository } from '../socket/socket.repository.js';
import { CallChanges, callNotFound } from './call.changes.js';
import type { Cause } from './call.events.js';
import { outcomeOf, type CallRecord } from './call.record.js';
import { CallRepository } from './call.repository.js';
import { Inviter } from './inviter.js';
import { checkPayload } from './payload.js';
import { Standing } from './standing.js';

type CreateInput = z.output<typeof createCall.input>;
type AcceptInput = z.output<typeof acceptCall.input>;
type EndInput = z.output<typeof endCall.input>;
type GetInput = z.output<typeof getCall.input>;
type ListInput = z.output<typeof listCalls.input>;
type ForgetInput = z.output<typeof forgetCalls.input>;
type Active = z.input<typeof findActiveCall.output>;

/** The controls of calls. Each answers the call as it is then; repeated by the same device they change nothing. */
@Injectable()
export class CallService {
  constructor(
    @Inject(CallRepository) private readonly calls: CallRepository,
    @Inject(CallChanges) private readonly changes: CallChanges,
    @Inject(Inviter) private readonly inviter: Inviter,
    @Inject(Standing) private readonly standing: Standing,
    @Inject(SocketRepository) private readonly sockets: SocketRepository,
  ) {}

  async create(input: CreateInput): Promise<CallOutcome> {
    checkPayload(input.payload);
    const { record, glare } = await this.inviter.invite(input);
    if (!glare) return outcomeOf(record);
    try {
      return await this.#answer(record, input, true);
    } catch (error) {
      // It was taken back a moment ago: this one rings after all.
      if (!isOver(error)) throw error;
      return outcomeOf((await this.inviter.invite(input)).record);
    }
  }

  async accept(input: AcceptInput): Promise<CallOutcome> {
    checkPayload(input.payload);
    const record = await this.#visible(input.tenantId, input.user.id, input.call);
    const members = await this.standing.membersOf(input.tenantId, record.room.id);
    if (members?.has(input.user.id) !== true) throw callNotFound();
    return this.#answer(record, input, false);
  }

  async end({ tenantId, origin, device, user, call, as }: EndInput): Promise<CallOutcome> {
    const userId = user?.id ?? null;
    const record = await this.#visible(tenantId, userId, call);
    const cause: Cause = { origin, actor: userId === null ? null : { userId, device } };
    const trigger = { type: 'end', userId, device, as } as const;
    return outcomeOf((await this.changes.apply(tenantId, record.id, { trigger, cause })).after);
  }

  async get({ tenantId, viewerId, call }: GetInput): Promise<CallOutcome> {
    return outcomeOf(await this.#visible(tenantId, viewerId, call));
  }

  async active(tenantId: string, userId: string): Promise<Active> {
    const record = await this.calls.findActive(tenantId, userId);
    return { active: record === null ? null : outcomeOf(record) };
  }

  async list({ tenantId, userId, ...page }: ListInput): Promise<{ calls: CallOutcome[]; total: number }> {
    const { calls, total } = await this.calls.list(tenantId, userId, page);
    return { calls: calls.map(outcomeOf), total };
  }

  async forget({ tenantId, userId, call }: ForgetInput): Promise<Record<string, never>> {
    if (call === undefined) {
      await this.calls.forget(tenantId, userId, null);
      return {};
    }
    const record = await this.#visible(tenantId, userId, call);
    if (record.progress.state !== 'ended') throw new ParlanceError('conflict', 'This call is not over.');
    await this.calls.forget(tenantId, userId, record.id);
    return {};
  }

  async #answer(
    record: CallRecord,
    {
      tenantId,
      origin,
      device,
      user,
      payload,
    }: Pick<AcceptInput, 'tenantId' | 'origin' | 'device' | 'user' | 'payload'>,
    glare: boolean,
  ): Promise<CallOutcome> {
    const socket = origin !== null || (device !== null && (await this.sockets.hasDevice(tenantId, user.id, device)));
    const trigger = { type: 'accept', userId: user.id, device, socket, described: holdsDescription(payload) } as const;
    const cause: Cause = { origin, actor: { userId: user.id, device } };
    const request = { trigger, cause, payload, glare, person: user };
    return outcomeOf((await this.changes.apply(tenantId, record.id, request)).after);
  }

  /** Of a call that somebody has nothing to do with nobody learns that it is there. A member may come to a group's call. */
  async #visible(tenantId: string, viewerId: string | null, call: string): Promise<CallRecord> {
    const record = await this.calls.find(tenantId, call);
    if (record === null) throw callNotFound();
    if (viewerId === null || participantOf(record.progress, viewerId) !== null) return record;
    const members = record.progress.calleeId === null ? await this.standing.membersOf(tenantId, record.room.id) : null;
    if (members?.has(viewerId) !== true) throw callNotFound();
    return record;
  }
}

function isOver(error: unknown): boolean {
  return error instanceof ParlanceError && error.details?.['reason'] === 'ended';
}
