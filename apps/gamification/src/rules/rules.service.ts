import { isDeepStrictEqual } from 'node:util';
import { Inject, Injectable } from '@nestjs/common';
import { DEFAULT_SCORE_RULES, ParlanceError, type ScoreRules, type VersionedRules } from '@parlance/domain';
import { LRUCache } from 'lru-cache';
import { RulesRepository } from './rules.repository.js';

const MAX_VERSIONS = 2_000;
/** How long a replica may take a tenant's newest version for the newest after another one has put a newer. */
const NEWEST_MS = 1_000;
const ATTEMPTS = 5;

/** A tenant's rules. A version never changes, so what is known of it stays known. */
@Injectable()
export class RulesService {
  readonly #versions = new LRUCache<string, ScoreRules>({ max: MAX_VERSIONS });
  readonly #newest = new LRUCache<string, VersionedRules>({ max: MAX_VERSIONS, ttl: NEWEST_MS });

  constructor(@Inject(RulesRepository) private readonly repository: RulesRepository) {}

  /** The newest version, or one that was the newest a moment ago. */
  async recent(tenantId: string): Promise<VersionedRules> {
    return this.#newest.get(tenantId) ?? this.newest(tenantId);
  }

  /** A tenant without rules gets the default ones as its first version. */
  async newest(tenantId: string): Promise<VersionedRules> {
    const found = (await this.repository.newest(tenantId)) ?? (await this.#first(tenantId));
    this.#newest.set(tenantId, found);
    return found;
  }

  async version(tenantId: string, version: number): Promise<ScoreRules> {
    const key = JSON.stringify([tenantId, version]);
    const rules = this.#versions.get(key) ?? (await this.repository.version(tenantId, version));
    if (rules === null) throw new RangeError(`There is no version ${version} of the rules.`);
    this.#versions.set(key, rules);
    return rules;
  }

  async put(tenantId: string, rules: ScoreRules): Promise<VersionedRules> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const newest = await this.repository.newest(tenantId);
      if (newest !== null && isDeepStrictEqual(newest.rules, rules)) return newest;
      if (!(await this.repository.insert(tenantId, (newest?.version ?? 0) + 1, rules))) continue;
      return this.newest(tenantId);
    }
    throw new ParlanceError('conflict', 'The rules are being changed by others; repeat.');
  }

  async #first(tenantId: string): Promise<VersionedRules> {
    await this.repository.insert(tenantId, 1, DEFAULT_SCORE_RULES);
    const made = await this.repository.newest(tenantId);
    if (made === null) throw new RangeError('The first rules are gone.');
    return made;
  }
}
