import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, DRAIN, LOGGER, type Drain } from '@parlance/bootstrap';
import type { BatchAnswer, BatchItem } from '@parlance/bus';
import { scoreVerdictSchema, toParlanceError } from '@parlance/domain';
import { Metrics, type Clock, type Logger } from '@parlance/observability';
import { laneOf } from '@parlance/persistence';
import type { Counter, Histogram } from 'prom-client';
import { DatabaseClock } from '../database/database-clock.js';
import { GroupCommit, type GroupItem } from '../database/group-commit.js';
import { LocalDays } from '../engine/local-day.js';
import { GAMIFICATION_CONFIG, type GamificationConfig } from '../gamification.config.js';
import { NoticeService } from '../notice/notice.service.js';
import { RulesService } from '../rules/rules.service.js';
import { FactRepository, type LedgerFact, type ToldFact } from './fact.repository.js';
import {
  checkTypes,
  knownTypes,
  refusalOf,
  settleTimes,
  summaryOf,
  verdictsOf,
  type RecordInput,
  type RecordOutput,
} from './fact.rules.js';

type Answer = BatchAnswer<RecordOutput>;

interface QueuedFacts extends GroupItem {
  readonly input: RecordInput;
}

/** One request of a batch: its facts, or why there are none. */
type Settled = { readonly facts: readonly LedgerFact[] } | { readonly refused: Answer };

/** What can become of a fact; null: known before. */
const VERDICTS = [...scoreVerdictSchema.options, null];
const MAX_QUEUE_BYTES = 16 * 1_048_576;
const FACT_BYTES = 128;

/** Facts: checked, queued, committed in groups, answered; who is to be told is found by the notices. */
@Injectable()
export class FactService {
  readonly #group: GroupCommit<QueuedFacts, RecordOutput>;
  readonly #days = new LocalDays();
  readonly #batchFacts: Histogram;
  readonly #facts: Counter<'verdict'>;

  constructor(
    @Inject(GAMIFICATION_CONFIG) { gamification }: GamificationConfig,
    @Inject(FactRepository) private readonly repository: FactRepository,
    @Inject(DatabaseClock) private readonly databaseClock: DatabaseClock,
    @Inject(RulesService) private readonly rules: RulesService,
    @Inject(NoticeService) private readonly notices: NoticeService,
    @Inject(CLOCK) clock: Clock,
    @Inject(LOGGER) logger: Logger,
    @Inject(Metrics) metrics: Metrics,
    @Inject(DRAIN) drain: Drain,
  ) {
    this.#group = new GroupCommit({
      lanes: gamification.lanes,
      maxItems: gamification.queueItems,
      maxBytes: MAX_QUEUE_BYTES,
      clock,
      commit: async (items) => this.#commit(items),
      onFailure: (error) => logger.error({ code: 'facts-failed', err: error }, 'facts could not be stored'),
    });
    this.#batchFacts = metrics.histogram({
      name: 'gamification_batch_items',
      help: 'Facts in one commit.',
      buckets: [1, 4, 16, 64, 256, 1_024, 4_096],
    });
    metrics.gauge({
      name: 'gamification_queue_count',
      help: 'Reports of facts not yet committed.',
      read: () => this.#group.depth,
    });
    this.#facts = metrics.counter({
      name: 'gamification_facts_total',
      help: 'Facts by what became of them.',
      labels: ['verdict'],
    });
    drain.add('finish', 'gamification-facts', async () => this.#group.idle());
  }

  /** One answer per item, in order. */
  async recordBatch(items: readonly BatchItem<RecordInput>[]): Promise<readonly Answer[]> {
    return Promise.all(items.map(async ({ input, context }) => this.#record(input, context.deadline)));
  }

  async #record(input: RecordInput, deadline: number): Promise<Answer> {
    try {
      await this.#checkTypes(input);
      const lane = laneOf(input.tenantId, input.userId);
      return await this.#group.submit({ input, deadline, lane, bytes: input.facts.length * FACT_BYTES });
    } catch (error) {
      return { ok: false, error: toParlanceError(error) };
    }
  }

  /** What the rules of a moment ago do not know may stand in newer ones. */
  async #checkTypes(input: RecordInput): Promise<void> {
    const recent = knownTypes((await this.rules.recent(input.tenantId)).rules);
    if (input.facts.every(({ type }) => recent.has(type))) checkTypes(input, recent);
    else checkTypes(input, knownTypes((await this.rules.newest(input.tenantId)).rules));
  }

  async #commit(items: readonly QueuedFacts[]): Promise<readonly Answer[]> {
    const now = await this.databaseClock.now();
    const settled = items.map(({ input }) => this.#settle(input, now));
    const batch = settled.flatMap((one, request) =>
      'facts' in one ? one.facts.map((fact) => toldFact(fact, request, items[request]?.input.source ?? 'client')) : [],
    );
    if (batch.length === 0) return settled.flatMap((one) => ('refused' in one ? [one.refused] : []));
    const applied = await this.repository.apply(batch);
    if (applied.fresh.length > 0) this.notices.daysChanged();
    this.#batchFacts.observe(batch.length);
    const verdicts = verdictsOf(batch, applied);
    this.#count(verdicts);
    const requestsAt = (places: readonly number[]) => new Set(places.map((place) => batch[place - 1]?.request));
    const [refused, full] = [requestsAt(applied.refused), requestsAt(applied.full)];
    return settled.map((one, request): Answer => {
      if ('refused' in one) return one.refused;
      const { input } = items[request] ?? {};
      if (input !== undefined && (refused.has(request) || full.has(request))) {
        return { ok: false, error: refusalOf(input, full.has(request)) };
      }
      return { ok: true, value: summaryOf(verdicts.filter((_, index) => batch[index]?.request === request)) };
    });
  }

  #count(verdicts: ReturnType<typeof verdictsOf>): void {
    for (const verdict of VERDICTS) {
      const count = verdicts.filter((one) => one === verdict).length;
      if (count > 0) this.#facts.inc({ verdict: verdict ?? 'duplicate' }, count);
    }
  }

  #settle(input: RecordInput, now: number): Settled {
    try {
      return { facts: settleTimes(input, now, this.#days) };
    } catch (error) {
      return { refused: { ok: false, error: toParlanceError(error) } };
    }
  }
}

function toldFact(fact: LedgerFact, request: number, source: ToldFact['source']): ToldFact {
  return { ...fact, request, source };
}
