import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, DRAIN, LOGGER, type Drain } from '@parlance/bootstrap';
import type { BatchItem } from '@parlance/bus';
import { objectIdMaker, ParlanceError, toParlanceError, type Message } from '@parlance/domain';
import { Metrics, traceFieldsOf, type Clock, type Logger } from '@parlance/observability';
import { CommitLanes, isRetryableConflict, laneOf, sqlState, type Queued } from '@parlance/persistence';
import type { Counter, Histogram } from 'prom-client';
import { jsonText } from '../database/database.js';
import { checkDraft, checkText } from '../message/draft.rules.js';
import { MESSAGE_CONFIG, plantOf, type MessageConfig } from '../message.config.js';
import { RoomPublisher } from '../publish/room.publisher.js';
import { bodyHash } from './body-hash.js';
import { traceCommit, type CommitTrace } from './commit.trace.js';
import { repeatedAnswer, settle } from './send.outcome.js';
import { SendRepository, type MessageKey, type SendOutcome } from './send.repository.js';
import type { InnerSend, PreparedSend, SendAnswer, SendInput } from './send.types.js';

const MAX_CLIENT_ID_CHARS = 128;
/** Bytes of a row that are not the sender's text. */
const ROW_BYTES = 256;
const MIN_RETRY_MS = 50;
const MAX_RETRY_MS = 2_000;

type QueuedSend = PreparedSend & Queued;

/** Sends: checked, queued, committed in groups, published, answered. */
@Injectable()
export class SendService {
  readonly #lanes: CommitLanes<QueuedSend, SendAnswer>;
  readonly #newId: () => string;
  readonly #dedupe: boolean;
  readonly #batchSize: Histogram;
  readonly #commitSeconds: Histogram;
  readonly #sends: Counter<'outcome'>;
  /** of recent commits, smoothed */
  #commitMs = 5;

