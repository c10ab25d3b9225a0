import { Controller, Inject, type OnApplicationBootstrap } from '@nestjs/common';
import { recordFacts } from '@parlance/contracts';
import { Intake } from '../bus/intake.js';
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
