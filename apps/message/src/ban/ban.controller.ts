import { Controller, Inject, type OnApplicationBootstrap } from '@nestjs/common';
import { Intake } from '@parlance/bootstrap';
import { listBans, setBan } from '@parlance/contracts';
import { BanService } from './ban.service.js';

@Controller()
export class BanController implements OnApplicationBootstrap {
  constructor(
    @Inject(Intake) private readonly intake: Intake,
    @Inject(BanService) private readonly bans: BanService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.intake.open((bus) => [
      bus.serve(setBan, async (input) => this.bans.set(input)),
      bus.serve(listBans, async (input) => this.bans.list(input)),
    ]);
  }
}
