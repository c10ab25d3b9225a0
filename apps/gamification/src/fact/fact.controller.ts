import { Controller, Inject, type OnApplicationBootstrap } from '@nestjs/common';
import { Intake } from '@parlance/bootstrap';
import { recordFacts } from '@parlance/contracts';
import { FactService } from './fact.service.js';

@Controller()
export class FactController implements OnApplicationBootstrap {
  constructor(
    @Inject(Intake) private readonly intake: Intake,
    @Inject(FactService) private readonly facts: FactService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.intake.open((bus) => [bus.serveBatch(recordFacts, async (items) => this.facts.recordBatch(items))]);
  }
}
