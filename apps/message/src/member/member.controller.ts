import { Controller, Inject, type OnApplicationBootstrap } from '@nestjs/common';
import { addMembers, removeMember } from '@parlance/contracts';
import { Intake } from '../bus/intake.js';
import { MemberService } from './member.service.js';

@Controller()
export class MemberController implements OnApplicationBootstrap {
  constructor(
    @Inject(Intake) private readonly intake: Intake,
    @Inject(MemberService) private readonly members: MemberService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.intake.open((bus) => [
      bus.serve(addMembers, async (input) => this.members.add(input)),
      bus.serve(removeMember, async (input) => this.members.remove(input)),
    ]);
  }
}
