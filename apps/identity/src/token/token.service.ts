import { Inject, Injectable } from '@nestjs/common';
import {
  importTokenKey,
  newOwnKey,
  signToken,
  verifyToken,
  type TokenIdentity,
  type TokenKey,
  type TokenKeySet,
} from '@parlance/auth';
import { CLOCK } from '@parlance/bootstrap';
import type { issueToken } from '@parlance/contracts';
import { ParlanceError } from '@parlance/domain';
import type { Clock } from '@parlance/observability';
import { randomBytes } from 'node:crypto';
import type { z } from 'zod';
import type { IdentitySettings } from '../identity.config.js';
import { CachedLookup } from '../lookup/cached-lookup.js';
import { NEW_ID, SETTINGS } from '../tokens.js';
import { StandingService } from '../standing/standing.service.js';
import { UserService } from '../user/user.service.js';
import { SigningKeyRepository } from './signing-key.repository.js';

/** Keys may be that old when a token names one that is not among them: another replica may have just made it. */
const UNKNOWN_KEY_AGE_MS = 1_000;

type TokenInput = z.output<typeof issueToken.input>;
type TokenAnswer = z.input<typeof issueToken.output>;

/** Issues and verifies user tokens. */
@Injectable()
export class TokenService {
  readonly #keysByTenant: CachedLookup<TokenKeySet>;
  readonly #tokenTtlMs: number;

  constructor(
    @Inject(SigningKeyRepository) private readonly keys: SigningKeyRepository,
    @Inject(UserService) private readonly users: UserService,
    @Inject(StandingService) private readonly standings: StandingService,
    @Inject(CLOCK) private readonly now: Clock,
    @Inject(NEW_ID) private readonly newId: () => string,
    @Inject(SETTINGS) { identity }: IdentitySettings,
  ) {
    // One tenant per query: a key that does not open must not fail the tokens of other tenants.
    this.#keysByTenant = new CachedLookup({ load: (ids) => this.#load(ids), now, batch: 1 });
    this.#tokenTtlMs = identity.tokenTtlMs;
  }

  /** Errors: `not-found` (no such user), `permission-denied` (a terminated one), `unauthenticated` (`from` is over). */
  async issue({ tenantId, userId, ttlSeconds, deviceId, dialect, from }: TokenInput): Promise<TokenAnswer> {
    const [user] = await this.users.find(tenantId, [{ id: userId }]);
    if (user == null) throw new ParlanceError('not-found', 'There is no such user.');
    const now = await this.standings.issueTime({ tenantId, userId }, deviceId);
    const wanted = ttlSeconds ?? Math.floor(this.#tokenTtlMs / 1000);
    const ttl = from === undefined ? wanted : Math.min(wanted, Math.floor((Date.parse(from.expiresAt) - now) / 1000));
    if (ttl < 1) throw new ParlanceError('unauthenticated', 'The token has expired.');
    const tokenId = from?.credentialId ?? this.newId();
    const request = { tenantId, userId, tokenId, deviceId, dialect, now, ttlSeconds: ttl };
    const { token, expiresAt } = await signToken(request, await this.#ownKey(tenantId));
    return { token, expiresAt: new Date(expiresAt).toISOString() };
  }

  /** Errors: `unauthenticated` (not valid, revoked, or of an ended account). */
  async verify(token: string, tenantId: string): Promise<TokenIdentity> {
    const identity = await this.#judge(token, tenantId);
    await this.standings.require({ tenantId, userId: identity.userId }, identity);
    return identity;
  }

  async #judge(token: string, tenantId: string): Promise<TokenIdentity> {
    const keys = (await this.#keysByTenant.get(tenantId)) ?? [];
    try {
      return await verifyToken(token, keys, { tenantId, now: this.now() });
    } catch (error) {
      const newer = (await this.#keysByTenant.get(tenantId, UNKNOWN_KEY_AGE_MS)) ?? [];
      if (newer === keys) throw error;
      return verifyToken(token, newer, { tenantId, now: this.now() });
    }
  }

  /** Makes the tenant's first key, unless it has one. */
  async prepare(tenantId: string): Promise<void> {
    await this.#ownKey(tenantId);
  }

  forget(tenantId: string): void {
    this.#keysByTenant.evict(tenantId);
  }

  clear(): void {
    this.#keysByTenant.clear();
  }

  async #ownKey(tenantId: string): Promise<TokenKey> {
    const known = ownKeyOf(await this.#keysByTenant.get(tenantId));
    if (known !== null) return known;
    const fresh = newOwnKey(1, randomBytes);
    // Whoever comes second with the same id stores nothing, so all replicas sign with one key.
    await this.keys.createIfAbsent(tenantId, fresh.kid, fresh);
    this.forget(tenantId);
    const stored = ownKeyOf(await this.#keysByTenant.get(tenantId));
    if (stored === null) throw new Error(`The signing key of the tenant ${tenantId} is not stored.`);
    return stored;
  }

  async #load(tenantIds: readonly string[]): Promise<ReadonlyMap<string, TokenKeySet>> {
    const stored = await this.keys.findMany(tenantIds);
    const ready = [...stored].map(async ([id, keys]) => [id, await Promise.all(keys.map(importTokenKey))] as const);
    return new Map(await Promise.all(ready));
  }
}

function ownKeyOf(keys: TokenKeySet | null): TokenKey | null {
  return keys?.find(({ issuer }) => issuer === 'parlance') ?? null;
}
