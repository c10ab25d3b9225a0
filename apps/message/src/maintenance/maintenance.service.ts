import { randomUUID } from 'node:crypto';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { CLOCK, DRAIN, JobLoop, LOGGER, type Drain } from '@parlance/bootstrap';
import type { Clock, Logger } from '@parlance/observability';
import { Database } from '../database/database.js';
import { MESSAGE_CONFIG, type MessageConfig } from '../message.config.js';
import { LeaseRepository } from '../relay/lease.repository.js';
import { MaintenanceRepository } from './maintenance.repository.js';

const TICK_MS = 30_000;
const LEASE_MS = 90_000;
const PARTITIONS_EVERY_MS = 3_600_000;
const DAYS_AHEAD = 3;

/** Log partitions and old sessions. One replica does it; another takes over when its lease runs out. */
@Injectable()
export class MaintenanceService implements OnApplicationBootstrap {
  readonly #lease = { job: 'maintenance', holder: randomUUID() };
  readonly #loop: JobLoop;
  #partitionsAt = -Infinity;

  constructor(
    @Inject(MESSAGE_CONFIG) private readonly config: MessageConfig,
    @Inject(Database) private readonly database: Database,
    @Inject(MaintenanceRepository) private readonly upkeep: MaintenanceRepository,
    @Inject(LeaseRepository) private readonly leases: LeaseRepository,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(DRAIN) drain: Drain,
  ) {
    this.#loop = new JobLoop(
      TICK_MS,
      async () => this.run(),
      (error) => this.#failed(error),
    );
    drain.add('finish', 'message-maintenance', async () => {
      await this.#loop.stop();
      await this.leases.release(this.#lease);
    });
  }

  onApplicationBootstrap(): void {
    this.#loop.start();
  }

  /** One turn; nothing while another replica holds the lease. */
  async run(): Promise<void> {
    if ((await this.leases.take(this.#lease, LEASE_MS, null)) === null) return;
    await this.upkeep.sweepSessions(this.database, this.config.message.resumeWindowMs);
    if (this.clock() - this.#partitionsAt < PARTITIONS_EVERY_MS) return;
    const made = await this.upkeep.makePartitions(this.database, DAYS_AHEAD);
    const dropped = await this.upkeep.dropPartitions(this.database, this.config.message.logKeepMs);
    this.#partitionsAt = this.clock();
    if (made + dropped > 0) this.logger.info({ code: 'log-partitions', made, dropped }, 'log partitions changed');
  }

  #failed(error: unknown): void {
    this.logger.warn({ code: 'maintenance-failed', err: error }, 'upkeep failed; it is tried again');
  }
}
