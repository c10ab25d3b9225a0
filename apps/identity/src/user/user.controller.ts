import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { BUS, DRAIN, type Drain } from '@parlance/bootstrap';
import type { Bus } from '@parlance/bus';
import { findUsers, listUsers, noteSeen, putUser } from '@parlance/contracts';
import { UserService } from './user.service.js';

@Injectable()
export class UserController implements OnApplicationBootstrap {
  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(DRAIN) private readonly drain: Drain,
    @Inject(UserService) private readonly users: UserService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const served = await Promise.all([
      this.bus.serve(findUsers, async ({ tenantId, refs }) => {
        const accounts = await this.users.accounts(tenantId, refs);
        return {
          users: accounts.map((account) => account?.user ?? null),
          terminated: accounts.flatMap((account) => (account?.terminated === true ? [account.user.id] : [])),
        };
      }),
      this.bus.serve(listUsers, async ({ tenantId, search = '', offset, limit }) => {
        const { users, total } = await this.users.list(tenantId, { search, offset, limit });
        return { users: [...users], total };
      }),
      this.bus.serve(putUser, (input) => this.users.put(input)),
      this.bus.serve(noteSeen, async ({ tenantId, userIds, at }) => {
        await this.users.noteSeen(tenantId, userIds, at);
        return {};
      }),
    ]);
    this.drain.add('finish', 'identity-user', async () => {
      await Promise.all(served.map((subscription) => subscription.stop()));
    });
  }
}
