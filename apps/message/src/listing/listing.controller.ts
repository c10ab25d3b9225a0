import { Controller, Inject, type OnApplicationBootstrap } from '@nestjs/common';
import { Intake } from '@parlance/bootstrap';
import { listRooms } from '@parlance/contracts';
import { checkText } from '../message/draft.rules.js';
import { ListingRepository } from './listing.repository.js';

const TITLE_CHARS = 256;

@Controller()
export class ListingController implements OnApplicationBootstrap {
  constructor(
    @Inject(Intake) private readonly intake: Intake,
    @Inject(ListingRepository) private readonly listings: ListingRepository,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { listings } = this;
    await this.intake.open((bus) => [
      bus.serve(listRooms, async (input) => {
        checkText('title', input.title ?? null, TITLE_CHARS);
        return listings.list(input.tenantId, input.userId, input);
      }),
    ]);
  }
}
