import type { Bus } from '@parlance/bus';
import { noteSeen } from '@parlance/contracts';
import type { Clock, Logger } from '@parlance/observability';

/** Users of one note. */
const PAGE = 1_000;
/** Users kept while identity is away; whoever comes beyond keeps an older time. */
const MAX_USERS = 100_000;

/** Tells identity when users were last seen connected: all that left within a second, together. */
export class SeenNotes {
  private readonly left = new Map<string, Set<string>>();
  private users = 0;

  constructor(
    private readonly bus: Bus,
    private readonly now: Clock,
    private readonly logger: Logger,
  ) {}

  add(tenantId: string, userId: string): void {
    if (this.users >= MAX_USERS) return;
    const users = this.left.get(tenantId) ?? new Set();
    this.left.set(tenantId, users);
    if (!users.has(userId)) this.users += 1;
    users.add(userId);
  }

  /** Never rejects: a time that could not be noted is older than it should be, and nothing else. */
  async flush(): Promise<void> {
    const notes = [...this.left];
    this.left.clear();
    this.users = 0;
    const at = new Date(this.now()).toISOString();
    for (const [tenantId, users] of notes) {
      const ids = [...users];
      for (let start = 0; start < ids.length; start += PAGE) {
        await this.note(tenantId, ids.slice(start, start + PAGE), at);
      }
    }
  }

  private async note(tenantId: string, userIds: string[], at: string): Promise<void> {
    try {
      await this.bus.request(noteSeen, { tenantId, userIds, at });
    } catch (err) {
      this.logger.warn({ code: 'last-seen-not-noted', err, users: userIds.length }, 'last seen stays older');
    }
  }
}
