import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { BUS, CLOCK, DRAIN, LOGGER, type Drain } from '@parlance/bootstrap';
import type { BatchAnswer, BatchItem, Bus } from '@parlance/bus';
import { getRoom, resolveRooms, type consumeReward, type createReward } from '@parlance/contracts';
import { objectIdMaker, ParlanceError, toParlanceError, type Reward } from '@parlance/domain';
import { Metrics, type Clock, type Logger } from '@parlance/observability';
import { laneOf } from '@parlance/persistence';
import type { Counter } from 'prom-client';
import type { z } from 'zod';
import { GroupCommit, type GroupItem } from '../database/group-commit.js';
import { GAMIFICATION_CONFIG, type GamificationConfig } from '../gamification.config.js';
import { NoticeService } from '../notice/notice.service.js';
import { Teller } from '../notice/teller.js';
import { RewardRepository, type RewardRow, type Taken, type Taking } from './reward.repository.js';
import { isSame, newReward, rewardNotFound, shown } from './reward.rules.js';

type CreateInput = z.output<typeof createReward.input>;
type ConsumeInput = z.output<typeof consumeReward.input>;
type ConsumeOutput = z.input<typeof consumeReward.output>;
type Answer = BatchAnswer<ConsumeOutput>;
type QueuedTaking = Taking & GroupItem;

const MAX_QUEUE_BYTES = 4 * 1_048_576;
const TAKING_BYTES = 512;

@Injectable()
export class RewardService {
  readonly #group: GroupCommit<QueuedTaking, ConsumeOutput>;
  readonly #newId: () => string;
  readonly #outcomes: Counter<'outcome'>;

  constructor(
    @Inject(GAMIFICATION_CONFIG) { gamification }: GamificationConfig,
    @Inject(RewardRepository) private readonly repository: RewardRepository,
    @Inject(NoticeService) private readonly notices: NoticeService,
    @Inject(Teller) private readonly teller: Teller,
    @Inject(BUS) private readonly bus: Bus,
    @Inject(CLOCK) clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(Metrics) metrics: Metrics,
    @Inject(DRAIN) drain: Drain,
  ) {
    this.#newId = objectIdMaker({ now: clock, randomBytes });
    this.#group = new GroupCommit({
      lanes: gamification.lanes,
      maxItems: gamification.queueItems,
      maxBytes: MAX_QUEUE_BYTES,
      clock,
      commit: async (items) => this.#commit(items),
      onFailure: (error) => logger.error({ code: 'reward-failed', err: error }, 'a reward could not be granted'),
    });
    this.#outcomes = metrics.counter({
      name: 'gamification_takings_total',
      help: 'Requests for rewards by their outcome.',
      labels: ['outcome'],
    });
    drain.add('finish', 'gamification-rewards', async () => this.#group.idle());
  }

  async create({ tenantId, fields }: CreateInput): Promise<{ reward: Reward; created: boolean }> {
    const wanted = newReward(fields.id ?? this.#newId(), fields);
    if (wanted.roomId !== null) await this.#requireRoom(tenantId, wanted.roomId);
    const created = await this.repository.insert(tenantId, wanted);
    const stored = await this.repository.find(tenantId, wanted.id);
    if (stored === null || !(created || isSame(stored, wanted))) {
      throw new ParlanceError('conflict', 'This id is taken by another reward.', { fields: { id: 'is taken' } });
    }
    return { reward: shown(stored), created };
  }

  async get(tenantId: string, rewardId: string, viewerId: string | null): Promise<Reward> {
    return shown(await this.#visible(tenantId, rewardId, viewerId));
  }

  /** One answer per item, in order. */
  async consumeBatch(items: readonly BatchItem<ConsumeInput>[]): Promise<readonly Answer[]> {
    return Promise.all(items.map(async ({ input, context }) => this.#consume(input, context.deadline)));
  }

  async #consume(input: ConsumeInput, deadline: number): Promise<Answer> {
    const { tenantId, rewardId, userId, idempotencyKey: key } = input;
    try {
      await this.#visible(tenantId, rewardId, userId);
      const lane = laneOf(tenantId, rewardId);
      const grantId = this.#newId();
      return await this.#group.submit({
        tenantId,
        rewardId,
        userId,
        key,
        grantId,
        deadline,
        lane,
        bytes: TAKING_BYTES,
      });
    } catch (error) {
      return { ok: false, error: toParlanceError(error) };
    }
  }

  async #commit(items: readonly QueuedTaking[]): Promise<readonly Answer[]> {
    const outcomes = await this.repository.take(items);
    items.forEach((item, index) => this.#tellTaker(item, outcomes[index]));
    if (outcomes.some(({ outcome }) => outcome === 'consumed')) this.notices.rewardsChanged();
    return outcomes.map((taken) => this.#answer(taken));
  }

  #answer({ outcome, remaining, grant_id: grantId }: Taken): Answer {
    this.#outcomes.inc({ outcome });
    if (outcome === 'not-found') return { ok: false, error: rewardNotFound() };
    return { ok: true, value: { outcome, remaining, ...(grantId === null ? {} : { grantId }) } };
  }

  /** At once; should this get lost, the notice to everybody who sees the reward includes the taker. */
  #tellTaker({ tenantId, rewardId, userId, grantId }: Taking, taken: Taken | undefined): void {
    if (taken?.outcome !== 'consumed' || taken.grant_id !== grantId) return;
    try {
      this.teller.reward({ tenantId, rewardId, remaining: taken.remaining, isExpired: taken.is_expired }, userId, true);
    } catch (error) {
      this.logger.warn({ code: 'taker-not-told', err: error, tenantId, rewardId }, 'a taker was not told at once');
    }
  }

  /** A reward for a room is nobody else's to see. */
  async #visible(tenantId: string, rewardId: string, viewerId: string | null): Promise<RewardRow> {
    const reward = await this.repository.find(tenantId, rewardId);
    if (reward === null) throw rewardNotFound();
    if (reward.roomId === null || viewerId === null) return reward;
    await this.bus.request(getRoom, { tenantId, viewerId, roomId: reward.roomId }).catch((error: unknown) => {
      throw error instanceof ParlanceError && error.code === 'not-found' ? rewardNotFound() : error;
    });
    return reward;
  }

  async #requireRoom(tenantId: string, roomId: string): Promise<void> {
    const { rooms } = await this.bus.request(resolveRooms, { tenantId, keys: [roomId] });
    if (rooms[0]?.id !== roomId) throw new ParlanceError('not-found', 'Room not found.');
  }
}
