import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { BUS, DRAIN, type Drain } from '@parlance/bootstrap';
import type { BatchAnswer, BatchItem, Bus } from '@parlance/bus';
import { findUsers, noteSeen, putUser } from '@parlance/contracts';
import { toParlanceError, type UserRef } from '@parlance/domain';
import type { z } from 'zod';
import { UserService } from './user.service.js';

type FindItem = BatchItem<z.output<typeof findUsers.input>>;
type FindAnswer = BatchAnswer<z.input<typeof findUsers.output>>;

/** Refs per query: one batch of the bus may hold 256 requests of 256 refs. */
const MAX_REFS = 2_048;

@Injectable()
export class UserController implements OnApplicationBootstrap {
  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(DRAIN) private readonly drain: Drain,
    @Inject(UserService) private readonly users: UserService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const served = await Promise.all([
      this.bus.serveBatch(findUsers, (items) => this.find(items)),
      this.bus.serve(putUser, (input) => this.users.put(input)),
      this.bus.serve(noteSeen, async ({ tenantId, userIds, at }) => {
        await this.users.noteSeen(tenantId, userIds, at);
        return {};
      }),
    ]);
    this.drain.add('intake', 'identity-user', async () => {
      await Promise.all(served.map((subscription) => subscription.stop()));
    });
  }

  /** Requests that travelled together and are of one tenant are read with one query. */
  private async find(items: readonly FindItem[]): Promise<readonly FindAnswer[]> {
    const answers = new Map<FindItem, FindAnswer>();
    await Promise.all(groupsOf(items).map((group) => this.findGroup(group, answers)));
    return items.flatMap((item) => answers.get(item) ?? []);
  }

  private async findGroup(group: readonly FindItem[], answers: Map<FindItem, FindAnswer>): Promise<void> {
    const [first] = group;
    if (first === undefined) return;
    const refs: readonly UserRef[] = group.flatMap(({ input }) => input.refs);
    try {
      const users = await this.users.find(first.input.tenantId, refs);
      let at = 0;
      for (const item of group) {
        answers.set(item, { ok: true, value: { users: users.slice(at, (at += item.input.refs.length)) } });
      }
    } catch (error) {
      for (const item of group) answers.set(item, { ok: false, error: toParlanceError(error) });
    }
  }
}

/** Items of one tenant together, cut where a query would ask for too much. */
function groupsOf(items: readonly FindItem[]): readonly (readonly FindItem[])[] {
  const groups: FindItem[][] = [];
  const open = new Map<string, { group: FindItem[]; refs: number }>();
  for (const item of items) {
    const { tenantId, refs } = item.input;
    const current = open.get(tenantId);
    if (current !== undefined && current.refs + refs.length <= MAX_REFS) {
      current.group.push(item);
      current.refs += refs.length;
    } else {
      const group = [item];
      groups.push(group);
      open.set(tenantId, { group, refs: refs.length });
    }
  }
  return groups;
}
