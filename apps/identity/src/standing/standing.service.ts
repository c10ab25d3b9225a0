import { Inject, Injectable } from '@nestjs/common';
import { BUS, CLOCK } from '@parlance/bootstrap';
import type { Bus } from '@parlance/bus';
import {
  IDENTITY_CHANGED_ADDRESS,
  identityChanged,
  roomPublished,
  userAddress,
  type revokeTokens,
  type terminateUser,
} from '@parlance/contracts';
import { ParlanceError, type UserEventOf } from '@parlance/domain';
import type { Clock } from '@parlance/observability';
import type { z } from 'zod';
import { TurnBatch } from '../lookup/turn-batch.js';
import { isStorable } from '../user/user-rules.js';
import { isRevoked, issueTime, type RevocableToken, type Revocation, type Standing } from './standing-rules.js';
import { StandingRepository, type UserKey } from './standing.repository.js';

const CLEAN: Standing = { terminated: false, revocations: [] };

/**
 * Whether an account and its tokens are still good. Never from memory: edges remember who a credential is, and ask again when they hear
 * that it changed; what they then hear must be true of whichever replica they ask.
 */
@Injectable()
export class StandingService {
  readonly #reads = new TurnBatch<UserKey, Standing>({ load: (users) => this.#load(users) });

  constructor(
    @Inject(StandingRepository) private readonly standings: StandingRepository,
    @Inject(CLOCK) private readonly now: Clock,
    @Inject(BUS) private readonly bus: Bus,
  ) {}

  /** Errors: `unauthenticated` (ended account, revoked token). */
  async require(user: UserKey, token: RevocableToken): Promise<void> {
    const standing = await this.#reads.ask(user);
    if (standing.terminated) throw terminated('unauthenticated');
    if (isRevoked(standing, token)) throw new ParlanceError('unauthenticated', 'The token has been revoked.');
  }

  /** The time of issue of a new token, in ms. Errors: `permission-denied` (ended account). */
  async issueTime(user: UserKey, deviceId: string | undefined): Promise<number> {
    const standing = await this.#reads.ask(user);
    if (standing.terminated) throw terminated('permission-denied');
    return issueTime(standing, deviceId, this.now());
  }

  /** Errors: `not-found`. */
  async terminate({ tenantId, userId, message }: z.output<typeof terminateUser.input>): Promise<void> {
    const ended = isStorable(message + userId) ? await this.standings.terminate(tenantId, userId, message) : null;
    if (ended === null) throw new ParlanceError('not-found', 'User not found.');
    const event: UserEventOf<'user.terminated'> = {
      type: 'user.terminated',
      v: 1,
      tenantId,
      userId,
      at: ended.at.toISOString(),
      origin: null,
      device: null,
      room: null,
      message: ended.message,
    };
    this.bus.publish(roomPublished, userAddress(tenantId, userId), { events: [event] });
    this.#changed({ tenantId, userId });
  }

  /** Errors: `not-found` (no such user), `invalid` (nothing is named). */
  async revoke(input: z.output<typeof revokeTokens.input>): Promise<void> {
    const { tenantId, userId, expiresAt = null } = input;
    const revocations = revocationsOf(input, this.now());
    if (revocations.length === 0) throw new ParlanceError('invalid', 'Name a token or a device, or say all.');
    if (!isStorable([userId, ...revocations.map(({ ref }) => ref)].join(' ')))
      throw new ParlanceError('not-found', 'User not found.');
    const end = expiresAt === null ? null : new Date(expiresAt);
    for (const revocation of revocations)
      await this.standings.revoke(tenantId, userId, revocation, revocation.kind === 'token' ? end : null);
    this.#changed({ tenantId, userId });
  }

  #changed({ tenantId, userId: id }: UserKey): void {
    this.bus.publish(identityChanged, IDENTITY_CHANGED_ADDRESS, { kind: 'user', tenantId, id });
  }

  async #load(users: readonly UserKey[]): Promise<readonly Standing[]> {
    const distinct = new Map(users.map((user) => [keyOf(user), user]));
    const found = await this.standings.findMany([...distinct.values()]);
    const byKey = new Map(found.map((standing) => [keyOf(standing), standing]));
    return users.map((user) => byKey.get(keyOf(user)) ?? CLEAN);
  }
}

function keyOf({ tenantId, userId }: UserKey): string {
  return JSON.stringify([tenantId, userId]);
}

function revocationsOf(
  { credentialId, deviceId, all }: z.output<typeof revokeTokens.input>,
  at: number,
): readonly Revocation[] {
  return [
    ...(credentialId === undefined ? [] : [{ kind: 'token', ref: credentialId, at } as const]),
    ...(deviceId === undefined ? [] : [{ kind: 'device', ref: deviceId, at } as const]),
    ...(all === true ? [{ kind: 'user', ref: '', at } as const] : []),
  ];
}

function terminated(code: 'unauthenticated' | 'permission-denied'): ParlanceError {
  return new ParlanceError(code, 'This account has been terminated.', { reason: 'terminated' });
}
