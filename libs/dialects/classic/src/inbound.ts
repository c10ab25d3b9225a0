import type { Claim, InboundEvent, Reply } from '@parlance/dialect-kit';
import { inboundEvent, NO_REPLY } from '@parlance/dialect-kit';
import { ParlanceError } from '@parlance/domain';
import type { z } from 'zod';
import {
  answerFailed,
  callAnswered,
  callFailed,
  callPlaced,
  callRefused,
  errorLogged,
  listFailed,
  profile,
  profileFailed,
  refreshFailed,
  requested,
  roomList,
  roomMissing,
  sendFailed,
  statusFailed,
  statusShown,
} from './reply.js';
import {
  argumentOf,
  CALL_RESPONSE,
  callAnswerSchema,
  callResponseSchema,
  callSchema,
  callStatusSchema,
  draftOf,
  lastSeenSchema,
  refreshSchema,
  requestSchema,
  saidIn,
  sendSchema,
  statusSchema,
  userSchema,
} from './wire.js';

/** The wire has no paging: a list is the rooms most recently written to, as many as one question may ask for. */
const LIST_LIMIT = 200;

const request = inboundEvent<'room.create'>()({
  read: argumentOf,
  schema: requestSchema,
  claim: (input) => claimOf(input.user_id),
  intent: ({ user_id, recipient_id }) => ({
    type: 'room.create',
    kind: 'direct',
    members: [{ number: user_id }, { number: recipient_id }],
  }),
  reply: requested,
  refuse: errorLogged,
});

/** Silent when it worked: the `receive` that the fact itself becomes goes to the sender too. */
const send = inboundEvent<'message.send'>()({
  rate: 'message',
  read: argumentOf,
  schema: sendSchema,
  claim: (input) => claimOf(input.user_id),
  intent: ({ room_title, message, type_id }, { tenant }) => ({
    type: 'message.send',
    room: room_title,
    draft: draftOf(message, type_id, tenant),
  }),
  reply: () => NO_REPLY,
  refuse: (error, input) =>
    error.code === 'not-found' && input !== null ? roomMissing(input.room_title) : sendFailed(error),
});

const status = inboundEvent<'presence.show'>()({
  read: argumentOf,
  schema: statusSchema,
  claim: (input) => claimOf(input.user_id),
  intent: ({ online }) => ({ type: 'presence.show', online }),
  reply: (result, _input, { tenant }) => statusShown(result, tenant),
  refuse: statusFailed,
});

const userList = inboundEvent<'room.list'>()({
  read: argumentOf,
  schema: userSchema,
  claim: (input) => claimOf(input.user_id),
  intent: () => ({ type: 'room.list', withMessagesOnly: false, offset: 0, limit: LIST_LIMIT }),
  reply: (result, input, { tenant }) => roomList(result, input.user_id, tenant),
  refuse: (error, _input, tenant) => listFailed(error, tenant),
});

/** Silent when it worked: the signal comes back to everybody in the room, the asker included. */
const refresh = inboundEvent<'refresh.request'>()({
  read: argumentOf,
  schema: refreshSchema,
  intent: ({ room_title }) => ({ type: 'refresh.request', room: room_title }),
  reply: () => NO_REPLY,
  refuse: (error, input) => refreshFailed(error, input?.room_title ?? null),
});

/** Here `user_id` is the user asked about, so it claims nothing: the connection says who asks. */
const userProfile = inboundEvent<'user.find'>()({
  read: argumentOf,
  schema: userSchema,
  intent: ({ user_id }) => ({ type: 'user.find', refs: [{ number: user_id }] }),
  reply: ({ users }, _input, { tenant }) => {
    const user = users[0] ?? null;
    return user === null ? profileFailed(new ParlanceError('not-found', 'User not found')) : profile(user, tenant);
  },
  refuse: profileFailed,
});

const updateLastSeen = inboundEvent<'session.identify'>()({
  read: argumentOf,
  schema: lastSeenSchema,
  claim: (input) => (input?.user_id === undefined ? null : claimOf(input.user_id)),
  intent: () => null,
  reply: () => NO_REPLY,
  refuse: errorLogged,
});

function claimOf(number: number): Claim {
  return { user: { number } };
}

/** Rings the other one; the pair's room is made when there is none. Any type but the one the page names is a call without a picture. */
const call = inboundEvent<'call.create'>()({
  read: argumentOf,
  schema: callSchema,
  claim: (input) => claimOf(input.from_user),
  intent: ({ to_user, type }) => ({
    type: 'call.create',
    room: { with: { number: to_user } },
    withVideo: /video/i.test(type),
    payload: null,
  }),
  reply: callPlaced,
  refuse: callRefused,
});

/**
 * Both people are named, and either may be who answers: the connection says which. Somebody who is neither claims to be the caller, and
 * is refused as such. Not answered: the callee rejects, the caller gives up, or, once it was taken, either hangs up.
 */
const callAnswerEvent = inboundEvent<'call.accept' | 'call.end'>()({
  read: argumentOf,
  schema: callAnswerSchema,
  claim: ({ from_user, to_user }, { user }) =>
    user === null || user.number === from_user || user.number === to_user ? null : claimOf(from_user),
  intent: (input) => {
    const named = callOf(input);
    return input.answered ? { type: 'call.accept', call: named, payload: null } : { type: 'call.end', call: named };
  },
  reply: callAnswered,
  refuse: (error, input) => answerFailed(error, input === null ? null : callOf(input)),
});

function callOf({ room_id, room_title }: z.output<typeof callAnswerSchema>): string {
  return room_title ?? room_id ?? '';
}

/** Every identified connection is rung, so there is nothing to register; an identity it may carry counts all the same. */
const callStatus = inboundEvent<'session.identify'>()({
  read: argumentOf,
  schema: callStatusSchema,
  claim: (input) => claimOf(input.user_id),
  intent: () => null,
  reply: () => NO_REPLY,
  refuse: callFailed,
});

/** What one side says to the other; it comes out there as `call broadcast`. */
const callResponse = inboundEvent<'call.signal'>()({
  rate: 'signal',
  read: saidIn,
  schema: callResponseSchema,
  intent: (data) => ({ type: 'call.signal', call: null, data }),
  reply: () => NO_REPLY,
  refuse: callFailed,
});

/** An error met before anything ran (whose claim it is, how fast it came) is not about the room, whatever its code. */
function wordedBeforeRun(event: InboundEvent, refuse: (error: ParlanceError) => Reply): InboundEvent {
  return { ...event, parse: (args, context) => ({ ...event.parse(args, context), refuse }) };
}

export const inbound: ReadonlyMap<string, InboundEvent> = new Map([
  ['request', request],
  ['send', wordedBeforeRun(send, sendFailed)],
  ['status', status],
  ['user list', userList],
  ['refresh', refresh],
  ['user profile', userProfile],
  ['update last seen', updateLastSeen],
  ['call', wordedBeforeRun(call, callFailed)],
  ['call answer', wordedBeforeRun(callAnswerEvent, callFailed)],
  ['call status', callStatus],
  [CALL_RESPONSE, callResponse],
]);
