import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { CLOCK, DRAIN, LOGGER, type Drain } from '@parlance/bootstrap';
import { Metrics, type Clock, type Logger } from '@parlance/observability';
import type { Counter } from 'prom-client';
import type { PresenceSettings } from '../presence.config.js';
import { SeenRepository, type Told } from '../seen/seen.repository.js';
import type { Claim, PresenceStore } from '../store/presence.store.js';
import { SETTINGS, STORE } from '../tokens.js';
import { PeerTeller } from './peer-teller.js';
import { WakingLoop } from './waking-loop.js';

/** How often a replica looks for what another one has left lying, ms. */
const TICK_MS = 500;
/** Users claimed at a time. */
const PAGE = 500;
/** Pages of one run; then others get their turn. */
const MAX_PAGES = 40;

/**
 * Tells who came and who went. Whoever is claimed is told to the people of its rooms first and written down after that: a replica that
 * dies between the two has it told again by another, which does no harm, as what is told is absolute.
 */
@Injectable()
export class Announcer implements OnApplicationBootstrap {
  private readonly loop: WakingLoop;
  private readonly told: Counter<'state'>;

  constructor(
    @Inject(SETTINGS) private readonly settings: PresenceSettings,
    @Inject(STORE) private readonly store: PresenceStore,
    @Inject(SeenRepository) private readonly seen: SeenRepository,
    @Inject(PeerTeller) private readonly peers: PeerTeller,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(Metrics) metrics: Metrics,
    @Inject(DRAIN) drain: Drain,
  ) {
    this.told = metrics.counter({
      name: 'presence_changes_total',
      help: 'Users who were told to have come or gone.',
      labels: ['state'],
    });
    this.loop = new WakingLoop(
      TICK_MS,
      () => this.run(0),
      (err) => this.logger.warn({ code: 'presence-not-told', err }, 'it is told again shortly'),
    );
    drain.add('finish', 'presence-announcer', () => this.loop.stop());
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  /** Somebody may have come (at once) or gone (after the grace). */
  wakeIn(ms: number): void {
    this.loop.wakeIn(ms);
  }

  /** The only gateway there is has gone: nobody comes back within the grace, and nobody else will write down when people were last seen. */
  conclude(): Promise<void> {
    return this.run(this.settings.presence.graceMs);
  }

  private async run(aheadMs: number): Promise<void> {
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const claims = await this.store.take(PAGE, aheadMs);
      if (claims.length === 0) return;
      await this.announce(claims);
      if (claims.length < PAGE) return;
    }
    this.loop.wakeIn(0);
  }

  private async announce(claims: readonly Claim[]): Promise<void> {
    const startedAt = this.clock();
    try {
      for (const [tenantId, group] of byTenant(claims)) await this.announceTo(tenantId, group, startedAt);
      await this.store.settle(claims);
    } catch (error) {
      await this.store.release(claims);
      throw error;
    }
  }

  private async announceTo(tenantId: string, claims: readonly Claim[], startedAt: number): Promise<void> {
    const before = await this.seen.told(
      tenantId,
      claims.map(({ userId }) => userId),
    );
    const changed = claims.filter(({ userId, online }) => (before.get(userId) ?? false) !== online);
    await this.peers.tell(tenantId, changed, startedAt);
    const writes: Told[] = claims.filter((claim) => !claim.online || changed.includes(claim));
    const gone = claims.filter(({ online }) => !online);
    await Promise.all([
      writes.length > 0 ? this.seen.saveBatch(writes) : undefined,
      this.peers.noteSeen(tenantId, gone),
    ]);
    for (const { online } of changed) this.told.inc({ state: online ? 'online' : 'offline' });
  }
}

function byTenant(claims: readonly Claim[]): Map<string, Claim[]> {
  const groups = new Map<string, Claim[]>();
  for (const claim of claims) {
    const group = groups.get(claim.tenantId);
    if (group === undefined) groups.set(claim.tenantId, [claim]);
    else group.push(claim);
  }
  return groups;
}
