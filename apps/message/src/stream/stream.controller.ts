import { Controller, Inject, type OnApplicationBootstrap } from '@nestjs/common';
import { Intake } from '@parlance/bootstrap';
import { appendStream, finishStream, listStreams, openStream } from '@parlance/contracts';
import { StreamService } from './stream.service.js';

@Controller()
export class StreamController implements OnApplicationBootstrap {
  constructor(
    @Inject(Intake) private readonly intake: Intake,
    @Inject(StreamService) private readonly streams: StreamService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { streams } = this;
    await this.intake.open((bus) => [
      bus.serve(openStream, async (input) => streams.open(input)),
      bus.serve(appendStream, async (input) => streams.append(input)),
      bus.serve(finishStream, async (input) => streams.finish(input)),
      bus.serve(listStreams, async (input) => streams.list(input)),
    ]);
  }
}
