import { Controller, Inject, type OnApplicationBootstrap } from '@nestjs/common';
import { Intake } from '@parlance/bootstrap';
import { answerInvitation, cancelInvitation, createInvitations, listInvitations } from '@parlance/contracts';
import { InvitationService } from './invitation.service.js';

@Controller()
export class InvitationController implements OnApplicationBootstrap {
  constructor(
    @Inject(Intake) private readonly intake: Intake,
    @Inject(InvitationService) private readonly invitations: InvitationService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { invitations } = this;
    await this.intake.open((bus) => [
      bus.serve(createInvitations, async (input) => invitations.create(input)),
      bus.serve(answerInvitation, async (input) => invitations.answer(input)),
      bus.serve(cancelInvitation, async (input) => invitations.cancel(input)),
      bus.serve(listInvitations, async (input) => invitations.list(input)),
    ]);
  }
}
