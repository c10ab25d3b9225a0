import { Inject, Injectable } from '@nestjs/common';
import { BUS } from '@parlance/bootstrap';
import type { Bus } from '@parlance/bus';
import { findUsers } from '@parlance/contracts';
import { LRUCache } from 'lru-cache';

const MAX_USERS = 50_000;
/** How long a user's day may go on by the zone it was in before. */
const KNOWN_MS = 60_000;
const PAGE = 256;
const UTC = 'UTC';

export interface Person {
  readonly tenantId: string;
  readonly userId: string;
}

/** The time zones of users, asked of identity. Who has none, or is unknown, lives by UTC. */
@Injectable()
export class Zones {
  readonly #known = new LRUCache<string, string>({ max: MAX_USERS, ttl: KNOWN_MS });

  constructor(@Inject(BUS) private readonly bus: Bus) {}

  /** In the order asked. Errors: `unavailable`. */
  async of(people: readonly Person[]): Promise<readonly string[]> {
    const zones = new Map<string, string>();
    const missing = new Map<string, Set<string>>();
    for (const { tenantId, userId } of people) {
      const known = this.#known.get(keyOf(tenantId, userId));
      if (known !== undefined) zones.set(keyOf(tenantId, userId), known);
      else missing.set(tenantId, (missing.get(tenantId) ?? new Set()).add(userId));
    }
    for (const [tenantId, userIds] of missing) await this.#ask(tenantId, [...userIds], zones);
    return people.map(({ tenantId, userId }) => zones.get(keyOf(tenantId, userId)) ?? UTC);
  }

  async #ask(tenantId: string, userIds: readonly string[], zones: Map<string, string>): Promise<void> {
    for (let start = 0; start < userIds.length; start += PAGE) {
      const page = userIds.slice(start, start + PAGE);
      const { users } = await this.bus.request(findUsers, { tenantId, refs: page.map((id) => ({ id })) });
      page.forEach((userId, index) => {
        const zone = users[index]?.timeZone ?? UTC;
        zones.set(keyOf(tenantId, userId), zone);
        this.#known.set(keyOf(tenantId, userId), zone);
      });
    }
  }
}

function keyOf(tenantId: string, userId: string): string {
  return JSON.stringify([tenantId, userId]);
}
