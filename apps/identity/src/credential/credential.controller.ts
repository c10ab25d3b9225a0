import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { BUS, DRAIN, type Drain } from '@parlance/bootstrap';
import type { Bus } from '@parlance/bus';
import { IDENTITY_CHANGED_ADDRESS, identityChanged, verifyCredential } from '@parlance/contracts';
import { CredentialService } from './credential.service.js';

@Injectable()
export class CredentialController implements OnApplicationBootstrap {
  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(DRAIN) private readonly drain: Drain,
    @Inject(CredentialService) private readonly credentials: CredentialService,
  ) {}

  /** Every replica hears of changes that another one made, before it answers anybody. */
  async onApplicationBootstrap(): Promise<void> {
    const heard = await this.bus.listen(identityChanged, IDENTITY_CHANGED_ADDRESS, (change) =>
      this.credentials.forget(change),
    );
    const offStatus = this.bus.onStatus((status) => {
      if (status === 'connected') this.credentials.clear();
    });
    const served = await this.bus.serve(verifyCredential, (input) => this.credentials.verify(input));
    this.drain.add('finish', 'identity-credential', async () => {
      offStatus();
      await Promise.all([heard.stop(), served.stop()]);
    });
  }
}
