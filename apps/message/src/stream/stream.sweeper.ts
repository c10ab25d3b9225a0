import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { DRAIN, JobLoop, LOGGER, type Drain } from '@parlance/bootstrap';
import type { Logger } from '@parlance/observability';
import { Database } from '../database/database.js';
import { IdleStreamRepository } from '../maintenance/idle-stream.repository.js';
import { StreamService } from './stream.service.js';

const TICK_MS = 30_000;
const IDLE_MS = 600_000;
/** After so long nobody carries a decided end out any more: its replica died, or the database was away. */
const STUCK_MS = 30_000;
const SWEPT = 50;

/** Ends the streams that nobody writes any more; any replica may, each its own. */
@Injectable()
export class StreamSweeper implements OnApplicationBootstrap {
  readonly #loop: JobLoop;

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(IdleStreamRepository) private readonly idle: IdleStreamRepository,
    @Inject(StreamService) private readonly streams: StreamService,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(DRAIN) drain: Drain,
  ) {
    this.#loop = new JobLoop(
      TICK_MS,
      async () => this.run(),
      (error) =>
        this.logger.warn({ code: 'stream-sweep-failed', err: error }, 'idle streams were not ended; tried again'),
    );
    drain.add('finish', 'message-streams', async () => this.#loop.stop());
  }

  onApplicationBootstrap(): void {
    this.#loop.start();
  }

  /** One turn. A stream whose end fails is taken again later. */
  async run(): Promise<void> {
    const taken = await this.idle.claim(this.database, IDLE_MS, STUCK_MS, SWEPT);
    for (const stream of taken) await this.streams.end(stream);
  }
}
