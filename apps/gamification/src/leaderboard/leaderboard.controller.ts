import { Controller, Inject, type OnApplicationBootstrap } from '@nestjs/common';
import { Intake } from '@parlance/bootstrap';
import { listLeaderboard } from '@parlance/contracts';
import { LeaderboardService } from './leaderboard.service.js';

@Controller()
export class LeaderboardController implements OnApplicationBootstrap {
  constructor(
    @Inject(Intake) private readonly intake: Intake,
    @Inject(LeaderboardService) private readonly leaderboards: LeaderboardService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.intake.open((bus) => [bus.serve(listLeaderboard, async (input) => this.leaderboards.list(input))]);
  }
}
