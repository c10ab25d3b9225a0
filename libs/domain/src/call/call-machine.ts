import { ParlanceError } from '../error/parlance-error.js';
import type { CallReason, CallState, Participation } from './call.js';
import { isConnectionDevice } from './call-device.js';

/*
 * The calls' rules (guarantees.md section 4) as functions of state, trigger and time. Times are milliseconds since the epoch, by one
 * clock: the database's.
 */

export interface CallParticipant {
  readonly userId: string;
  readonly state: Participation;
  /** the device the call is on; null: not known (the tenant's server answered for the user) */
  readonly device: string | null;
  /** a socket of that device was seen, so the call stays on it while it lasts */
  readonly settled: boolean;
  /** the device whose socket sent the newest signal */
  readonly signaledFrom: string | null;
  /** what it offered or answered holds a session description: its client negotiates media through us */
  readonly described: boolean;
  /** since when it has no socket; null: it has one, or never had */
  readonly goneAt: number | null;
}

/** What changes about a call. `calleeId` null: a group's call, whose participants come and go. `deadlineAt`: of ringing, or of media. */
export interface CallProgress {
  readonly state: CallState;
  readonly reason: CallReason | null;
  readonly callerId: string;
  readonly calleeId: string | null;
  readonly participants: readonly CallParticipant[];
  readonly acceptedAt: number | null;
  readonly endedAt: number | null;
  readonly deadlineAt: number | null;
}

/** How long things may take, ms: to ring, from the answer to the first exchange of media, without any socket. */
export interface CallTimes {
  readonly ringMs: number;
  readonly mediaMs: number;
  readonly graceMs: number;
}

/** What a device does. `socket`: the device is known to have one. */
interface FromDevice {
  readonly userId: string;
  readonly device: string | null;
  readonly socket: boolean;
}

export type CallTrigger =
  | ({ readonly type: 'accept'; readonly described: boolean } & FromDevice)
  /** `userId` null: the tenant's server. `as` absent: what the user's role and the state make of it. */
  | {
      readonly type: 'end';
      readonly userId: string | null;
      readonly device: string | null;
      readonly as?: 'reject' | 'cancel' | 'end' | undefined;
    }
  /** an ICE candidate or the like, over a socket of that device */
  | { readonly type: 'signal'; readonly userId: string; readonly device: string }
  /** a socket of that device of the user is there */
  | { readonly type: 'seen'; readonly userId: string; readonly device: string }
  /** the last socket of the participant's device, or of the user where that is not known, has gone */
  | { readonly type: 'gone'; readonly userId: string }
  /** no member any more, blocked or terminated; null: the room itself is gone */
  | { readonly type: 'remove'; readonly userId: string | null }
  /** time has passed */
  | { readonly type: 'tick' };

export interface CallMoment {
  readonly now: number;
  readonly times: CallTimes;
}

export interface CallStart extends FromDevice {
  readonly calleeId: string | null;
  /** everybody it rings for */
  readonly invited: readonly string[];
  readonly described: boolean;
}

/** A call that rings. */
export function startCall(start: CallStart, { now, times }: CallMoment): CallProgress {
  const { userId, device, socket, described } = start;
  const caller = { ...participant(userId, 'joined'), device, settled: socket && device !== null, described };
  return {
    state: 'ringing',
    reason: null,
    callerId: userId,
    calleeId: start.calleeId,
    participants: [caller, ...start.invited.map((id) => participant(id, 'invited'))],
    acceptedAt: null,
    endedAt: null,
    deadlineAt: now + times.ringMs,
  };
}

/** A call to somebody who is in another one: it never rang. */
export function busyCall(start: CallStart, moment: CallMoment): CallProgress {
  return ended(startCall(start, moment), 'busy', moment.now);
}

/**
 * What becomes of a call; the same object when nothing changes, so that every control may be repeated.
 * Errors: `conflict` with `details.reason` (`ended`, `already_answered`, `not_answered`), `not-found` (no participant),
 * `permission-denied` (not this side's to do), `unsupported` (signals of a group's call).
 */
export function advanceCall(call: CallProgress, trigger: CallTrigger, moment: CallMoment): CallProgress {
  if (call.state === 'ended') return afterEnd(call, trigger);
  switch (trigger.type) {
    case 'accept':
      return accept(call, trigger, moment);
    case 'end':
      return end(call, trigger, moment.now);
    case 'signal':
      return signal(call, trigger);
    case 'seen':
      return seen(call, trigger);
    case 'gone':
      return gone(call, trigger.userId, moment.now);
    case 'remove':
      return remove(call, trigger.userId, moment.now);
    case 'tick':
      return tick(call, moment);
  }
}

