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
import { CachedLookup } from '../lookup/cached-lookup.js';
import { isStorable } from '../user/user-rules.js';
import { isRevoked, issueTime, type RevocableToken, type Revocation, type Standing } from './standing-rules.js';
import { StandingRepository, type UserKey } from './standing.repository.js';

const CLEAN: Standing = { terminated: false, revocations: [] };

/** Whether an account and its tokens are still good, from memory where possible. */
@Injectable()
export class StandingService {
  readonly #byUser: CachedLookup<Standing>;

  constructor(
    @Inject(StandingRepository) private readonly standings: StandingRepository,
    @Inject(CLOCK) private readonly now: Clock,
    @Inject(BUS) private readonly bus: Bus,
  ) {
    this.#byUser = new CachedLookup({ load: (keys) => this.#load(keys), now });
  }

  /** Errors: `unauthenticated` (ended account, revoked token). */
  async require(user: UserKey, token: RevocableToken): Promise<void> {
    const standing = await this.#of(user);
    if (standing.terminated) throw new ParlanceError('unauthenticated', 'This account has been terminated.');
    if (isRevoked(standing, token)) throw new ParlanceError('unauthenticated', 'The token has been revoked.');
  }

  /** The time of issue of a new token, in ms. Errors: `permission-denied` (ended account). */
  async issueTime(user: UserKey, deviceId: string | undefined): Promise<number> {
    const standing = await this.#of(user, 0);
    if (standing.terminated) throw new ParlanceError('permission-denied', 'This account has been terminated.');
    return issueTime(standing, deviceId, this.now());
  }

  /** Errors: `not-found`. */
  async terminate({ tenantId, userId, message }: z.output<typeof terminateUser.input>): Promise<void> {
    const ended = isStorable(message + userId) ? await this.standings.terminate({ tenantId, userId }, message) : null;
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
      await this.standings.revoke({ tenantId, userId }, revocation, revocation.kind === 'token' ? end : null);
    this.#changed({ tenantId, userId });
  }

  forget({ tenantId, userId }: UserKey): void {
    this.#byUser.evict(keyOf(tenantId, userId));
  }

  clear(): void {
    this.#byUser.clear();
  }

  #changed(user: UserKey): void {
    this.forget(user);
    const { tenantId, userId: id } = user;
    this.bus.publish(identityChanged, IDENTITY_CHANGED_ADDRESS, { kind: 'user', tenantId, id });
  }

  async #of({ tenantId, userId }: UserKey, maxAgeMs?: number): Promise<Standing> {
    return (await this.#byUser.get(keyOf(tenantId, userId), maxAgeMs)) ?? CLEAN;
  }

  async #load(keys: readonly string[]): Promise<ReadonlyMap<string, Standing>> {
    const found = await this.standings.findMany(keys.map(userOf));
    return new Map(found.map(({ tenantId, userId, ...standing }) => [keyOf(tenantId, userId), standing]));
  }
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

/** Ids are at most 128 bytes of no control characters, so this separates them. */
const SEPARATOR = '\n';

function keyOf(tenantId: string, userId: string): string {
  return `${tenantId}${SEPARATOR}${userId}`;
}

function userOf(key: string): UserKey {
  const [tenantId = '', userId = ''] = key.split(SEPARATOR);
  return { tenantId, userId };
}
