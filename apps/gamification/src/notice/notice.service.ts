import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { DRAIN, JobLoop, LOGGER, type Drain } from '@parlance/bootstrap';
import { Metrics, type Logger } from '@parlance/observability';
import type { Counter } from 'prom-client';
import { documentOf } from '../engine/score-document.js';
import { RulesService } from '../rules/rules.service.js';
import { Audience } from './audience.js';
import { DayNoticeRepository, type DayNotice } from './day-notice.repository.js';
import { RewardNoticeRepository, type RewardNotice } from './reward-notice.repository.js';
import { Teller } from './teller.js';

/** A user's devices are told of a document at most so often. */
export const DAY_GAP_MS = 250;
/** Everybody is told of a reward at most so often. */
export const REWARD_GAP_MS = 500;
/** Changes of so short a time are looked for together. */
const SOON_MS = 20;
/** How long a change whose replica died before it told of it may wait. */
const SWEEP_MS = 1_000;
const DAYS_AT_ONCE = 500;
const REWARDS_AT_ONCE = 20;

/** One that is to come, so many ms after it was asked for. */
interface Look {
  readonly ms: number;
  readonly timer: NodeJS.Timeout;
}

/**
 * Tells users what changed. The change itself is the outbox: a document or a reward has a version, and the version that was told, both
 * in its row. After a commit this replica looks at once, and every replica looks again and again; what was taken and not told,
 * because a replica died between, is taken again. So the last state is always told, and now and then one twice.
 */
@Injectable()
export class NoticeService implements OnApplicationBootstrap {
  readonly #days: JobLoop;
  readonly #rewards: JobLoop;
  readonly #told: Counter<'what'>;
  readonly #later = new Map<JobLoop, Look>();

  constructor(
    @Inject(DayNoticeRepository) private readonly days: DayNoticeRepository,
    @Inject(RewardNoticeRepository) private readonly rewards: RewardNoticeRepository,
    @Inject(RulesService) private readonly rules: RulesService,
    @Inject(Audience) private readonly audience: Audience,
    @Inject(Teller) private readonly teller: Teller,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(Metrics) metrics: Metrics,
    @Inject(DRAIN) drain: Drain,
  ) {
    const failed = (error: unknown): void => this.#failed(error);
    this.#days = new JobLoop(SWEEP_MS, async () => this.#tellDays(), failed);
    this.#rewards = new JobLoop(SWEEP_MS, async () => this.#tellRewards(), failed);
    this.#told = metrics.counter({
      name: 'gamification_notices_total',
      help: 'Changes told to users.',
      labels: ['what'],
    });
    drain.add('finish', 'gamification-notices', async () => this.#stop());
  }

  onApplicationBootstrap(): void {
    this.#days.start();
    this.#rewards.start();
  }

  /** Something was committed that users may have to be told of. */
  daysChanged(): void {
    this.#lookIn(this.#days, SOON_MS);
  }

  rewardsChanged(): void {
    this.#lookIn(this.#rewards, SOON_MS);
  }

  async #tellDays(): Promise<void> {
    if (!this.teller.connected) return;
    const taken = await this.days.take(DAY_GAP_MS, DAYS_AT_ONCE);
    for (const notice of taken) await this.#tellDay(notice);
    if (taken.length > 0) {
      await this.teller.flush();
      await this.days.told(taken);
    }
    if (taken.length === DAYS_AT_ONCE) this.#days.poke();
    else if (await this.days.isWaiting()) this.#lookIn(this.#days, DAY_GAP_MS);
  }

  async #tellDay(notice: DayNotice): Promise<void> {
    const { tenantId, userId, rulesVersion } = notice;
    this.teller.score(tenantId, userId, documentOf(await this.rules.version(tenantId, rulesVersion), notice));
    this.#told.inc({ what: 'score' });
  }

  async #tellRewards(): Promise<void> {
    if (!this.teller.connected) return;
    await this.rewards.end();
    const taken = await this.rewards.take(REWARD_GAP_MS, REWARDS_AT_ONCE);
    for (const notice of taken) await this.#tellReward(notice);
    if (taken.length > 0) {
      await this.teller.flush();
      await this.rewards.told(taken);
    }
    if (taken.length === REWARDS_AT_ONCE) this.#rewards.poke();
    else if (await this.rewards.isWaiting()) this.#lookIn(this.#rewards, REWARD_GAP_MS);
  }

  async #tellReward(notice: RewardNotice): Promise<void> {
    const { tenantId, rewardId, roomId } = notice;
    for await (const users of this.audience.of(tenantId, roomId)) {
      const takers = await this.rewards.takers(tenantId, rewardId, users);
      const { remaining, isExpired } = notice;
      for (const userId of users) {
        this.teller.reward({ tenantId, rewardId, remaining, isExpired }, userId, takers.has(userId));
      }
      this.#told.inc({ what: 'reward' }, users.length);
    }
  }

  /** In a moment, for what is new; when the gap is over, for what changed again within it. The sooner look finds both out. */
  #lookIn(loop: JobLoop, ms: number): void {
    const known = this.#later.get(loop);
    if (known !== undefined && known.ms <= ms) return;
    clearTimeout(known?.timer);
    const look = (): void => {
      this.#later.delete(loop);
      loop.poke();
    };
    this.#later.set(loop, { ms, timer: setTimeout(look, ms) });
  }

  #failed(error: unknown): void {
    this.logger.warn({ code: 'notices-failed', err: error }, 'users could not be told; it is tried again');
  }

  async #stop(): Promise<void> {
    for (const { timer } of this.#later.values()) clearTimeout(timer);
    await Promise.all([this.#days.stop(), this.#rewards.stop()]);
  }
}
