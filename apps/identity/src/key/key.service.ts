import { Inject, Injectable } from '@nestjs/common';
import { apiKeyMatches, hashApiKey, isDemoKey, issueApiKey, type ApiKeyClaim } from '@parlance/auth';
import { BUS, CLOCK } from '@parlance/bootstrap';
import type { Bus } from '@parlance/bus';
import { IDENTITY_CHANGED_ADDRESS, identityChanged, type createKey, type revokeKey } from '@parlance/contracts';
import { ParlanceError } from '@parlance/domain';
import type { Clock } from '@parlance/observability';
import { randomBytes } from 'node:crypto';
import type { z } from 'zod';
import type { IdentitySettings } from '../identity.config.js';
import { CachedLookup } from '../lookup/cached-lookup.js';
import { OPERATOR_TENANT } from '../tenant/operator-tenant.js';
import { NEW_ID, SETTINGS } from '../tokens.js';
import { isStorable } from '../user/user-rules.js';
import { KeyRepository, type StoredKey } from './key.repository.js';

type KeyAnswer = z.input<typeof createKey.output>;

/** API keys, from memory where possible. */
@Injectable()
export class KeyService {
  readonly #byId: CachedLookup<readonly StoredKey[]>;
  readonly #demo: boolean;
  /** hash of the operator's key, where the settings name one */
  readonly #operator: StoredKey['hash'] | null;

  constructor(
    @Inject(KeyRepository) private readonly keys: KeyRepository,
    @Inject(CLOCK) now: Clock,
    @Inject(BUS) private readonly bus: Bus,
    @Inject(NEW_ID) private readonly newId: () => string,
    @Inject(SETTINGS) { identity }: IdentitySettings,
  ) {
    this.#byId = new CachedLookup({ load: (ids) => keys.findMany(ids), now });
    this.#demo = identity.demo;
    this.#operator = identity.operatorKey === undefined ? null : Uint8Array.from(hashApiKey(identity.operatorKey));
  }

  /** The stored key of this text, or null. A demo key that somebody stored after the start still opens nothing. */
  async find(text: string, { id, kind }: ApiKeyClaim): Promise<StoredKey | null> {
    if (isDemoKey(text) && !this.#demo) return null;
    if (kind === 'operator' && this.#operator !== null && apiKeyMatches(text, this.#operator))
      return { tenantId: OPERATOR_TENANT.id, id, kind, hash: this.#operator };
    const candidates = (await this.#byId.get(id)) ?? [];
    return candidates.find((key) => apiKeyMatches(text, key.hash) && key.kind === kind) ?? null;
  }

  /** Errors: `not-found` (no such tenant). */
  async create({ tenantId, kind }: z.output<typeof createKey.input>): Promise<KeyAnswer> {
    const { id, text, hash } = issueApiKey(kind, { newId: this.newId, randomBytes });
    if (!isStorable(tenantId)) throw new ParlanceError('not-found', 'There is no such tenant.');
    await this.keys.create(tenantId, { id, kind, hash: Uint8Array.from(hash) });
    this.forget(id);
    return { id, kind, key: text };
  }

  /** Errors: `not-found`. */
  async revoke({ tenantId, id }: z.output<typeof revokeKey.input>): Promise<void> {
    const tenants = isStorable(id) ? await this.keys.remove(tenantId, id) : [];
    if (tenants.length === 0) throw new ParlanceError('not-found', 'There is no such key.');
    this.forget(id);
    for (const owner of tenants) {
      this.bus.publish(identityChanged, IDENTITY_CHANGED_ADDRESS, { kind: 'credential', tenantId: owner, id });
    }
  }

  forget(id: string): void {
    this.#byId.evict(id);
  }

  clear(): void {
    this.#byId.clear();
  }
}
