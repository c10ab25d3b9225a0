import { Inject, Injectable } from '@nestjs/common';
import type { findPresence } from '@parlance/contracts';
import { Metrics } from '@parlance/observability';
import type { Counter } from 'prom-client';
import type { z } from 'zod';
import { Announcer } from '../announce/announcer.service.js';
import type { PresenceSettings } from '../presence.config.js';
import { SeenRepository } from '../seen/seen.repository.js';
import type { LeaseReport, PresenceStore } from '../store/presence.store.js';
import { SETTINGS, STORE } from '../tokens.js';
import { LeaseSweeper } from './lease.sweeper.js';

/** How long those who come are gathered before others are told, ms: each telling asks who shares a room with them, all together. */
const GATHER_MS = 250;
/** A grace is over a little after its end. */
const SLACK_MS = 5;

/** What gateways report, and what is asked about it. */
@Injectable()
export class LeaseService {
  private readonly reports: Counter<'outcome'>;

  constructor(
    @Inject(SETTINGS) private readonly settings: PresenceSettings,
    @Inject(STORE) private readonly store: PresenceStore,
    @Inject(SeenRepository) private readonly seen: SeenRepository,
    @Inject(Announcer) private readonly announcer: Announcer,
    @Inject(LeaseSweeper) private readonly sweeper: LeaseSweeper,
    @Inject(Metrics) metrics: Metrics,
  ) {
    this.reports = metrics.counter({
      name: 'presence_reports_total',
      help: 'Reports of gateways about their leases; unknown: the lease was over, its gateway registers anew.',
      labels: ['outcome'],
      series: [{ outcome: 'known' }, { outcome: 'unknown' }],
    });
  }

  async report(report: LeaseReport): Promise<boolean> {
    const known = await this.store.report(report);
    this.reports.inc({ outcome: known ? 'known' : 'unknown' });
    if (known && report.joined.length > 0) this.announcer.wakeIn(GATHER_MS);
    if (known && report.left.length > 0) this.announcer.wakeIn(this.settings.presence.graceMs + SLACK_MS);
    return known;
  }

  async end(leaseId: string): Promise<void> {
    await this.store.end(leaseId);
    await this.sweeper.sweep();
    if (this.settings.presence.redisUrl === undefined) await this.announcer.conclude();
  }

  async find(
    tenantId: string,
    userIds: readonly string[],
    lastSeen: boolean,
  ): Promise<z.input<typeof findPresence.output>> {
    const online = await this.store.online(tenantId, userIds);
    const away = userIds.filter((id) => !online.has(id));
    const seen = lastSeen && away.length > 0 ? await this.seen.lastSeen(tenantId, away) : new Map<string, Date>();
    return {
      online: [...online],
      lastSeenAt: [...seen].map(([userId, at]) => ({ userId, at: at.toISOString() })),
    };
  }
}
