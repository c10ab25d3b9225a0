import { Controller, Inject, type OnApplicationBootstrap } from '@nestjs/common';
import { Intake } from '@parlance/bootstrap';
import { searchMessages } from '@parlance/contracts';
import { SearchService } from './search.service.js';

@Controller()
export class SearchController implements OnApplicationBootstrap {
  constructor(
    @Inject(Intake) private readonly intake: Intake,
    @Inject(SearchService) private readonly searches: SearchService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { searches } = this;
    await this.intake.open((bus) => [bus.serve(searchMessages, async (input) => searches.search(input))]);
  }
}