  constructor(
    @Inject(MESSAGE_CONFIG) private readonly config: MessageConfig,
    @Inject(SendRepository) private readonly repository: SendRepository,
    @Inject(RoomPublisher) private readonly publisher: RoomPublisher,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(Metrics) metrics: Metrics,
    @Inject(DRAIN) drain: Drain,
  ) {
    const { lanes, queueItems, queueBytes } = config.message;
    this.#lanes = new CommitLanes({
      lanes,
      maxItems: queueItems,
      maxBytes: queueBytes,
      commit: async (items) => this.#commit(items),
      expire: (item) => this.#expire(item),
    });
    this.#newId = objectIdMaker({ now: clock, randomBytes });
    this.#dedupe = plantOf(config) !== 'dedupe-off';
    this.#batchSize = metrics.histogram({
      name: 'message_batch_items',
      help: 'Messages in one commit.',
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
    });
    this.#commitSeconds = metrics.histogram({
      name: 'message_commit_seconds',
      help: 'Time of one commit.',
      buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5],
    });
    this.#sends = metrics.counter({
      name: 'message_sends_total',
      help: 'Messages to be sent, by what became of them: ok, repeated, or the code of the refusal.',
      labels: ['outcome'],
      series: ['ok', 'repeated', 'overloaded', 'unavailable', 'internal'].map((outcome) => ({ outcome })),
    });
    metrics.gauge({ name: 'message_queue_count', help: 'Messages not yet committed.', read: () => this.#lanes.depth });
    drain.add('finish', 'message-sends', async () => this.#lanes.idle());
  }

  /** One answer per item, in order. */
  async sendBatch(items: readonly BatchItem<SendInput>[]): Promise<readonly SendAnswer[]> {
    const sent = items.map(async ({ input, context }) => this.send({ input, ...context }));
    const answers = await Promise.all(sent);
    this.#count(answers);
    return answers;
  }

  /** One message, through the same queue: for what this service sends itself. Never rejects. */
  async send(send: InnerSend): Promise<SendAnswer> {
    const { input } = send;
    try {
      const item = {
        ...this.#prepare(send),
        lane: laneOf(input.tenantId, input.roomId),
      };
      return await (this.#lanes.submit(item) ?? this.#overloaded());
    } catch (error) {
      return { ok: false, error: toParlanceError(error) };
    }
  }

  #prepare({ input, deadline, broadcastOf, trace = null }: InnerSend): PreparedSend {
    const { draft, sender, clientMessageId } = input;
    checkDraft(draft, this.config.limits);
    checkText('clientMessageId', clientMessageId, MAX_CLIENT_ID_CHARS);
    const id = input.messageId ?? this.#newId();
    const attachment = jsonText(draft.attachment);
    const metadata = objectText(draft.metadata);
    const extras = objectText(draft.extras);
    const actor = JSON.stringify(sender);
    const lengths = [draft.text, attachment, metadata, extras, actor].map((text) => text?.length ?? 0);
    return {
      tenantId: input.tenantId,
      input,
      id,
      broadcastOf: broadcastOf ?? null,
      // The planted bug: what was said before is not recognised.
      clientMessageId: this.#dedupe ? clientMessageId : `${clientMessageId}#${id}`,
      bodyHash: bodyHash(draft),
      attachment,
      metadata,
      extras,
      actor,
      bytes: lengths.reduce((sum, length) => sum + length, ROW_BYTES),
      deadline,
      trace,
    };
  }

  #overloaded(): SendAnswer {
    const wait = Math.round(this.#commitMs * (this.#lanes.batchesAhead + 1));
    const retryAfterMs = Math.min(MAX_RETRY_MS, Math.max(MIN_RETRY_MS, wait));
    const error = new ParlanceError('overloaded', 'Too many messages are waiting; repeat in a moment.', {
      retryAfterMs,
    });
    return { ok: false, error };
  }

  #expire({ deadline }: PreparedSend): SendAnswer | undefined {
    if (this.clock() < deadline) return undefined;
    return { ok: false, error: new ParlanceError('unavailable', 'The message was not stored in time.') };
  }

  async #commit(items: readonly PreparedSend[]): Promise<readonly SendAnswer[]> {
    try {
      return await this.#commitOnce(items);
    } catch (error) {
      if (!isRetryableConflict(error)) return this.#separate(items, error);
      return this.#commitOnce(items).catch(async (again: unknown) => this.#separate(items, again));
    }
  }

  /** A batch that cannot be committed whole: its items alone, so that one bad item fails only itself. */
  async #separate(items: readonly PreparedSend[], error: unknown): Promise<readonly SendAnswer[]> {
    const single = items.length === 1;
    if (single || toParlanceError(error).retryable) return items.map((item) => this.#failed(error, item));
    const answers: SendAnswer[] = [];
    for (const item of items) {
      const answer = this.#expire(item) ?? (await this.#commitAlone(item));
      answers.push(answer);
    }
    return answers;
  }

  async #commitAlone(item: PreparedSend): Promise<SendAnswer> {
    const [answer] = await this.#commitOnce([item]).catch((error: unknown) => [this.#failed(error, item)]);
    return answer ?? this.#failed(new RangeError('A commit gave no answer.'), item);
  }

  #failed(error: unknown, { tenantId, trace, input: { roomId } }: PreparedSend): SendAnswer {
    if (isRetryableConflict(error)) {
      return {
        ok: false,
        error: new ParlanceError('unavailable', 'The room is busy; repeat.', undefined, { cause: error }),
      };
    }
    if (sqlState(error)?.startsWith('22') === true) {
      return {
        ok: false,
        error: new ParlanceError('invalid', 'The message cannot be stored.', undefined, { cause: error }),
      };
    }
    const coded = toParlanceError(error);
    if (coded.code === 'internal') {
      const whose = { tenantId, roomId, ...traceFieldsOf(trace) };
      this.logger.error({ code: 'send-failed', err: error, ...whose }, 'a commit failed');
    }
    return { ok: false, error: coded };
  }

  async #commitOnce(items: readonly PreparedSend[]): Promise<readonly SendAnswer[]> {
    const started = performance.now();
    const traced = traceCommit(items);
    const outcomes = await this.#stored(items, traced);
    const tookMs = performance.now() - started;
    this.#commitMs += (tookMs - this.#commitMs) / 8;
    this.#commitSeconds.observe(tookMs / 1000);
    this.#batchSize.observe(items.length);
    return this.#conclude(items, outcomes, traced);
  }

  async #stored(items: readonly PreparedSend[], traced: CommitTrace): Promise<readonly SendOutcome[]> {
    try {
      const outcomes = await this.repository.commit(items);
      traced.end();
      return outcomes;
    } catch (error) {
      traced.end(error);
      throw error;
    }
  }

  /** What is committed is published before anybody is answered, and before the lane's next commit: so a room's facts leave in order. */
  async #conclude(
    items: readonly PreparedSend[],
    outcomes: readonly SendOutcome[],
    traced: CommitTrace,
  ): Promise<readonly SendAnswer[]> {
    const settled = items.map((item, index) => settle(item, outcomes[index]));
    const facts = settled.flatMap((one) => ('fact' in one ? [one.fact] : []));
    this.publisher.facts(facts, traced.tracesOf(facts));
    const repeats = settled.flatMap((one) => ('repeat' in one ? [one.repeat] : []));
    const stored = repeats.length === 0 ? [] : await this.#findRepeated(repeats);
    let next = 0;
    return settled.map((one) => {
      if ('repeat' in one) return repeatedAnswer(one.stamp, stored[next++] ?? null);
      return one.answer;
    });
  }

  #count(answers: readonly SendAnswer[]): void {
    const outcomes = new Map<string, number>();
    for (const answer of answers) {
      const outcome = answer.ok ? (answer.value.repeated ? 'repeated' : 'ok') : answer.error.code;
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    for (const [outcome, count] of outcomes) this.#sends.inc({ outcome }, count);
  }

  /** The fresh messages of the same batch are committed: a failure here is the repeated ones' alone. */
  async #findRepeated(keys: readonly MessageKey[]): Promise<readonly (Message | null)[]> {
    try {
      return await this.repository.findBatch(keys);
    } catch (error) {
      this.logger.warn({ code: 'repeat-unread', err: error }, 'a repeated message could not be read');
      return [];
    }
  }
}

function objectText(value: Readonly<Record<string, unknown>>): string | null {
  return Object.keys(value).length === 0 ? null : JSON.stringify(value);
}
