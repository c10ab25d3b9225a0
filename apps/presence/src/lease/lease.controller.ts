import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { BUS, DRAIN, type Drain } from '@parlance/bootstrap';
import type { Bus } from '@parlance/bus';
import { endLease, findPresence, introducePeers, reportLease } from '@parlance/contracts';
import { PeerTeller } from '../announce/peer-teller.js';
import { LeaseService } from './lease.service.js';

/** They can wait: who came and went goes first. */
const INTRODUCTIONS_AT_ONCE = 1;

@Injectable()
export class LeaseController implements OnApplicationBootstrap {
  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(DRAIN) private readonly drain: Drain,
    @Inject(LeaseService) private readonly leases: LeaseService,
    @Inject(PeerTeller) private readonly peers: PeerTeller,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const served = await Promise.all([
      this.bus.serve(reportLease, async (report) => ({ known: await this.leases.report(report) })),
      this.bus.serve(endLease, async ({ leaseId }) => {
        await this.leases.end(leaseId);
        return {};
      }),
      this.bus.serve(
        introducePeers,
        async ({ tenantId, userIds }) => {
          await this.peers.introduce(tenantId, userIds);
          return {};
        },
        { concurrency: INTRODUCTIONS_AT_ONCE },
      ),
      this.bus.serve(findPresence, async ({ tenantId, userIds, lastSeen = false }) =>
        this.leases.find(tenantId, userIds, lastSeen),
      ),
    ]);
    this.drain.add('finish', 'presence-lease', async () => {
      await Promise.all(served.map((subscription) => subscription.stop()));
    });
  }
}
