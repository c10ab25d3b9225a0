import { Controller, Inject, type OnApplicationBootstrap } from '@nestjs/common';
import { Intake } from '@parlance/bootstrap';
import { addMembers, changeMember, joinRoom, removeMember } from '@parlance/contracts';
import { MemberService } from './member.service.js';

@Controller()
export class MemberController implements OnApplicationBootstrap {
  constructor(
    @Inject(Intake) private readonly intake: Intake,
    @Inject(MemberService) private readonly members: MemberService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { members } = this;
    await this.intake.open((bus) => [
      bus.serve(addMembers, async (input) => members.add(input)),
      bus.serve(removeMember, async (input) => members.remove(input)),
      bus.serve(changeMember, async (input) => members.change(input)),
      bus.serve(joinRoom, async (input) => members.join(input)),
    ]);
  }
}
