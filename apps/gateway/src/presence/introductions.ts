import type { Bus } from '@parlance/bus';
import { introducePeers, INTRODUCTION_PAGE } from '@parlance/contracts';
import { ParlanceError } from '@parlance/domain';
import type { Logger } from '@parlance/observability';
import type { Connection } from '../connection.js';
import { keyOf } from '../connection.js';

/** Newcomers that wait; beyond, the newest learn of others by what happens. */
const MAX_WAITING = 50_000;
/** Of one request; less than it may hold, as who goes while it is answered is told of after it. */
const PAGE = INTRODUCTION_PAGE / 2;
/** While so many come between two flushes, they are let in first; nobody waits longer for it than that, ms. */
const MANY = 25;
const MAX_HELD_MS = 5_000;

interface Newcomer {
  readonly tenantId: string;
  readonly userId: string;
  /** ms on the monotonic clock */
  readonly since: number;
}

/**
 * Has those who come told who is there, where their clients know it from nothing else. A page at a time, after they are bound: a storm
 * of connections is not held up by it.
 */
export class Introductions {
  private readonly waiting = new Map<string, Newcomer>();
  private running = false;
  /** since the last flush */
  private came = 0;

  constructor(
    private readonly bus: Pick<Bus, 'request'>,
    private readonly isHere: (tenantId: string, userId: string) => boolean,
    private readonly logger: Logger,
    private readonly now: () => number = () => performance.now(),
  ) {}

  get size(): number {
    return this.waiting.size;
  }

  bound({ dialect, identity }: Connection): void {
    if (identity === null || dialect?.presenceIsPushed !== true || this.waiting.size >= MAX_WAITING) return;
    const [tenantId, userId] = [identity.caller.tenant.id, identity.user.id];
    const key = keyOf(tenantId, userId);
    this.came += 1;
    if (!this.waiting.has(key)) this.waiting.set(key, { tenantId, userId, since: this.now() });
  }

  /** One page of one tenant. Who has gone meanwhile needs none. Run every so often. Never rejects. */
  async flush(): Promise<void> {
    if (this.running) return;
    for (const [key, { tenantId, userId }] of this.waiting)
      if (!this.isHere(tenantId, userId)) this.waiting.delete(key);
    const [first] = this.waiting.values();
    const isStorm = this.came > MANY;
    this.came = 0;
    if (first === undefined || (isStorm && this.now() - first.since < MAX_HELD_MS)) return;
    this.running = true;
    const { tenantId } = first;
    const page = [...this.waiting].filter(([, one]) => one.tenantId === tenantId).slice(0, PAGE);
    for (const [key] of page) this.waiting.delete(key);
    try {
      await this.bus.request(introducePeers, { tenantId, userIds: page.map(([, { userId }]) => userId) });
    } catch (err) {
      this.logger.warn({ code: 'not-introduced', err, tenantId, users: page.length }, 'it is tried again');
      if (err instanceof ParlanceError && err.retryable) for (const [key, one] of page) this.waiting.set(key, one);
    } finally {
      this.running = false;
    }
  }
}
