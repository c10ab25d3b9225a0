import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { BUS, DRAIN, type Drain } from '@parlance/bootstrap';
import type { Bus } from '@parlance/bus';
import { revokeTokens, terminateUser } from '@parlance/contracts';
import { StandingService } from './standing.service.js';

@Injectable()
export class StandingController implements OnApplicationBootstrap {
  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(DRAIN) private readonly drain: Drain,
    @Inject(StandingService) private readonly standings: StandingService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const served = await Promise.all([
      this.bus.serve(terminateUser, async (input) => {
        await this.standings.terminate(input);
        return {};
      }),
      this.bus.serve(revokeTokens, async (input) => {
        await this.standings.revoke(input);
        return {};
      }),
    ]);
    this.drain.add('finish', 'identity-standing', async () => {
      await Promise.all(served.map((subscription) => subscription.stop()));
    });
  }
}
