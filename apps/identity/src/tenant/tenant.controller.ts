import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { BUS, DRAIN, type Drain } from '@parlance/bootstrap';
import type { Bus } from '@parlance/bus';
import { createKey, putTenant, revokeKey } from '@parlance/contracts';
import { KeyService } from '../key/key.service.js';
import { TenantService } from './tenant.service.js';

@Injectable()
export class TenantController implements OnApplicationBootstrap {
  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(DRAIN) private readonly drain: Drain,
    @Inject(TenantService) private readonly tenants: TenantService,
    @Inject(KeyService) private readonly keys: KeyService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const served = await Promise.all([
      this.bus.serve(putTenant, async (input) => ({ tenant: await this.tenants.put(input) })),
      this.bus.serve(createKey, (input) => this.keys.create(input)),
      this.bus.serve(revokeKey, async (input) => {
        await this.keys.revoke(input);
        return {};
      }),
    ]);
    this.drain.add('finish', 'identity-tenant', async () => {
      await Promise.all(served.map((subscription) => subscription.stop()));
    });
  }
}
