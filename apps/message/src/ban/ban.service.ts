import { Inject, Injectable } from '@nestjs/common';
import type { listBans, setBan } from '@parlance/contracts';
import { ParlanceError } from '@parlance/domain';
import type { z } from 'zod';
import { Database } from '../database/database.js';
import { InvitationRepository } from '../invitation/invitation.repository.js';
import { RoomLogRepository, type LockedRoom } from '../log/room-log.repository.js';
import { eventsOf, Membership, NOTHING, type Happening } from '../member/membership.js';
import { RoomPublisher } from '../publish/room.publisher.js';
import { enter, requireGroup } from '../room/room.lock.js';
import { RoomRepository } from '../room/room.repository.js';
import { demand, roomNotFound } from '../room/room.rules.js';
import { BanRepository, type Ban } from './ban.repository.js';

type BanInput = z.output<typeof setBan.input>;
type BanOutput = z.input<typeof setBan.output>;
type ListInput = z.output<typeof listBans.input>;

@Injectable()
export class BanService {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(RoomLogRepository) private readonly log: RoomLogRepository,
    @Inject(RoomRepository) private readonly rooms: RoomRepository,
    @Inject(BanRepository) private readonly bans: BanRepository,
    @Inject(InvitationRepository) private readonly invitations: InvitationRepository,
    @Inject(Membership) private readonly membership: Membership,
    @Inject(RoomPublisher) private readonly publisher: RoomPublisher,
  ) {}

  async set(input: BanInput): Promise<BanOutput> {
    const { answer, happening } = await this.database.transaction(async (sql) => {
      const scope = { sql, tenantId: input.tenantId, roomId: input.roomId };
      const { locked, asker } = await enter(this.log, scope, input.actor);
      demand('ban', asker);
      requireGroup(locked);
      return input.banned ? this.#ban(locked, input) : this.#lift(locked, input);
    });
    this.publisher.facts(happening.facts);
    this.publisher.userEvents(happening.events);
    return answer;
  }

  async list({ tenantId, viewerId, roomId }: ListInput): Promise<{ bans: Ban[] }> {
    const scope = { sql: this.database.sql, tenantId, roomId };
    if (!(await this.rooms.isVisible(tenantId, roomId, viewerId))) throw roomNotFound();
    const role = viewerId === null ? 'server' : ((await this.log.role(scope, viewerId)) ?? 'stranger');
    demand('see-bans', role);
    return { bans: await this.bans.list(scope) };
  }

  async #ban(locked: LockedRoom, input: BanInput): Promise<{ answer: BanOutput; happening: Happening }> {
    const { scope, at } = locked;
    const { userId } = input;
    const role = await this.log.role(scope, userId);
    if (role === 'owner') throw new ParlanceError('invalid', 'The owner of a room is not banned.');
    if (!(await this.bans.insert(scope, { userId, byId: input.actor?.id ?? null, createdAt: at }))) {
      throw new ParlanceError('conflict', 'This user is banned already.');
    }
    const closed = await this.invitations.close(scope, [userId], 'canceled', at);
    const banned = { userId, reason: 'banned' } as const;
    const { facts } = role === null ? NOTHING : await this.membership.end(locked, input, banned, role);
    return { answer: { createdAt: at, updatedAt: at }, happening: { facts, events: eventsOf(locked, input, closed) } };
  }

  async #lift({ scope, at }: LockedRoom, { userId }: BanInput): Promise<{ answer: BanOutput; happening: Happening }> {
    const lifted = await this.bans.delete(scope, userId);
    if (lifted === null) throw new ParlanceError('not-found', 'This user is not banned.');
    return { answer: { createdAt: lifted.createdAt, updatedAt: at }, happening: NOTHING };
  }
}
