import { randomUUID } from 'node:crypto';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { BUS, CLOCK, DRAIN, JobLoop, LOGGER, type Drain } from '@parlance/bootstrap';
import type { Bus } from '@parlance/bus';
import { eventsAfter } from '@parlance/contracts';
import { DIRECT_MESSAGE } from '@parlance/domain';
import { ConsumerLag, Metrics, type Clock, type Logger } from '@parlance/observability';
import { LRUCache } from 'lru-cache';
import type { z } from 'zod';
import { LocalDays } from '../engine/local-day.js';
import { FactRepository, type Cursor, type LedgerFact } from '../fact/fact.repository.js';
import { verdictsOf } from '../fact/fact.rules.js';
import { NoticeService } from '../notice/notice.service.js';
import { RulesService } from '../rules/rules.service.js';
import { FeedRepository } from './feed.repository.js';
import { Zones } from './zones.js';

type Page = z.output<typeof eventsAfter.output>;

const TICK_MS = 500;
const LEASE_MS = 3_000;
const PAGE_EVENTS = 1_000;
/** Pages read in one turn under one lease. */
const PAGES_PER_TURN = 10;
const MAX_DAYS_DONE = 100_000;
/** What stands in a direct room without its sender having written it. */
const NOT_WRITTEN: ReadonlySet<string> = new Set(['info', 'call']);

/**
 * Counts committed direct messages. Pulls the message log page by page; the page's facts and the cursor behind it are one transaction that
 * compares the cursor with where the page began. So a message counts once, whatever the bus does and whoever dies when.
 */
@Injectable()
export class FeedService implements OnApplicationBootstrap {
  readonly #holder = randomUUID();
  readonly #loop: JobLoop;
  readonly #days = new LocalDays();
  /** days for which another message would change nothing: it is not even stored */
  readonly #done = new LRUCache<string, true>({ max: MAX_DAYS_DONE });
  readonly #lag: ConsumerLag;

  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(FeedRepository) private readonly feed: FeedRepository,
    @Inject(FactRepository) private readonly facts: FactRepository,
    @Inject(RulesService) private readonly rules: RulesService,
    @Inject(Zones) private readonly zones: Zones,
    @Inject(NoticeService) private readonly notices: NoticeService,
    @Inject(CLOCK) clock: Clock,
    @Inject(LOGGER) logger: Logger,
    @Inject(Metrics) metrics: Metrics,
    @Inject(DRAIN) drain: Drain,
  ) {
    this.#lag = new ConsumerLag(clock);
    this.#loop = new JobLoop(
      TICK_MS,
      async () => this.#turn(),
      (error) =>
        logger.warn({ code: 'feed-failed', err: error }, 'the message log could not be read; it is tried again'),
    );
    metrics.gauge({
      name: 'gamification_feed_lag_seconds',
      help: 'How far the feed is behind the log: age of the oldest message not counted yet; 0 where another replica reads.',
      read: () => this.#lag.seconds,
    });
    metrics.gauge({
      name: 'gamification_feed_leader_count',
      help: 'Whether this replica holds the lease of the feed and counts messages: of all replicas, one should.',
      read: () => this.#lag.readers,
    });
    drain.add('finish', 'gamification-feed', async () => {
      await this.#loop.stop();
      await this.feed.release(this.#holder);
    });
  }

  onApplicationBootstrap(): void {
    this.#loop.start();
  }

  async #turn(): Promise<void> {
    let cursor = await this.feed.lead(this.#holder, LEASE_MS);
    if (cursor === null) this.#lag.rest();
    for (let page = 0; page < PAGES_PER_TURN && cursor !== null; page += 1) cursor = await this.#page(cursor);
    if (cursor !== null) this.#loop.poke();
  }

  /** The cursor of the next page; null: there is none yet. */
  async #page(from: Cursor): Promise<Cursor | null> {
    const page = await this.bus.request(eventsAfter, {
      cursor: from,
      types: ['message.created'],
      roomKinds: ['direct'],
      limit: PAGE_EVENTS,
    });
    this.#lag.read(page.waitingMs);
    const batch = await this.#countable(page);
    if (batch.length === 0) await this.#skip(from, page.cursor);
    else await this.#store(batch, from, page.cursor);
    return page.more ? page.cursor : null;
  }

  async #skip(from: Cursor, to: Cursor): Promise<void> {
    if (from.xid !== to.xid || from.id !== to.id) await this.feed.skip(from, to);
  }

  async #store(batch: readonly LedgerFact[], from: Cursor, to: Cursor): Promise<void> {
    for (const tenantId of new Set(batch.map((fact) => fact.tenantId))) await this.rules.recent(tenantId);
    const applied = await this.facts.applyPage(batch, from, to);
    if (applied === null) return;
    if (applied.fresh.length > 0) this.notices.daysChanged();
    // A day whose rules know no such action has no tally of it.
    const tallied = new Set(applied.tallies.map(dayKey));
    verdictsOf(batch, applied).forEach((verdict, index) => {
      const fact = batch[index];
      if (fact === undefined || verdict === null) return;
      if (verdict === 'capped' || !tallied.has(dayKey(fact))) this.#done.set(dayKey(fact), true);
    });
  }

  async #countable({ events }: Page): Promise<readonly LedgerFact[]> {
    const written = events.flatMap(({ tenantId, at, message }) =>
      message === null || message.isCopy || NOT_WRITTEN.has(message.type)
        ? []
        : [{ tenantId, userId: message.senderId, factId: message.id, at: Date.parse(at) }],
    );
    const zones = await this.zones.of(written);
    return written
      .map(({ at, ...fact }, index): LedgerFact => {
        const { day, startsAt } = this.#days.at(zones[index] ?? null, at);
        return { ...fact, type: DIRECT_MESSAGE, ref: null, at: at * 1_000, day, startsAt };
      })
      .filter((fact) => !this.#done.has(dayKey(fact)));
  }
}

function dayKey({ tenantId, userId, day }: Pick<LedgerFact, 'tenantId' | 'userId' | 'day'>): string {
  return JSON.stringify([tenantId, userId, day]);
}