export function participantOf(call: CallProgress, userId: string): CallParticipant | null {
  return call.participants.find((one) => one.userId === userId) ?? null;
}

/** The other side of a call of two. */
export function peerOf(call: CallProgress, userId: string): CallParticipant | null {
  return call.calleeId === null ? null : (call.participants.find((one) => one.userId !== userId) ?? null);
}

function participant(userId: string, state: Participation): CallParticipant {
  return { userId, state, device: null, settled: false, signaledFrom: null, described: false, goneAt: null };
}

function afterEnd(call: CallProgress, trigger: CallTrigger): CallProgress {
  if (trigger.type === 'accept' || trigger.type === 'signal') {
    requireParticipant(call, trigger.userId);
    throw conflict('ended', 'This call is over.');
  }
  if (trigger.type === 'end' && trigger.userId !== null) requireParticipant(call, trigger.userId);
  return call;
}

type Accept = Extract<CallTrigger, { type: 'accept' }>;

function accept(call: CallProgress, trigger: Accept, moment: CallMoment): CallProgress {
  const { userId, device } = trigger;
  const known = participantOf(call, userId) ?? newcomer(call, userId);
  if (userId === call.callerId && call.calleeId !== null) throw denied('Only the other side answers a call.');
  if (known.state === 'joined') {
    if (known.device === device || userId === call.callerId) return call;
    throw conflict('already_answered', 'Another device has answered this call.');
  }
  const joined = withPerson(call, { ...answering(known, trigger), described: trigger.described });
  if (call.state !== 'ringing') return joined;
  return exchanged({
    ...joined,
    state: 'accepted',
    acceptedAt: moment.now,
    deadlineAt: negotiates(joined) ? moment.now + moment.times.mediaMs : null,
  });
}

/** Candidates may overtake the answer, which takes another way: whose device has no socket leaves the call to the one that sent them. */
function answering(known: CallParticipant, { device, socket }: Accept): CallParticipant {
  const early = known.signaledFrom;
  const base = { ...known, state: 'joined' as const, goneAt: null };
  if (early !== null && (early === device || !socket)) return { ...base, device: early, settled: true };
  return { ...base, device, settled: socket && device !== null, signaledFrom: null };
}

/** Members may join a group's call while it lasts. */
function newcomer(call: CallProgress, userId: string): CallParticipant {
  if (call.calleeId !== null) throw notFound();
  return participant(userId, 'invited');
}

/** Where both sides showed a session description, media must follow. */
function negotiates(call: CallProgress): boolean {
  return call.calleeId !== null && call.participants.every(({ described }) => described);
}

/** Signals from both sides: media is under way. */
function exchanged(call: CallProgress): CallProgress {
  const both = call.participants.every(
    ({ state, device, signaledFrom }) => state === 'joined' && signaledFrom !== null && signaledFrom === device,
  );
  return both && call.calleeId !== null && call.state === 'accepted'
    ? { ...call, state: 'connected', deadlineAt: null }
    : call;
}

type End = Extract<CallTrigger, { type: 'end' }>;

function end(call: CallProgress, trigger: End, now: number): CallProgress {
  const { userId, device, as } = trigger;
  if (userId === null) return ended(call, 'server', now);
  const known = requireParticipant(call, userId);
  const isCaller = userId === call.callerId;
  if (isCaller ? as === 'reject' : as === 'cancel') throw denied('That is for the other side of the call to do.');
  if (known.state === 'left') return call;
  if (isCaller) return ended(call, call.state === 'ringing' ? 'canceled' : 'completed', now);
  if (known.state === 'invited') return declined(call, known, device, now);
  // A device that lost the race to answer, and says no a moment later, must not end what another one has taken.
  const another = known.device !== null && device !== null && known.device !== device && as !== 'end';
  if (another) throw conflict('already_answered', 'Another device has answered this call.');
  return leave(call, known, now, 'completed');
}

/** The device is kept: the others of that user must stop ringing. */
function declined(call: CallProgress, known: CallParticipant, device: string | null, now: number): CallProgress {
  if (call.calleeId !== null) return ended(withPerson(call, { ...known, device }), 'rejected', now);
  const after = withPerson(call, { ...known, state: 'left', device });
  const nobodyComes = after.participants.every(({ state, userId }) => state === 'left' || userId === call.callerId);
  return call.state === 'ringing' && nobodyComes ? ended(after, 'rejected', now) : after;
}

