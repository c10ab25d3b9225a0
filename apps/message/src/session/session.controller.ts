import { Controller, Inject, type OnApplicationBootstrap } from '@nestjs/common';
import { Intake } from '@parlance/bootstrap';
import { bindSession, findSession, saveSessions } from '@parlance/contracts';
import { SessionService } from './session.service.js';

/** Binds under way per replica: they are committed in batches. */
const BINDS_AT_A_TIME = 1_024;

@Controller()
export class SessionController implements OnApplicationBootstrap {
  constructor(
    @Inject(Intake) private readonly intake: Intake,
    @Inject(SessionService) private readonly sessions: SessionService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { sessions } = this;
    await this.intake.open((bus) => [
      bus.serve(bindSession, async (input) => sessions.bind(input), { concurrency: BINDS_AT_A_TIME }),
      bus.serve(findSession, async (input) => sessions.find(input)),
      bus.serve(saveSessions, async (input) => sessions.save(input)),
    ]);
  }
}
