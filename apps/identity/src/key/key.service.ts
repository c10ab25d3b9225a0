import { Inject, Injectable } from '@nestjs/common';
import { apiKeyMatches, isDemoKey, type ApiKeyClaim } from '@parlance/auth';
import { CLOCK } from '@parlance/bootstrap';
import type { Clock } from '@parlance/observability';
import type { IdentitySettings } from '../identity.config.js';
import { CachedLookup } from '../lookup/cached-lookup.js';
import { SETTINGS } from '../tokens.js';
import { KeyRepository, type StoredKey } from './key.repository.js';

/** API keys, from memory where possible. */
@Injectable()
export class KeyService {
  readonly #byId: CachedLookup<readonly StoredKey[]>;
  readonly #demo: boolean;

  constructor(
    @Inject(KeyRepository) keys: KeyRepository,
    @Inject(CLOCK) now: Clock,
    @Inject(SETTINGS) { identity }: IdentitySettings,
  ) {
    this.#byId = new CachedLookup({ load: (ids) => keys.findMany(ids), now });
    this.#demo = identity.demo;
  }

  /** The stored key of this text, or null. A demo key that somebody stored after the start still opens nothing. */
  async find(text: string, { id, kind }: ApiKeyClaim): Promise<StoredKey | null> {
    if (isDemoKey(text) && !this.#demo) return null;
    const candidates = (await this.#byId.get(id)) ?? [];
    return candidates.find((key) => apiKeyMatches(text, key.hash) && key.kind === kind) ?? null;
  }

  forget(id: string): void {
    this.#byId.evict(id);
  }
}
