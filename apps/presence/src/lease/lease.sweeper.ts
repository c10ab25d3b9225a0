import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { DRAIN, LOGGER, type Drain } from '@parlance/bootstrap';
import { Metrics, type Logger } from '@parlance/observability';
import type { Counter } from 'prom-client';
import { Announcer } from '../announce/announcer.service.js';
import { WakingLoop } from '../announce/waking-loop.js';
import type { PresenceSettings } from '../presence.config.js';
import { SeenRepository } from '../seen/seen.repository.js';
import type { Person, PresenceStore } from '../store/presence.store.js';
import { SETTINGS, STORE } from '../tokens.js';

const SWEEP_MS = 2_000;
/** Connections let go of in one step: Redis does nothing else meanwhile. */
const PAGE = 1_000;
const MAX_PAGES = 200;

/** Finds the gateways that died, and, after the store forgot everything, the people who went meanwhile. Any replica does it. */
@Injectable()
export class LeaseSweeper implements OnApplicationBootstrap {
  private readonly loop: WakingLoop;
  private readonly lapsed: Counter;
  private sweptAt = performance.now();

  constructor(
    @Inject(SETTINGS) private readonly settings: PresenceSettings,
    @Inject(STORE) private readonly store: PresenceStore,
    @Inject(SeenRepository) private readonly seen: SeenRepository,
    @Inject(Announcer) private readonly announcer: Announcer,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(Metrics) metrics: Metrics,
    @Inject(DRAIN) drain: Drain,
  ) {
    this.lapsed = metrics.counter({
      name: 'presence_lapsed_connections_total',
      help: 'Connections of gateways whose lease ran out, or that went.',
    });
    metrics.gauge({
      name: 'presence_sweep_age_seconds',
      help: 'Time since leases were last looked at by this replica.',
      read: () => (performance.now() - this.sweptAt) / 1_000,
    });
    this.loop = new WakingLoop(
      SWEEP_MS,
      () => this.run(),
      (err) => this.logger.warn({ code: 'lease-sweep-failed', err }, 'leases are looked at again shortly'),
    );
    drain.add('finish', 'presence-sweeper', () => this.loop.stop());
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  private async run(): Promise<void> {
    await this.sweep();
    if ((await this.store.recovery()) === 'due') await this.recover();
  }

  /** Lets go of whoever is over. Errors: `unavailable`. */
  async sweep(): Promise<void> {
    let released = 0;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const count = await this.store.sweep(PAGE);
      if (count === null) break;
      released += count;
    }
    this.sweptAt = performance.now();
    if (released === 0) return;
    this.lapsed.inc(released);
    this.logger.info({ code: 'lease-over', connections: released }, 'the connections of a gateway are over');
    this.announcer.wakeIn(0);
    this.announcer.wakeIn(this.settings.presence.graceMs);
  }

  /** Nothing is lost by doing it twice. */
  private async recover(): Promise<void> {
    let [after, count]: [Person | null, number] = [null, 0];
    for (;;) {
      const page: readonly Person[] = await this.seen.whoWasOnline(after, PAGE);
      await this.store.check(page);
      count += page.length;
      if (page.length < PAGE) break;
      after = page.at(-1) ?? null;
    }
    await this.store.recovered();
    this.logger.info({ code: 'presence-recovered', users: count }, 'whoever was online is looked at again');
    this.announcer.wakeIn(0);
  }
}