/** In a call of two it is the end; a group's call goes on while anybody takes part. */
function leave(call: CallProgress, known: CallParticipant, now: number, reason: CallReason): CallProgress {
  if (call.calleeId !== null) return ended(call, reason, now);
  const after = withPerson(call, { ...known, state: 'left', goneAt: null });
  return after.participants.some(({ state }) => state === 'joined') ? after : ended(after, reason, now);
}

type Signal = Extract<CallTrigger, { type: 'signal' }>;

function signal(call: CallProgress, { userId, device }: Signal): CallProgress {
  const known = requireParticipant(call, userId);
  if (call.calleeId === null) throw new ParlanceError('unsupported', "A group call's media goes through a server.");
  if (known.state !== 'joined') return withPerson(call, { ...known, signaledFrom: device });
  const free = !known.settled || known.goneAt !== null;
  if (known.device !== device && !free) {
    throw conflict('already_answered', 'The call is on another device of this user.');
  }
  return exchanged(withPerson(call, { ...known, device, settled: true, signaledFrom: device, goneAt: null }));
}

type Seen = Extract<CallTrigger, { type: 'seen' }>;

function seen(call: CallProgress, { userId, device }: Seen): CallProgress {
  const known = participantOf(call, userId);
  if (known === null || known.state === 'left') return call;
  if (known.state === 'invited') return withPerson(call, { ...known, goneAt: null });
  if (known.device === device) return withPerson(call, { ...known, settled: true, goneAt: null });
  // A device that is known by its connection alone comes back under another name.
  const returns = known.goneAt !== null && known.device !== null && isConnectionDevice(known.device);
  if (returns) {
    const signaledFrom = known.signaledFrom === known.device ? device : known.signaledFrom;
    return withPerson(call, { ...known, device, settled: true, goneAt: null, signaledFrom });
  }
  return known.settled ? call : withPerson(call, { ...known, goneAt: null });
}

function gone(call: CallProgress, userId: string, now: number): CallProgress {
  const known = participantOf(call, userId);
  const matters = known !== null && (known.state === 'joined' || (known.state === 'invited' && call.calleeId !== null));
  return matters && known.goneAt === null ? withPerson(call, { ...known, goneAt: now }) : call;
}

function remove(call: CallProgress, userId: string | null, now: number): CallProgress {
  if (userId === null) return ended(call, 'removed', now);
  const known = participantOf(call, userId);
  return known === null || known.state === 'left' ? call : leave(call, known, now, 'removed');
}

function tick(call: CallProgress, { now, times }: CallMoment): CallProgress {
  if (call.deadlineAt !== null && call.deadlineAt <= now) {
    return ended(call, call.state === 'ringing' ? 'timeout' : 'failed', now);
  }
  let after = call;
  for (const one of call.participants) {
    const lost = one.state !== 'left' && one.goneAt !== null && one.goneAt + times.graceMs <= now;
    if (lost && after.state !== 'ended') after = leave(after, one, now, 'disconnected');
  }
  return after;
}

function ended(call: CallProgress, reason: CallReason, now: number): CallProgress {
  return { ...call, state: 'ended', reason, endedAt: now, deadlineAt: null };
}

/** The same call when that participant is as it was. */
function withPerson(call: CallProgress, person: CallParticipant): CallProgress {
  const before = participantOf(call, person.userId);
  if (before === null) return { ...call, participants: [...call.participants, person] };
  if (isSame(before, person)) return call;
  return { ...call, participants: call.participants.map((one) => (one.userId === person.userId ? person : one)) };
}

function isSame(one: CallParticipant, other: CallParticipant): boolean {
  return (
    one.state === other.state &&
    one.device === other.device &&
    one.settled === other.settled &&
    one.signaledFrom === other.signaledFrom &&
    one.described === other.described &&
    one.goneAt === other.goneAt
  );
}

function requireParticipant(call: CallProgress, userId: string): CallParticipant {
  const known = participantOf(call, userId);
  if (known === null) throw notFound();
  return known;
}

/** Also of a call that is there, but not the asker's: foreign and unknown answer alike. */
function notFound(): ParlanceError {
  return new ParlanceError('not-found', 'Call not found.');
}

function denied(message: string): ParlanceError {
  return new ParlanceError('permission-denied', message);
}

function conflict(reason: string, message: string): ParlanceError {
  return new ParlanceError('conflict', message, { reason });
}
