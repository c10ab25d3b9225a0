import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { BUS, DRAIN, type Drain } from '@parlance/bootstrap';
import type { Bus } from '@parlance/bus';
import { signIn, verifyUserProof } from '@parlance/contracts';
import { SignInService } from './sign-in.service.js';

@Injectable()
export class SignInController implements OnApplicationBootstrap {
  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(DRAIN) private readonly drain: Drain,
    @Inject(SignInService) private readonly signIns: SignInService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const served = await Promise.all([
      this.bus.serve(signIn, (input) => this.signIns.signIn(input)),
      this.bus.serve(verifyUserProof, async (input) => ({ valid: await this.signIns.isProven(input) })),
    ]);
    this.drain.add('finish', 'identity-sign-in', async () => {
      await Promise.all(served.map((subscription) => subscription.stop()));
    });
  }
}
