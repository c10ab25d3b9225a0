import { Inject, Injectable } from '@nestjs/common';
import { BUS } from '@parlance/bootstrap';
import type { Bus } from '@parlance/bus';
import { getRoom, listConnected } from '@parlance/contracts';
import { ParlanceError } from '@parlance/domain';

const PAGE = 500;
/** Users told of one change of a reward; of more, those who come later see it when they ask. */
export const MAX_TOLD = 20_000;

/** Who sees a reward now: the members of its room, or everybody of the tenant who is connected. */
@Injectable()
export class Audience {
  constructor(@Inject(BUS) private readonly bus: Bus) {}

  /** By pages. */
  async *of(tenantId: string, roomId: string | null): AsyncGenerator<readonly string[]> {
    if (roomId === null) yield* this.#connected(tenantId);
    else yield* pagesOf(await this.members(tenantId, roomId));
  }

  /** Of a room that is gone: nobody. */
  async members(tenantId: string, roomId: string): Promise<readonly string[]> {
    try {
      const { members } = await this.bus.request(getRoom, { tenantId, viewerId: null, roomId });
      return members.map(({ userId }) => userId);
    } catch (error) {
      if (error instanceof ParlanceError && error.code === 'not-found') return [];
      throw error;
    }
  }

  async *#connected(tenantId: string): AsyncGenerator<readonly string[]> {
    let after: string | null = null;
    for (let told = 0; told < MAX_TOLD; told += PAGE) {
      const page: { userIds: string[]; next: string | null } = await this.bus.request(listConnected, {
        tenantId,
        after,
        limit: PAGE,
      });
      yield page.userIds;
      if (page.next === null) return;
      after = page.next;
    }
  }
}

function* pagesOf(userIds: readonly string[]): Generator<readonly string[]> {
  for (let start = 0; start < userIds.length; start += PAGE) yield userIds.slice(start, start + PAGE);
}
