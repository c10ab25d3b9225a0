import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { DRAIN, JobLoop, LOGGER, type Drain } from '@parlance/bootstrap';
import { peerOf } from '@parlance/domain';
import type { Logger } from '@parlance/observability';
import { Announcer } from '../call/announcer.js';
import { CALL_CONFIG, type CallConfig } from '../call.config.js';
import { CallChanges } from '../call/call.changes.js';
import { eventsFor, NO_CAUSE } from '../call/call.events.js';
import { CallRepository } from '../call/call.repository.js';
import type { CallRecord } from '../call/call.record.js';
import { Standing } from '../call/standing.js';
import { Database } from '@parlance/persistence';
import { PodRepository } from '../socket/socket.repository.js';
import { SocketService } from '../socket/socket.service.js';
import { SweepRepository, type CallKey } from './sweep.repository.js';

const TICK_MS = 500;
/** Of each kind in one turn. */
const BATCH = 100;
const AT_ONCE = 4;
/** A change is finished by whoever made it, within moments; after this by anybody. */
const UNFINISHED_MS = 1_500;
/** How often it is looked whether the people of a live call may still be in it. */
const CHECK_MS = 2_000;
const TIDY_EVERY = 120;
/** Whoever did not hear of an end is told again every so many turns. */
const RETELL_EVERY = 4;

/**
 * What time does to calls. Any replica may do it at any moment, in database time: what two do at once, compare-and-set settles, and
 * what one leaves undone the next one does.
 */
@Injectable()
export class Sweeper implements OnApplicationBootstrap {
  readonly #loop: JobLoop;
  #turns = 0;

  constructor(
    @Inject(CALL_CONFIG) private readonly config: CallConfig,
    @Inject(Database) private readonly database: Database,
    @Inject(SweepRepository) private readonly sweeps: SweepRepository,
    @Inject(PodRepository) private readonly pods: PodRepository,
    @Inject(CallRepository) private readonly calls: CallRepository,
    @Inject(CallChanges) private readonly changes: CallChanges,
    @Inject(Announcer) private readonly announcer: Announcer,
    @Inject(SocketService) private readonly sockets: SocketService,
    @Inject(Standing) private readonly standing: Standing,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(DRAIN) drain: Drain,
  ) {
    this.#loop = new JobLoop(
      TICK_MS,
      async () => this.run(),
      (err) => this.logger.warn({ code: 'call-sweep-failed', err }, 'calls are looked at again in a moment'),
    );
    drain.add('finish', 'call-sweeper', async () => this.#loop.stop());
  }

  onApplicationBootstrap(): void {
    this.#loop.start();
  }

  /** One turn. A call that cannot be handled does not keep the others waiting. */
  async run(): Promise<void> {
    const { graceMs } = this.config.call;
    await this.sockets.lost(await this.pods.buryDead(this.database, BATCH));
    const missing = await this.sweeps.missing(this.database, graceMs, BATCH);
    await this.#all(missing, ({ tenantId, userId, callId }) => this.sockets.found(tenantId, userId, callId));
    await this.#all([...missing, ...(await this.sweeps.due(this.database, BATCH))], (key) => this.#tick(key));
    const unfinished = await this.sweeps.unfinished(this.database, UNFINISHED_MS, BATCH);
    await this.#all(unfinished, (key) => this.#finish(key));
    if (this.#turns % RETELL_EVERY === 0) await this.#retell();
    const unchecked = await this.sweeps.unchecked(this.database, CHECK_MS, BATCH);
    await this.#all(unchecked, (key) => this.#check(key));
    this.#turns += 1;
    if (this.#turns % TIDY_EVERY === 0) await this.pods.tidy(this.database);
  }

  /** A few at a time. */
  async #all<K extends CallKey>(keys: readonly K[], work: (key: K) => Promise<void>): Promise<void> {
    for (let start = 0; start < keys.length; start += AT_ONCE) {
      await Promise.all(keys.slice(start, start + AT_ONCE).map((key) => this.#one(key, work)));
    }
  }

  async #one<K extends CallKey>(key: K, work: (key: K) => Promise<void>): Promise<void> {
    try {
      await work(key);
    } catch (err) {
      const { tenantId, callId } = key;
      this.logger.warn({ code: 'call-sweep-failed', err, tenantId, callId }, 'a call is looked at again in a moment');
    }
  }

  async #tick({ tenantId, callId }: CallKey): Promise<void> {
    const request = { trigger: { type: 'tick' }, cause: NO_CAUSE } as const;
    const change = await this.database.transaction((sql) =>
      this.changes.applyIfFree({ sql, tenantId }, callId, request),
    );
    if (change !== null) await this.changes.announce(change, NO_CAUSE);
  }

  async #finish({ tenantId, callId }: CallKey): Promise<void> {
    const record = await this.calls.find(tenantId, callId);
    if (record !== null) await this.announcer.again(record);
  }

  /** What was published may have got lost: who should hear that it rings, or that it is over, and did not by what the gateways say. */
  async #retell(): Promise<void> {
    const untold = await this.sweeps.untold(this.database, UNFINISHED_MS, BATCH);
    const unrung = await this.sweeps.unrung(this.database, UNFINISHED_MS, BATCH);
    for (const { tenantId, callId, userId } of [...untold, ...unrung]) {
      const record = await this.calls.find(tenantId, callId);
      if (record !== null) this.announcer.tell(eventsFor(record, userId, null));
    }
  }

  /** Whoever was put out of the room, blocked or terminated is out of its call, too. */
  async #check({ tenantId, callId }: CallKey): Promise<void> {
    const record = await this.calls.find(tenantId, callId);
    if (record === null || record.progress.state === 'ended') return;
    for (const userId of await this.#outsiders(record)) {
      await this.changes.apply(tenantId, callId, { trigger: { type: 'remove', userId }, cause: NO_CAUSE });
    }
  }

  /** Who may not be in it any more; null stands for all of them. */
  async #outsiders({ tenantId, room, progress }: CallRecord): Promise<readonly (string | null)[]> {
    const members = await this.standing.membersOf(tenantId, room.id);
    if (members === null) return [null];
    const userIds = progress.participants.filter(({ state }) => state !== 'left').map(({ userId }) => userId);
    const { gone } = await this.standing.peopleOf(tenantId, userIds);
    const peer = peerOf(progress, progress.callerId);
    if (peer !== null && (await this.standing.isBlocked(tenantId, progress.callerId, peer.userId))) return [null];
    return userIds.filter((id) => !members.has(id) || gone.has(id));
  }
}
