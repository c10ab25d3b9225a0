import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { BUS, DRAIN, type Drain } from '@parlance/bootstrap';
import type { Bus } from '@parlance/bus';
import { issueToken } from '@parlance/contracts';
import { TokenService } from './token.service.js';

@Injectable()
export class TokenController implements OnApplicationBootstrap {
  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(DRAIN) private readonly drain: Drain,
    @Inject(TokenService) private readonly tokens: TokenService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const served = await this.bus.serve(issueToken, (input) => this.tokens.issue(input));
    this.drain.add('finish', 'identity-token', () => served.stop());
  }
}
