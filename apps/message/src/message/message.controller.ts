import { Controller, Inject, type OnApplicationBootstrap } from '@nestjs/common';
import { Intake } from '@parlance/bootstrap';
import { deleteMessage, editMessage, getMessage, listMessages, sendMessage } from '@parlance/contracts';
import { SendService } from '../send/send.service.js';
import { MessageService } from './message.service.js';

@Controller()
export class MessageController implements OnApplicationBootstrap {
  constructor(
    @Inject(Intake) private readonly intake: Intake,
    @Inject(SendService) private readonly sends: SendService,
    @Inject(MessageService) private readonly messages: MessageService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { sends, messages } = this;
    await this.intake.open((bus) => [
      bus.serveBatch(sendMessage, async (items) => sends.sendBatch(items)),
      bus.serve(editMessage, async (input) => messages.edit(input)),
      bus.serve(deleteMessage, async (input) => messages.delete(input)),
      bus.serve(getMessage, async ({ tenantId, messageId, viewerId }) => messages.get(tenantId, messageId, viewerId)),
      bus.serve(listMessages, async (input) => messages.list(input)),
    ]);
  }
}
