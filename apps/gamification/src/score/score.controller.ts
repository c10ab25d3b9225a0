import { Controller, Inject, type OnApplicationBootstrap } from '@nestjs/common';
import { Intake } from '@parlance/bootstrap';
import { explainScore, getScore, recomputeScore } from '@parlance/contracts';
import { ScoreService } from './score.service.js';

@Controller()
export class ScoreController implements OnApplicationBootstrap {
  constructor(
    @Inject(Intake) private readonly intake: Intake,
    @Inject(ScoreService) private readonly scores: ScoreService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { scores } = this;
    await this.intake.open((bus) => [
      bus.serve(getScore, async (input) => ({ day: await scores.get(input) })),
      bus.serve(explainScore, async (input) => scores.explain(input), { concurrency: 4 }),
      bus.serve(recomputeScore, async (input) => scores.recompute(input), { concurrency: 1 }),
    ]);
  }
}
