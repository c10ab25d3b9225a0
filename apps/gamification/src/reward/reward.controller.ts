import { Controller, Inject, type OnApplicationBootstrap } from '@nestjs/common';
import { Intake } from '@parlance/bootstrap';
import { consumeReward, createReward, getReward } from '@parlance/contracts';
import { RewardService } from './reward.service.js';

@Controller()
export class RewardController implements OnApplicationBootstrap {
  constructor(
    @Inject(Intake) private readonly intake: Intake,
    @Inject(RewardService) private readonly rewards: RewardService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { rewards } = this;
    await this.intake.open((bus) => [
      bus.serve(createReward, async (input) => rewards.create(input)),
      bus.serve(getReward, async ({ tenantId, rewardId, viewerId }) => rewards.get(tenantId, rewardId, viewerId)),
      bus.serveBatch(consumeReward, async (items) => rewards.consumeBatch(items)),
    ]);
  }
}
