import {
  participantOf,
  type CallParticipant,
  type CallProgress,
  type UserEvent,
  type UserEventOf,
  type UserSnapshot,
} from '@parlance/domain';
import { callOf, isoOf, type CallRecord } from './call.record.js';

/** Why the people of a call are told something. */
export interface Cause {
  /** the connection that asked for it: it hears by the answer */
  readonly origin: string | null;
  /** whose doing it is, and on which device; null: time's, or the server's */
  readonly actor: { readonly userId: string; readonly device: string | null } | null;
}

export const NO_CAUSE: Cause = { origin: null, actor: null };

type Told = Pick<UserEvent, 'device'> & { readonly userId: string };
type Base = Omit<UserEventOf<'call.ended'>, 'type' | 'elsewhere'>;

/** What each of the people is told when a call has come from one state to another; the newest state stands in every event. */
export function eventsOf(before: CallProgress | null, after: CallRecord, cause: Cause): readonly UserEvent[] {
  const base = baseOf(after, cause.origin);
  if (base === null) return [];
  const { progress } = after;
  if (progress.state === 'ended') return before?.state === 'ended' ? [] : endedEvents(base, progress, cause);
  if (before === null) return offeredEvents(base, after, peopleOf(progress));
  const answered = progress.participants.filter(
    (one) => one.state === 'joined' && participantOf(before, one.userId)?.state !== 'joined',
  );
  return [
    ...answered.flatMap((one) => acceptedEvents(base, after, one)),
    ...progress.participants.flatMap((one) => elsewhereEvents(base, before, progress, one)),
  ];
}

/** What goes on, told whole to everybody: after it is not known what they heard. */
export function stateEvents(record: CallRecord): readonly UserEvent[] {
  const base = baseOf(record, null);
  const { participants, callerId, state } = record.progress;
  const taken = participants.filter((one) => one.state === 'joined' && one.settled && one.userId !== callerId);
  return [
    ...participants.flatMap(({ userId }) => eventsFor(record, userId, null)),
    ...(base === null || state === 'ended' ? [] : taken.flatMap((one) => elsewhereOf(base, one))),
  ];
}

/** The same for one of them, or for one device of that one. */
export function eventsFor(record: CallRecord, userId: string, device: string | null): readonly UserEvent[] {
  const base = baseOf(record, null);
  const person = participantOf(record.progress, userId);
  if (base === null || person === null) return [];
  const only = device === null ? null : { only: device };
  const to = { userId, device: only };
  if (record.progress.state === 'ended') return [ended(base, to)];
  if (person.state === 'invited') return offeredEvents(base, record, [to]);
  if (person.state === 'left' || isElsewhere(person, device)) return [];
  if (record.progress.state === 'ringing') return offeredEvents(base, record, [to]);
  return [accepted(base, record, to)];
}

/** What one side says to the device of another. */
export function signaledEvent(
  record: CallRecord,
  to: { readonly userId: string; readonly device: string },
  data: UserEventOf<'call.signaled'>['data'],
): UserEvent | null {
  const base = baseOf(record, null);
  return base === null
    ? null
    : { ...base, userId: to.userId, device: { only: to.device }, type: 'call.signaled', data };
}

/** The call is on another device of this user. */
export function isElsewhere(person: CallParticipant, device: string | null): boolean {
  return device !== null && person.settled && person.goneAt === null && person.device !== device;
}

function baseOf(record: CallRecord, origin: string | null): Base | null {
  const { tenantId, room, people, now, progress } = record;
  const caller = people.get(progress.callerId);
  if (caller === undefined) return null;
  const callee: UserSnapshot | null = progress.calleeId === null ? null : (people.get(progress.calleeId) ?? null);
  return {
    v: 1,
    tenantId,
    userId: progress.callerId,
    at: isoOf(now),
    origin,
    device: null,
    room,
    call: callOf(record),
    caller,
    callee,
  };
}

function peopleOf({ participants }: CallProgress): readonly Told[] {
  return participants.map(({ userId }) => ({ userId, device: null }));
}

function offeredEvents(base: Base, { payload }: CallRecord, told: readonly Told[]): readonly UserEvent[] {
  return told.map((to) => ({ ...base, ...to, type: 'call.offered' as const, payload }));
}

/** To those who take part. Whoever answered hears it on that device alone, once it is known: its other ones hear that it is taken. */
function acceptedEvents(base: Base, record: CallRecord, answering: CallParticipant): readonly UserEvent[] {
  return record.progress.participants
    .filter(({ state }) => state === 'joined')
    .map((one) => {
      const own = one.userId === answering.userId && one.settled && one.device !== null;
      return accepted(base, record, { userId: one.userId, device: own ? { only: one.device } : null });
    });
}

function accepted(base: Base, { glare, payload, answer, progress }: CallRecord, to: Told): UserEvent {
  const toCallee = to.userId !== progress.callerId;
  return { ...base, ...to, type: 'call.accepted', payload: glare && toCallee ? payload : answer, glare };
}

function ended(base: Base, to: Told, elsewhere = false): UserEvent {
  return { ...base, ...to, type: 'call.ended', elsewhere };
}

/** Whoever rejected it did so on one device, which knows; the others still ring. */
function endedEvents(base: Base, progress: CallProgress, { actor }: Cause): readonly UserEvent[] {
  return progress.participants.map(({ userId }) => {
    const rejecting = progress.reason === 'rejected' && actor?.userId === userId ? actor.device : null;
    return ended(base, { userId, device: rejecting === null ? null : { except: rejecting } });
  });
}

/** The devices of whoever was rung that did not get the call, once it is known which one did; or all but the one that declined. */
function elsewhereEvents(
  base: Base,
  before: CallProgress,
  { callerId }: CallProgress,
  one: CallParticipant,
): readonly UserEvent[] {
  const was = participantOf(before, one.userId);
  if (one.userId === callerId || one.device === null) return [];
  const declines = one.state === 'left' && was?.state === 'invited';
  const settles = one.state === 'joined' && one.settled && !(was?.state === 'joined' && was.settled);
  return declines || settles ? elsewhereOf(base, one) : [];
}

function elsewhereOf(base: Base, { userId, device }: CallParticipant): readonly UserEvent[] {
  return device === null ? [] : [ended(base, { userId, device: { except: device } }, true)];
}
