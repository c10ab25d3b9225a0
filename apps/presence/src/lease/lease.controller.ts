import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { BUS, DRAIN, type Drain } from '@parlance/bootstrap';
import type { Bus } from '@parlance/bus';
import { endLease, findPresence, reportLease } from '@parlance/contracts';
import { LeaseService } from './lease.service.js';

@Injectable()
export class LeaseController implements OnApplicationBootstrap {
  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(DRAIN) private readonly drain: Drain,
    @Inject(LeaseService) private readonly leases: LeaseService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const served = await Promise.all([
      this.bus.serve(reportLease, async (report) => ({ known: await this.leases.report(report) })),
      this.bus.serve(endLease, async ({ leaseId }) => {
        await this.leases.end(leaseId);
        return {};
      }),
      this.bus.serve(findPresence, async ({ tenantId, userIds, lastSeen = false }) =>
        this.leases.find(tenantId, userIds, lastSeen),
      ),
    ]);
    this.drain.add('finish', 'presence-lease', async () => {
      await Promise.all(served.map((subscription) => subscription.stop()));
    });
  }
}
