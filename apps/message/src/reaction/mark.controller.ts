import { Controller, Inject, type OnApplicationBootstrap } from '@nestjs/common';
import { Intake } from '@parlance/bootstrap';
import { pinMessage, reactToMessage, starMessage } from '@parlance/contracts';
import { MarkService } from './mark.service.js';

@Controller()
export class MarkController implements OnApplicationBootstrap {
  constructor(
    @Inject(Intake) private readonly intake: Intake,
    @Inject(MarkService) private readonly marks: MarkService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { marks } = this;
    await this.intake.open((bus) => [
      bus.serve(starMessage, async (input) => ({ message: await marks.star(input) })),
      bus.serve(reactToMessage, async (input) => ({ message: await marks.react(input) })),
      bus.serve(pinMessage, async (input) => ({ message: await marks.pin(input) })),
    ]);
  }
}
