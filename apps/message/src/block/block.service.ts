import { Inject, Injectable } from '@nestjs/common';
import type { getBlock, listBlocks, setBlock } from '@parlance/contracts';
import { ParlanceError, type UserEventOf, type UserSnapshot } from '@parlance/domain';
import type { z } from 'zod';
import { Database } from '../database/database.js';
import { RoomPublisher } from '../publish/room.publisher.js';
import { BlockRepository, type Pair } from './block.repository.js';

type SetInput = z.output<typeof setBlock.input>;
type GetInput = z.output<typeof getBlock.input>;
type ListInput = z.output<typeof listBlocks.input>;
type ListOutput = z.input<typeof listBlocks.output>;

@Injectable()
export class BlockService {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(BlockRepository) private readonly blocks: BlockRepository,
    @Inject(RoomPublisher) private readonly publisher: RoomPublisher,
  ) {}

  async set(input: SetInput): Promise<Pair> {
    const { tenantId, user, other, blocked } = input;
    if (user.id === other.id) throw new ParlanceError('invalid', 'Nobody blocks oneself.');
    const { pair, at } = await this.database.transaction(async (sql) => {
      const scope = { sql, tenantId, userId: user.id, otherId: other.id };
      await this.blocks.lockRoom(scope);
      const changedAt = await this.blocks.set(scope, blocked);
      return { at: changedAt, pair: await this.blocks.pair(scope) };
    });
    if (at !== null) this.publisher.userEvents(blockEvents(input, pair, at));
    return pair;
  }

  async get({ tenantId, userId, otherId }: GetInput): Promise<Pair> {
    return this.blocks.pair({ sql: this.database.sql, tenantId, userId, otherId });
  }

  async list({ tenantId, userId }: ListInput): Promise<ListOutput> {
    return { blocks: await this.blocks.list(tenantId, userId) };
  }
}

/** Both are told, each from its own viewpoint. */
function blockEvents(
  { tenantId, user, other, origin }: SetInput,
  { room, blockedByMe, blockedMe }: Pair,
  at: string,
): readonly UserEventOf<'block.changed'>[] {
  const told = (userId: string, peer: UserSnapshot, byMe: boolean, me: boolean): UserEventOf<'block.changed'> => ({
    v: 1,
    type: 'block.changed',
    tenantId,
    userId,
    at,
    origin,
    device: null,
    room,
    other: peer,
    blockedByMe: byMe,
    blockedMe: me,
  });
  return [told(user.id, other, blockedByMe, blockedMe), told(other.id, user, blockedMe, blockedByMe)];
}
