import { Controller, Inject, type OnApplicationBootstrap } from '@nestjs/common';
import { Intake } from '@parlance/bootstrap';
import { getBlock, listBlocks, setBlock } from '@parlance/contracts';
import { BlockService } from './block.service.js';

@Controller()
export class BlockController implements OnApplicationBootstrap {
  constructor(
    @Inject(Intake) private readonly intake: Intake,
    @Inject(BlockService) private readonly blocks: BlockService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { blocks } = this;
    await this.intake.open((bus) => [
      bus.serve(setBlock, async (input) => blocks.set(input)),
      bus.serve(getBlock, async (input) => blocks.get(input)),
      bus.serve(listBlocks, async (input) => blocks.list(input)),
    ]);
  }
}
