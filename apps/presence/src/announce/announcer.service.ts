import { setTimeout as delay } from 'node:timers/promises';
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
/** Pages that are told and not written down yet; beyond, telling waits. Those that wait for each other are written together. */
const PAGES_AHEAD = 20;
/** After so many went at once, ms until that is written down: all the others who went with them are told first. */
const MANY = 100;
const WRITTEN_LATER_MS = 1_000;

interface Page {
  readonly claims: readonly Claim[];
  /** those who were told */
  readonly changed: ReadonlySet<Claim>;
}

/**
 * Tells who came and who went. Whoever is claimed is told to the people of its rooms first and written down after that: a replica that
 * dies between the two has it told again by another, which does no harm, as what is told is absolute.
 */
@Injectable()
export class Announcer implements OnApplicationBootstrap {
  private readonly loop: WakingLoop;
  private readonly told: Counter<'state'>;
  private readonly unwritten: Page[] = [];
  private writing: Promise<void> | null = null;

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
    drain.add('finish', 'presence-announcer', async () => {
      await this.loop.stop();
      await this.writing;
    });
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  /** Somebody may have come (at once) or gone (after the grace). */
  wakeIn(ms: number): void {
    this.loop.wakeIn(ms);
  }

  /** The only gateway there is has gone: nobody comes back within the grace, and nobody else will write down when people were last seen. */
  async conclude(): Promise<void> {
    await this.run(this.settings.presence.graceMs);
    await this.writing;
  }

  /** What people wait for goes first: pages are written down while the next ones are told. */
  private async run(aheadMs: number): Promise<void> {
    for (let page = 0; page < MAX_PAGES; page += 1) {
      if (this.unwritten.length >= PAGES_AHEAD) await this.writing;
      const claims = await this.store.take(PAGE, aheadMs);
      if (claims.length === 0) return;
      this.unwritten.push({ claims, changed: await this.tell(claims) });
      this.writing ??= this.writeAll(isExodus(claims) ? WRITTEN_LATER_MS : 0);
      if (claims.length < PAGE) return;
    }
    this.loop.wakeIn(0);
  }

  /** Never rejects. */
  private async writeAll(waitMs: number): Promise<void> {
    if (waitMs > 0) await delay(waitMs);
    while (this.unwritten.length > 0) await this.write(this.unwritten.splice(0));
    // In the turn of the last look: what is told from here on is written by the next.
    this.writing = null;
  }

  /**
   * Answers those who were told. Whoever comes and is known to be there is not; whoever goes always is, as who came in between may have
   * been introduced to somebody of whom nobody else was told yet. Errors: of the bus and the stores; then they are told again before long.
   */
  private async tell(claims: readonly Claim[]): Promise<ReadonlySet<Claim>> {
    const startedAt = this.clock();
    const changed = new Set<Claim>();
    try {
      for (const [tenantId, group] of byTenant(claims)) {
        // The store may have forgotten whom it knew to be told.
        const asked = group.flatMap(({ userId, online, told }) => (online && told === false ? [userId] : []));
        const before = await this.seen.toldOnline(tenantId, asked);
        const news = group.filter(
          ({ userId, online, told }) => !online || told === null || !(told || before.has(userId)),
        );
        await this.peers.tell(tenantId, news, startedAt);
        for (const claim of news) changed.add(claim);
      }
      return changed;
    } catch (error) {
      await this.store.release(claims);
      throw error;
    }
  }

  /** Never rejects: what is not written is told and written again before long. */
  private async write(pages: readonly Page[]): Promise<void> {
    const claims = pages.flatMap((page) => page.claims);
    const changed = new Set(pages.flatMap((page) => [...page.changed]));
    try {
      const rows: Told[] = claims.filter((claim) => !claim.online || changed.has(claim));
      const gone = byTenant(claims.filter(({ online }) => !online));
      await Promise.all([
        rows.length > 0 ? this.seen.saveBatch(rows) : undefined,
        ...[...gone].map(([tenantId, group]) => this.peers.noteSeen(tenantId, group)),
      ]);
      await this.store.settle(claims);
      for (const { online } of changed) this.told.inc({ state: online ? 'online' : 'offline' });
    } catch (err) {
      this.logger.warn({ code: 'presence-not-written', err, users: claims.length }, 'it is told again shortly');
      await this.store.release(claims).catch((cause: unknown) => {
        this.logger.warn({ code: 'presence-not-released', err: cause }, 'the claims run out by themselves');
      });
    }
  }
}

/** A gateway lost its clients, or everybody leaves. Whoever came is written down at once, should the store forget that they are there. */
function isExodus(claims: readonly Claim[]): boolean {
  return claims.length >= MANY && claims.every(({ online }) => !online);
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
