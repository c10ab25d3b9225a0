import { Controller, Inject, type OnApplicationBootstrap } from '@nestjs/common';
import { Intake } from '@parlance/bootstrap';
import { markReceipt } from '@parlance/contracts';
import { ReceiptService } from './receipt.service.js';

@Controller()
export class ReceiptController implements OnApplicationBootstrap {
  constructor(
    @Inject(Intake) private readonly intake: Intake,
    @Inject(ReceiptService) private readonly receipts: ReceiptService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.intake.open((bus) => [bus.serve(markReceipt, async (input) => this.receipts.mark(input))]);
  }
}
