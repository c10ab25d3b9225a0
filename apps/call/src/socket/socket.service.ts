import { Inject, Injectable } from '@nestjs/common';
import type { noteCallSockets } from '@parlance/contracts';
import { participantOf, type CallParticipant, type CallProgress } from '@parlance/domain';
import type { z } from 'zod';
import { Announcer } from '../call/announcer.js';
import { CallChanges } from '../call/call.changes.js';
import { eventsFor, NO_CAUSE } from '../call/call.events.js';
import type { CallRecord } from '../call/call.record.js';
import { CallRepository } from '../call/call.repository.js';
import { Database } from '@parlance/persistence';
import { SignalMail } from '../signal/signal.mail.js';
import { PodRepository, SocketRepository, type Involved } from './socket.repository.js';

type Note = z.output<typeof noteCallSockets.input>;
type Here = Note['here'][number];
type UserKey = Pick<Here, 'tenantId' | 'userId'>;

/** What the comings and goings of sockets mean to calls. */
@Injectable()
export class SocketService {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(PodRepository) private readonly pods: PodRepository,
    @Inject(SocketRepository) private readonly sockets: SocketRepository,
    @Inject(CallRepository) private readonly calls: CallRepository,
    @Inject(CallChanges) private readonly changes: CallChanges,
    @Inject(Announcer) private readonly announcer: Announcer,
    @Inject(SignalMail) private readonly mail: SignalMail,
  ) {}

  async note({ podId, here, left, told }: Note): Promise<{ known: string[] }> {
    await this.pods.beat(this.database, podId);
    await this.sockets.markHeard(told);
    const involved = await this.sockets.involved(here.map(({ tenantId, userId }) => ({ tenantId, userId })));
    const pairs = here.flatMap((socket) => callsOf(socket, involved).map((call) => ({ socket, call })));
    const known = here.filter((socket) => callsOf(socket, involved).some(({ live }) => live));
    await this.sockets.store(
      known.map(({ tenantId, userId, connectionId, device }) => ({ tenantId, userId, connectionId, device })),
      podId,
    );
    await this.sockets.remove(left);
    for (const { socket, call } of pairs) await this.#here(socket, call);
    await this.lost(left);
    return { known: known.map(({ connectionId }) => connectionId) };
  }

  /** Users some of whose sockets have gone: those whose last one it was are missing in their calls from now on. */
  async lost(users: readonly UserKey[]): Promise<void> {
    const distinct = new Map(users.map((one) => [`${one.tenantId}\n${one.userId}`, one]));
    const involved = await this.sockets.involved(
      [...distinct.values()].map(({ tenantId, userId }) => ({ tenantId, userId })),
    );
    for (const { tenantId, userId, callId, live } of involved) {
      if (!live || (await this.#isPresent(tenantId, userId, callId))) continue;
      await this.changes.apply(tenantId, callId, { trigger: { type: 'gone', userId }, cause: NO_CAUSE });
      // One that came in between would else stay unseen.
      await this.found(tenantId, userId, callId);
    }
  }

  /** Looks again for whoever is missing. */
  async found(tenantId: string, userId: string, callId: string): Promise<void> {
    for (const device of await this.sockets.devices(tenantId, userId)) {
      await this.changes.apply(tenantId, callId, { trigger: { type: 'seen', userId, device }, cause: NO_CAUSE });
    }
  }

  async #isPresent(tenantId: string, userId: string, callId: string): Promise<boolean> {
    const record = await this.calls.find(tenantId, callId);
    const person = record === null ? null : participantOf(record.progress, userId);
    if (person === null) return true;
    const devices = await this.sockets.devices(tenantId, userId);
    return person.state === 'joined' && person.settled && person.device !== null
      ? devices.includes(person.device)
      : devices.length > 0;
  }

  async #here({ tenantId, userId, device, fresh }: Here, { callId }: Involved): Promise<void> {
    const trigger = { type: 'seen', userId, device } as const;
    const { before, after } = await this.changes.apply(tenantId, callId, { trigger, cause: NO_CAUSE });
    if (fresh) await this.#tellAnew(after, userId, device, before.progress);
  }

  /** A device that comes back hears what goes on, and what was said to it meanwhile. */
  async #tellAnew(record: CallRecord, userId: string, device: string, before: CallProgress): Promise<void> {
    this.announcer.tell(eventsFor(record, userId, device));
    const person = participantOf(record.progress, userId);
    // A change that let it hear has handed it what waited already.
    if (person?.device !== device || changed(participantOf(before, userId), person)) return;
    await this.mail.deliver(record, userId);
  }
}

function changed(before: CallParticipant | null, after: CallParticipant): boolean {
  return (
    before === null ||
    before.goneAt !== after.goneAt ||
    before.settled !== after.settled ||
    before.device !== after.device
  );
}

function callsOf({ tenantId, userId }: UserKey, involved: readonly Involved[]): readonly Involved[] {
  return involved.filter((one) => one.tenantId === tenantId && one.userId === userId);
}
