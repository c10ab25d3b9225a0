import { Inject, Injectable } from '@nestjs/common';
import type { answerInvitation, cancelInvitation, createInvitations, listInvitations } from '@parlance/contracts';
import { type Invitation, type UserSnapshot } from '@parlance/domain';
import type { z } from 'zod';
import { Database } from '../database/database.js';
import { RoomLogRepository, type LockedRoom } from '../log/room-log.repository.js';
import { eventsOf, Membership, NOTHING, type Happening } from '../member/membership.js';
import { RoomPublisher } from '../publish/room.publisher.js';
import { InfoRepository, infoOf } from '../room/info.repository.js';
import { enter, requireGroup, stateOf, type Entered } from '../room/room.lock.js';
import { RoomRepository } from '../room/room.repository.js';
import { demand } from '../room/room.rules.js';
import { InvitationRepository, type InvitationKey, type InvitationRecord } from './invitation.repository.js';
import { answered, invitationNotFound, mayCancel } from './invitation.rules.js';

type CreateInput = z.output<typeof createInvitations.input>;
type CreateOutput = z.input<typeof createInvitations.output>;
type AnswerInput = z.output<typeof answerInvitation.input>;
type AnswerOutput = z.input<typeof answerInvitation.output>;
type CancelInput = z.output<typeof cancelInvitation.input>;
type ListInput = z.output<typeof listInvitations.input>;

interface Opened extends Entered {
  readonly record: InvitationRecord;
}

@Injectable()
export class InvitationService {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(RoomRepository) private readonly rooms: RoomRepository,
    @Inject(RoomLogRepository) private readonly log: RoomLogRepository,
    @Inject(InvitationRepository) private readonly invitations: InvitationRepository,
    @Inject(Membership) private readonly membership: Membership,
    @Inject(InfoRepository) private readonly infos: InfoRepository,
    @Inject(RoomPublisher) private readonly publisher: RoomPublisher,
  ) {}

  async create(input: CreateInput): Promise<CreateOutput> {
    const { answer, happening } = await this.database.transaction(async (sql) => {
      const scope = { sql, tenantId: input.tenantId, roomId: input.roomId };
      const { locked, asker } = await enter(this.log, scope, input.actor);
      demand('invite', asker);
      requireGroup(locked);
      const known = await this.invitations.openOf(
        scope,
        input.users.map(({ id }) => id),
      );
      const made = await this.#insert(locked, input, new Set(known.map(({ invitee }) => invitee.id)));
      const place = new Map(input.users.map(({ id }, index) => [id, index]));
      const invitations = [...known, ...made]
        .map(({ invitation }) => invitation)
        .sort((a, b) => (place.get(a.inviteeId) ?? 0) - (place.get(b.inviteeId) ?? 0));
      const happened: Happening = { facts: [], events: eventsOf(locked, input, made) };
      return { answer: { invitations, room: locked.stamp }, happening: happened };
    });
    this.#publish(happening);
    return answer;
  }

  async answer(input: AnswerInput): Promise<AnswerOutput> {
    const { answer, happening } = await this.#inside(input, async (opened) => {
      const { locked, record } = opened;
      if (input.actor !== null && input.actor.id !== record.invitee.id) throw invitationNotFound();
      const { happening: happened, after } = answered(record.invitation.state, input.answer)
        ? { happening: NOTHING, after: record }
        : await this.#answer(opened, input);
      const state = await stateOf(this.rooms, locked.scope);
      return { answer: { invitation: after.invitation, state }, happening: happened };
    });
    this.#publish(happening);
    return answer;
  }

  async cancel(input: CancelInput): Promise<{ invitation: Invitation }> {
    const { answer, happening } = await this.#inside(input, async ({ locked, asker, record }) => {
      const { state, inviterId, inviteeId } = record.invitation;
      mayCancel(asker, { actorId: input.actor?.id ?? null, inviterId });
      if (answered(state, 'cancel')) return { answer: { invitation: record.invitation }, happening: NOTHING };
      const closed = await this.invitations.close(locked.scope, [inviteeId], 'canceled', locked.at);
      const names = { [inviteeId]: record.invitee.name };
      const info = infoOf({ actor: input.actor, names }, { action: 'invitations.canceled', targets: [inviteeId] });
      const facts = await this.infos.add(locked.scope, input, info);
      const after = closed[0]?.invitation ?? record.invitation;
      return { answer: { invitation: after }, happening: { facts, events: eventsOf(locked, input, closed) } };
    });
    this.#publish(happening);
    return answer;
  }

  async list({ tenantId, ...filter }: ListInput): Promise<{ invitations: Invitation[] }> {
    return { invitations: await this.invitations.list(tenantId, filter) };
  }

  async #insert(locked: LockedRoom, input: CreateInput, known: ReadonlySet<string>): Promise<InvitationRecord[]> {
    const { scope, at } = locked;
    const asked = new Map(input.users.filter(({ id }) => !known.has(id)).map((user) => [user.id, user]));
    // Whoever is invited may come, so that there must be a place for all of them.
    const open = await this.invitations.countOpen(scope);
    const fresh = await this.membership.newcomers(scope, [...asked.keys()], open);
    const invitees = fresh.flatMap((id): UserSnapshot[] => {
      const user = asked.get(id);
      return user === undefined ? [] : [user];
    });
    return invitees.length === 0 ? [] : this.invitations.insert(scope, input.actor, invitees, at);
  }

  async #answer({ locked, role, record }: Opened, input: AnswerInput) {
    const { scope, at } = locked;
    const { invitee } = record;
    const accepts = input.answer === 'accept';
    const closed = await this.invitations.close(scope, [invitee.id], accepts ? 'accepted' : 'rejected', at);
    const userIds = accepts && role === null ? await this.membership.newcomers(scope, [invitee.id]) : [];
    const cause = { actor: input.actor ?? invitee, origin: input.origin };
    const { facts } = await this.membership.begin(locked, cause, { userIds, role: 'member' }, 'member.joined');
    return { happening: { facts, events: eventsOf(locked, input, closed) }, after: closed[0] ?? record };
  }

  /** An invitation under its room's lock. */
  async #inside<T>(
    input: { readonly tenantId: string; readonly actor: UserSnapshot | null; readonly invitation: InvitationKey },
    work: (opened: Opened) => Promise<T>,
  ): Promise<T> {
    const place = await this.invitations.locate(input.tenantId, input.invitation);
    if (place === null) throw invitationNotFound();
    return this.database.transaction(async (sql) => {
      const scope = { sql, tenantId: input.tenantId, roomId: place.roomId };
      const entered = await enter(this.log, scope, input.actor);
      const record = await this.invitations.find(scope, place.id);
      if (record === null) throw invitationNotFound();
      return work({ ...entered, record });
    });
  }

  #publish({ facts, events }: Happening): void {
    this.publisher.facts(facts);
    this.publisher.userEvents(events);
  }
}
