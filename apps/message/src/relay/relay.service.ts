import { randomUUID } from 'node:crypto';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { CLOCK, DRAIN, JobLoop, LOGGER, type Drain } from '@parlance/bootstrap';
import { addressesOfRoom, userAddress } from '@parlance/contracts';
import type { Head } from '@parlance/domain';
import { ConsumerLag, Metrics, type Clock, type Logger } from '@parlance/observability';
import type { Counter } from 'prom-client';
import { MESSAGE_CONFIG, plantOf, type MessageConfig } from '../message.config.js';
import { RoomPublisher } from '../publish/room.publisher.js';
import { LeaseRepository } from './lease.repository.js';
import { RelayRepository, type Changes, type LogCursor } from './relay.repository.js';
import { RelaySchedule, type ChangedRoom } from './relay.schedule.js';

const TICK_MS = 500;
const LEASE_MS = 3_000;
/** Well within the lease, and so often that a dead leader's successor begins within 4 s. */
const LEASE_EVERY_MS = 700;
/** A successor reads the log from so long ago: older facts were repeated to the end by its predecessor. */
const LOOK_BACK_MS = 40_000;
const PAGE_FACTS = 5_000;
const PAGES_PER_TICK = 4;

/** A place in the log and when it was reached. */
interface Mark {
  readonly at: number;
  readonly xid: string;
}

/** Walks the log behind the writers and repeats the heads of rooms that went quiet. One replica leads, by a lease. */
@Injectable()
export class RelayService implements OnApplicationBootstrap {
  readonly #scope = { job: 'relay', holder: randomUUID() };
  readonly #loop: JobLoop;
  readonly #headsTotal: Counter;
  #schedule = new RelaySchedule();
  /** null: another replica leads */
  #cursor: LogCursor | null = null;
  #marks: Mark[] = [];
  #leaseAt = -Infinity;
  readonly #lag: ConsumerLag;

  constructor(
    @Inject(MESSAGE_CONFIG) private readonly config: MessageConfig,
    @Inject(LeaseRepository) private readonly leases: LeaseRepository,
    @Inject(RelayRepository) private readonly log: RelayRepository,
    @Inject(RoomPublisher) private readonly publisher: RoomPublisher,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(Metrics) metrics: Metrics,
    @Inject(DRAIN) drain: Drain,
  ) {
    this.#loop = new JobLoop(
      TICK_MS,
      async () => this.#tick(),
      (error) => this.#failed(error),
    );
    this.#lag = new ConsumerLag(clock);
    this.#headsTotal = metrics.counter({ name: 'message_relay_heads_total', help: 'Heads repeated.' });
    metrics.gauge({
      name: 'message_relay_lag_seconds',
      help: 'How far the relay is behind the log: age of the oldest fact it has not read; 0 where another replica leads.',
      read: () => this.#lag.seconds,
    });
    metrics.gauge({
      name: 'message_relay_leader_count',
      help: 'Whether this replica holds the lease of the relay and repeats heads: of all replicas, one should.',
      read: () => this.#lag.readers,
    });
    metrics.gauge({
      name: 'message_relay_rooms_count',
      help: 'Rooms whose head waits to be repeated.',
      read: () => this.#schedule.size,
    });
    drain.add('finish', 'message-relay', async () => this.#stop());
  }

  onApplicationBootstrap(): void {
    if (plantOf(this.config) !== 'relay-off') this.#loop.start();
  }

  async #tick(): Promise<void> {
    await this.#renew();
    for (let page = 0; page < PAGES_PER_TICK && this.#cursor !== null; page += 1) {
      const changes = await this.log.changesBatch(this.#cursor, PAGE_FACTS);
      this.#take(changes);
      if (changes.count < PAGE_FACTS) break;
    }
    if (this.#cursor !== null) this.#repeat(this.#schedule.due(this.clock()));
  }

  async #renew(): Promise<void> {
    const now = this.clock();
    if (now - this.#leaseAt < LEASE_EVERY_MS) return;
    const lease = await this.leases.take(this.#scope, LEASE_MS, this.#lookBack(now));
    this.#leaseAt = now;
    if (lease === null) this.#rest();
    else if (this.#cursor === null) this.#lead(lease.resumeXid);
  }

  #rest(): void {
    this.#cursor = null;
    this.#lag.rest();
  }

  #lead(resumeXid: string): void {
    this.logger.info({ code: 'relay-leads' }, 'this replica repeats heads now');
    this.#schedule = new RelaySchedule();
    this.#marks = [];
    this.#cursor = { xid: resumeXid, id: 0 };
  }

  #take({ rooms, xid, id, waitingMs }: Changes): void {
    const now = this.clock();
    for (const { pair, users, ...room } of rooms) {
      const people = users.map((userId) => userAddress(room.tenantId, userId));
      const addresses = new Set([...addressesOfRoom(room.tenantId, { id: room.roomId, pair }), ...people]);
      this.#schedule.add({ ...room, addresses: [...addresses] }, now);
    }
    this.#cursor = { xid, id };
    this.#lag.read(waitingMs);
    const last = this.#marks.at(-1);
    if (last === undefined || now - last.at >= LEASE_EVERY_MS) this.#marks.push({ at: now, xid });
  }

  /** The place reached 40 s ago, if we have led so long; what is older is dropped. */
  #lookBack(now: number): string | null {
    const old = this.#marks.filter((mark) => mark.at <= now - LOOK_BACK_MS);
    const reached = old.at(-1);
    if (reached !== undefined) this.#marks = this.#marks.slice(old.length - 1);
    return reached?.xid ?? null;
  }

  #repeat(rooms: readonly ChangedRoom[]): void {
    const byAddress = new Map<string, Head[]>();
    for (const { roomId, pos, at, addresses } of rooms) {
      for (const address of addresses) {
        const heads = byAddress.get(address);
        if (heads === undefined) byAddress.set(address, [{ roomId, pos, at }]);
        else heads.push({ roomId, pos, at });
      }
    }
    for (const [address, heads] of byAddress) this.publisher.heads(address, heads);
    this.#headsTotal.inc(rooms.length);
  }

  /** Leadership is not given up for one failure: the lease runs out by itself if they go on. */
  #failed(error: unknown): void {
    this.logger.warn({ code: 'relay-failed', err: error }, 'the relay could not do its turn');
  }

  async #stop(): Promise<void> {
    await this.#loop.stop();
    if (this.#cursor !== null) await this.leases.release(this.#scope);
  }
}
