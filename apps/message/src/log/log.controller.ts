import { Controller, Inject, type OnApplicationBootstrap } from '@nestjs/common';
import { Intake } from '@parlance/bootstrap';
import { changedRooms, getHeads, pullLog } from '@parlance/contracts';
import { LogService } from './log.service.js';

@Controller()
export class LogController implements OnApplicationBootstrap {
  constructor(
    @Inject(Intake) private readonly intake: Intake,
    @Inject(LogService) private readonly log: LogService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.intake.open((bus) => [
      bus.serve(pullLog, async (input) => this.log.pull(input)),
      bus.serve(getHeads, async (input) => this.log.heads(input)),
      bus.serve(changedRooms, async (input) => this.log.changed(input)),
    ]);
  }
}
