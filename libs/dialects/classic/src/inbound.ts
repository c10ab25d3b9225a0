import type { Claim, InboundEvent, IntentOf, Reply } from '@parlance/dialect-kit';
import { inboundEvent, NO_REPLY } from '@parlance/dialect-kit';
import { ParlanceError, textDraft } from '@parlance/domain';
import type { z } from 'zod';
import {
  callFailed,
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
  lastSeenSchema,
  NAME,
  refreshSchema,
  requestSchema,
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
  intent: sendIntent,
  reply: () => NO_REPLY,
  refuse: (error, input) =>
    error.code === 'not-found' && input !== null ? roomMissing(input.room_title) : sendFailed(error),
});

function sendIntent(input: z.output<typeof sendSchema>): IntentOf<'message.send'> {
  const extras = input.type_id === undefined ? {} : { [NAME]: { type_id: input.type_id } };
  return { type: 'message.send', room: input.room_title, draft: textDraft(input.message, { extras }) };
}

const status = inboundEvent<'presence.show'>()({
  read: argumentOf,
  schema: statusSchema,
  claim: (input) => claimOf(input.user_id),
  intent: ({ online }) => ({ type: 'presence.show', online }),
  reply: statusShown,
  refuse: statusFailed,
});

const userList = inboundEvent<'room.list'>()({
  read: argumentOf,
  schema: userSchema,
  claim: (input) => claimOf(input.user_id),
  intent: () => ({ type: 'room.list', withMessagesOnly: false, offset: 0, limit: LIST_LIMIT }),
  reply: (result, input) => roomList(result, input.user_id),
  refuse: listFailed,
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
  reply: ({ users }) => {
    const user = users[0] ?? null;
    return user === null ? profileFailed(new ParlanceError('not-found', 'User not found')) : profile(user);
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

/** A known event that this server does not serve: its argument is checked all the same, and the asker is told. */
function callEvent<S extends z.ZodType>(schema: S, caller: (input: z.output<S>) => number | null): InboundEvent {
  const event = inboundEvent<'session.identify'>()({
    read: argumentOf,
    schema,
    claim: (input) => {
      const number = caller(input);
      return number === null ? null : claimOf(number);
    },
    intent: () => null,
    reply: () => NO_REPLY,
    refuse: callFailed,
  });
  const parse: InboundEvent['parse'] = (args, context) => {
    const understood = event.parse(args, context);
    return { ...understood, run: () => Promise.resolve(understood.refuse(noCalls())) };
  };
  return { ...event, parse };
}

function noCalls(): ParlanceError {
  return new ParlanceError('unsupported', 'Calls are not available on this server.');
}

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
  ['call', callEvent(callSchema, (input) => input.from_user)],
  ['call answer', callEvent(callAnswerSchema, () => null)],
  ['call status', callEvent(callStatusSchema, (input) => input.user_id)],
  [CALL_RESPONSE, callEvent(callResponseSchema, () => null)],
]);
