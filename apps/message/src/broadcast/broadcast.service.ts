import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { DRAIN, JobLoop, LOGGER, type Drain } from '@parlance/bootstrap';
import type { Logger } from '@parlance/observability';
import { Database } from '../database/database.js';
import { RoomPublisher } from '../publish/room.publisher.js';
import { BroadcastRepository } from './broadcast.repository.js';

const TICK_MS = 1_000;
/** Transactions of one run; what is left waits for the next tick, here or at another replica. */
export const TURNS_PER_RUN = 50;

/**
 * Writes the copies of broadcast messages into the recipients' direct rooms. Every replica does it: each transaction takes one
 * room's next recipients and skips those that another one is at.
 */
@Injectable()
export class BroadcastService implements OnApplicationBootstrap {
  readonly #loop: JobLoop;

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(BroadcastRepository) private readonly broadcasts: BroadcastRepository,
    @Inject(RoomPublisher) private readonly publisher: RoomPublisher,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(DRAIN) drain: Drain,
  ) {
    this.#loop = new JobLoop(
      TICK_MS,
      async () => this.run(),
      (error) => this.#failed(error),
    );
    drain.add('finish', 'message-broadcasts', async () => this.#loop.stop());
  }

  onApplicationBootstrap(): void {
    this.#loop.start();
  }

  async run(): Promise<void> {
    for (let turn = 0; turn < TURNS_PER_RUN; turn += 1) {
      const facts = await this.database.transaction(async (sql) => this.broadcasts.copy({ sql }));
      if (facts === null) return;
      this.publisher.facts(facts);
    }
  }

  #failed(error: unknown): void {
    this.logger.warn({ code: 'broadcast-failed', err: error }, 'copies were not written; it is tried again');
  }
}
