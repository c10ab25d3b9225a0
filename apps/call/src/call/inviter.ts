import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CLOCK } from '@parlance/bootstrap';
import type { createCall } from '@parlance/contracts';
import {
  busyCall,
  holdsDescription,
  objectIdMaker,
  participantOf,
  ParlanceError,
  startCall,
  type CallStart,
  type UserSnapshot,
} from '@parlance/domain';
import type { Clock } from '@parlance/observability';
import { Database, uniqueViolation } from '@parlance/persistence';
import type { z } from 'zod';
import { CALL_CONFIG, type CallConfig } from '../call.config.js';
import { Announcer } from './announcer.js';
import type { CallRecord } from './call.record.js';
import { CallRepository, type NewCall } from './call.repository.js';
import { Standing, type CallPlace } from './standing.js';

type Input = z.output<typeof createCall.input>;

export interface Invited {
  readonly record: CallRecord;
  /** the other side was ringing for this user already: what is asked for is to answer that call */
  readonly glare: boolean;
}

interface Invitation {
  readonly input: Input;
  readonly place: CallPlace;
  readonly start: CallStart;
  readonly people: ReadonlyMap<string, UserSnapshot>;
}

/** What the database said stands against a call. */
type Obstacle = 'room' | 'busy' | 'repeated';
const OBSTACLES: Readonly<Record<string, Obstacle>> = {
  call_live_room: 'room',
  participant_engaged: 'busy',
  call_request: 'repeated',
};
const TRIES = 5;
const MINUTE_MS = 60_000;

/** Begins calls. Whatever races, the database's unique keys decide; what they say is read, and answered. */
@Injectable()
export class Inviter {
  readonly #newId: () => string;

  constructor(
    @Inject(CALL_CONFIG) private readonly config: CallConfig,
    @Inject(Database) private readonly database: Database,
    @Inject(CallRepository) private readonly calls: CallRepository,
    @Inject(Standing) private readonly standing: Standing,
    @Inject(Announcer) private readonly announcer: Announcer,
    @Inject(CLOCK) clock: Clock,
  ) {
    this.#newId = objectIdMaker({ now: clock, randomBytes });
  }

  async invite(input: Input): Promise<Invited> {
    const { tenantId, user, requestId } = input;
    const repeated = await this.calls.findRequest(tenantId, user.id, requestId);
    if (repeated !== null) return { record: repeated, glare: false };
    const invitation = await this.#prepare(input);
    for (let tries = 1; tries <= TRIES; tries += 1) {
      const made = await this.#attempt(invitation);
      if (made !== null) return made;
    }
    throw new ParlanceError('unavailable', 'Other calls came and went. Try again.', { retryAfterMs: 200 });
  }

  /** Errors: `not-found`, `unsupported`, `too-large`, `invalid`, `permission-denied`. */
  async #prepare(input: Input): Promise<Invitation> {
    const { tenantId, user, origin, device, payload } = input;
    const place = await this.standing.placeFor(tenantId, user.id, input.roomId);
    const others = place.memberIds.filter((id) => id !== user.id);
    const calleeId = place.room.kind === 'direct' ? (others[0] ?? null) : null;
    if (others.length === 0) throw new ParlanceError('invalid', 'There is nobody else to call.');
    if (calleeId !== null && (await this.standing.isBlocked(tenantId, user.id, calleeId))) {
      throw new ParlanceError('permission-denied', 'One of the two blocks the other.');
    }
    const { people, gone } = await this.standing.peopleOf(tenantId, others);
    const invited = others.filter((id) => !gone.has(id));
    if (invited.length === 0) throw new ParlanceError('not-found', 'User not found.');
    const caller = { userId: user.id, device, socket: origin !== null, described: holdsDescription(payload) };
    const known = new Map([user, ...people].map((one) => [one.id, one]));
    return { input, place, start: { ...caller, calleeId, invited }, people: known };
  }

  /** Null: what stood in the way has gone meanwhile. */
  async #attempt(invitation: Invitation): Promise<Invited | null> {
    const { input, start } = invitation;
    const { tenantId, user } = input;
    const now = await this.#admitted(tenantId, user.id);
    const moment = { now, times: { ...this.config.call, ringMs: ringOf(input, this.config) } };
    const obstacle = await this.#insert(invitation, startCall(start, moment), now);
    if (typeof obstacle !== 'string') return obstacle;
    if (obstacle === 'repeated') return this.#known(await this.calls.findRequest(tenantId, user.id, input.requestId));
    if (obstacle === 'room') return this.#inRoom(invitation);
    const own = await this.calls.findActive(tenantId, user.id);
    if (own !== null && isEngaged(own, user.id)) throw inACall();
    const busy = await this.#insert(invitation, busyCall(start, moment), now);
    return typeof busy === 'string' ? null : busy;
  }

  /** At most so many a minute; answers the database's time. Errors: `rate-limited`. */
  async #admitted(tenantId: string, userId: string): Promise<number> {
    const most = this.config.call.invitesPerMinute;
    const { count, now } = await this.calls.countRecent(tenantId, userId, most);
    if (count < most) return now;
    throw new ParlanceError('rate-limited', 'Too many calls.', { retryAfterMs: MINUTE_MS / most });
  }

  async #insert(
    { input, place, people }: Invitation,
    progress: CallRecord['progress'],
    now: number,
  ): Promise<Invited | Obstacle> {
    const { tenantId, withVideo, payload, requestId, origin, user, device } = input;
    const id = this.#newId();
    const call: NewCall = {
      ...{ tenantId, id, room: place.room, withVideo, requestId, startedAt: now, progress, people },
      payload: progress.state === 'ended' ? null : payload,
    };
    try {
      await this.database.retrying(() => this.calls.insert(tenantId, call));
    } catch (error) {
      const obstacle = OBSTACLES[uniqueViolation(error)?.constraint ?? ''];
      if (obstacle === undefined) throw error;
      return obstacle;
    }
    const record = await this.calls.find(tenantId, id);
    if (record === null) throw new RangeError('A call that was stored is not there.');
    this.announcer.changed(null, record, { origin, actor: { userId: user.id, device } });
    return { record, glare: false };
  }

  #known(record: CallRecord | null): Invited | null {
    return record === null ? null : { record, glare: false };
  }

  /** The room has a live call: when it rings for who asks, this is the answer to it. Errors: `conflict`. */
  async #inRoom({ input }: Invitation): Promise<Invited | null> {
    const live = await this.calls.findLiveOfRoom(input.tenantId, input.roomId);
    if (live === null) return null;
    const { progress } = live;
    if (progress.state === 'ringing' && progress.calleeId === input.user.id) return { record: live, glare: true };
    const takesPart = participantOf(progress, input.user.id)?.state === 'joined';
    if (takesPart) throw inACall();
    throw new ParlanceError('conflict', 'This room has a call.', { reason: 'live', callId: live.id });
  }
}

function ringOf({ ringSeconds }: Input, { call }: CallConfig): number {
  return ringSeconds === null ? call.ringMs : ringSeconds * 1_000;
}

function isEngaged({ progress }: CallRecord, userId: string): boolean {
  const state = participantOf(progress, userId)?.state;
  return state === 'joined' || (state === 'invited' && progress.calleeId !== null);
}

function inACall(): ParlanceError {
  return new ParlanceError('conflict', 'You are in a call.', { reason: 'busy' });
}
