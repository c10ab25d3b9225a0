import type { Bus } from '@parlance/bus';
import { changedRooms } from '@parlance/contracts';
import type { Head } from '@parlance/domain';

/** Users of one question. */
const PAGE = 500;

interface Member {
  readonly tenantId: string;
  readonly userId: string;
}

/**
 * Finds what was published while the bus was away: asks for the heads of everything that the users of this gateway could have heard.
 * Until all were asked, nothing may be called whole.
 */
export class CatchUp {
  private missingSinceMs: number | null = null;
  private losses = 0;
  private running = false;

  constructor(
    private readonly bus: Bus,
    private readonly hear: (tenantId: string, head: Head, sinceMs: number) => void,
  ) {}

  get isDue(): boolean {
    return this.missingSinceMs !== null;
  }

  lost(sinceMs: number): void {
    this.missingSinceMs = Math.min(this.missingSinceMs ?? Infinity, sinceMs);
    this.losses += 1;
  }

  /** Errors: those of the bus; it stays due then. */
  async run(users: Iterable<Member>): Promise<void> {
    const since = this.missingSinceMs;
    if (since === null || this.running) return;
    const losses = this.losses;
    this.running = true;
    try {
      for (const [tenantId, ids] of byTenant(users)) {
        for (let start = 0; start < ids.length; start += PAGE) {
          await this.ask(tenantId, ids.slice(start, start + PAGE), since);
        }
      }
      if (this.losses === losses) this.missingSinceMs = null;
    } finally {
      this.running = false;
    }
  }

  /** An answer holds at most 1,000 heads: fewer users are asked about at a time when there are more. */
  private async ask(tenantId: string, userIds: readonly string[], sinceMs: number): Promise<void> {
    const since = new Date(sinceMs).toISOString();
    const { heads, complete } = await this.bus.request(changedRooms, { tenantId, userIds: [...userIds], since });
    for (const head of heads) this.hear(tenantId, head, sinceMs);
    if (complete || userIds.length === 1) return;
    const middle = Math.ceil(userIds.length / 2);
    await this.ask(tenantId, userIds.slice(0, middle), sinceMs);
    await this.ask(tenantId, userIds.slice(middle), sinceMs);
  }
}

function byTenant(users: Iterable<Member>): Map<string, string[]> {
  const tenants = new Map<string, string[]>();
  for (const { tenantId, userId } of users) {
    const ids = tenants.get(tenantId);
    if (ids === undefined) tenants.set(tenantId, [userId]);
    else ids.push(userId);
  }
  return tenants;
}
