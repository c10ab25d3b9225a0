import { Controller, Inject, type OnApplicationBootstrap } from '@nestjs/common';
import { Intake } from '@parlance/bootstrap';
import { getScoreRules, putScoreRules } from '@parlance/contracts';
import { RulesService } from './rules.service.js';

@Controller()
export class RulesController implements OnApplicationBootstrap {
  constructor(
    @Inject(Intake) private readonly intake: Intake,
    @Inject(RulesService) private readonly rules: RulesService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.intake.open((bus) => [
      bus.serve(getScoreRules, async ({ tenantId }) => this.rules.newest(tenantId)),
      bus.serve(putScoreRules, async ({ tenantId, rules }) => this.rules.put(tenantId, rules)),
    ]);
  }
}
