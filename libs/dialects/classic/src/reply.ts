import type { CallView, Frame, ListedRoom, Reply, ResultOf } from '@parlance/dialect-kit';
import { frame } from '@parlance/dialect-kit';
import type { Call, ErrorCode, Tenant, User, UserSnapshot } from '@parlance/domain';
import { ParlanceError } from '@parlance/domain';
import { CALL_RESPONSE, listNames, LOGS_RESPONSE, messageText, USER_RESPONSE, wireDate } from './wire.js';

/** Tells a client to read its lists anew. */
export const REFRESH: Frame = frame(USER_RESPONSE, { type: 'status', refresh: true });

/** The number beside a failed `send`; the wire has one (422), so the others follow HTTP too. */
const SEND_ERROR_CODES: Readonly<Record<ErrorCode, number>> = {
  invalid: 422,
  unauthenticated: 401,
  'permission-denied': 403,
  'not-found': 404,
  conflict: 409,
  'too-large': 413,
  'rate-limited': 429,
  overloaded: 503,
  unavailable: 503,
  unsupported: 501,
  internal: 500,
};

export function logged(body: unknown): Reply {
  return { frames: [frame(LOGS_RESPONSE, body)] };
}

/** The general form of an error: `request`, and whatever no event owns. */
export function errorLogged(error: ParlanceError): Reply {
  return logged({ type: 'error', message: userWords(error) });
}

export function statusFailed(error: ParlanceError): Reply {
  return logged({ error: { type: 'status', message: userWords(error) } });
}

export function sendFailed(error: ParlanceError): Reply {
  return logged({ type: 'send', error: { code: SEND_ERROR_CODES[error.code], message: userWords(error) } });
}

/** What `send` answers for a room that is unknown, or not the sender's: a bare text. */
export function roomMissing(title: string): Reply {
  return logged(`[error]: room ${title} doesn't exist`);
}

/** `title`: the room as the asker named it, if it did. */
export function refreshFailed(error: ParlanceError, title: string | null): Reply {
  const missing = error.code === 'not-found' && title !== null;
  const message = missing ? `room ${title} doesn't exist` : error.message;
  return { frames: [frame(USER_RESPONSE, { type: 'error', message })] };
}

export function profileFailed(error: ParlanceError): Reply {
  return { frames: [frame(USER_RESPONSE, { error: { type: 'profile', message: userWords(error) } })] };
}

export function callFailed(error: ParlanceError): Reply {
  return { frames: [frame(CALL_RESPONSE, { type: 'error', message: userWords(error) })] };
}

/** Somebody is in a call already, as this wire's clients know it. */
export function callRefused(error: ParlanceError): Reply {
  return callFailed(error.code === 'conflict' ? new ParlanceError('conflict', 'Users are not available') : error);
}

/** `title`: the call as the asker named it, if it did. */
export function answerFailed(error: ParlanceError, title: string | null): Reply {
  if (error.code !== 'not-found' || title === null) return callFailed(error);
  return { frames: [frame(CALL_RESPONSE, { type: 'error', message: `room ${title} doesn't exist` })] };
}

interface OfferedCall {
  readonly call: Call;
  readonly caller: Pick<UserSnapshot, 'number'>;
  readonly callee: Pick<UserSnapshot, 'number'> | null;
}

/** It rings. A group's call has no callee of its own: 0 is nobody's number. */
export function callOffer({ call, caller, callee }: OfferedCall): Frame {
  return frame(CALL_RESPONSE, {
    room_id: call.uuid,
    room_title: call.uuid,
    from_id: caller.number,
    to_id: callee?.number ?? 0,
    from_status: 'Calling',
    to_status: 'Ringing',
    call_type: call.withVideo ? 'Video' : 'Audio',
    type: 'request',
  });
}

/** The wire's one word for what becomes of a call: taken, or not (any more), whatever the reason. */
export function callAnswer({ uuid }: Call, status: boolean): Frame {
  return frame(CALL_RESPONSE, { status, type: 'answer', room_title: uuid, room_id: uuid });
}

/** What the asker hears at once; everybody else hears the events. Two who call each other are in one call. */
export function callPlaced(view: CallView): Reply {
  const { state, reason } = view.call;
  if (state === 'ended' && reason === 'busy')
    return callRefused(new ParlanceError('conflict', 'The user is in a call.'));
  return state === 'ringing' ? { frames: [callOffer(view)] } : callAnswered(view);
}

export function callAnswered({ call }: CallView): Reply {
  return { frames: [callAnswer(call, call.state !== 'ended')] };
}

/** On the names of the list itself: a client listens on one of them. */
export function listFailed(error: ParlanceError, tenant: Tenant | null): Reply {
  return listed({ type: 'error', message: userWords(error) }, tenant);
}

export function requested({ room }: ResultOf<'room.create'>): Reply {
  return logged({ type: 'request', success: true, room_title: room.uuid });
}

export function statusShown({ user, online, lastSeenAt }: ResultOf<'presence.show'>, tenant: Tenant | null): Reply {
  return logged({ type: 'status', user_id: user.number, online, last_seen: dateOrNull(lastSeenAt, tenant) });
}

export function profile(user: User, tenant: Tenant | null): Reply {
  return {
    frames: [
      frame(USER_RESPONSE, {
        type: 'profile',
        user: {
          user_id: user.number,
          name: user.name,
          avatar: user.photo,
          last_seen: dateOrNull(user.lastSeenAt, tenant),
        },
      }),
    ],
  };
}

/** `viewer`: the number of the user whose list it is. */
export function roomList({ rooms }: ResultOf<'room.list'>, viewer: number, tenant: Tenant | null): Reply {
  return listed({ type: 'list', rooms: rooms.map((room) => listItem(room, viewer, tenant)) }, tenant);
}

function listItem(shown: ListedRoom, viewer: number, tenant: Tenant | null): object {
  const { room, lastMessage } = shown;
  return {
    id: room.number,
    title: room.uuid,
    user_id: viewer,
    ...recipientOf(shown, viewer, tenant),
    last_message: lastMessage === null ? '' : messageText(lastMessage),
    last_message_date: lastMessage === null ? '' : wireDate(lastMessage.createdAt, tenant),
  };
}

/** The other party: a person, or the group itself under the number 0. A person who is gone keeps the place, without a name. */
function recipientOf(shown: ListedRoom, viewer: number, tenant: Tenant | null): object {
  const { room, members, users, online } = shown;
  const others = members.filter(({ userId }) => users.get(userId)?.number !== viewer);
  const direct = room.kind === 'direct';
  const other = direct ? users.get(others[0]?.userId ?? '') : undefined;
  return {
    recipient_id: other?.number ?? 0,
    recipient_status: others.some(({ userId }) => online.has(userId)) ? 'online' : 'offline',
    recipient_lastseen: dateOrNull(other?.lastSeenAt ?? null, tenant),
    recipient_avatar: (direct ? other?.photo : room.photo) ?? null,
    recipient_name: (direct ? other?.name : room.name) ?? null,
  };
}

function listed(body: object, tenant: Tenant | null): Reply {
  return { frames: listNames(tenant).map((name) => frame(name, body)) };
}

/** Outside of rooms the only thing that this wire's clients can fail to find is a user. */
function userWords(error: ParlanceError): string {
  return error.code === 'not-found' ? 'User not found' : error.message;
}

function dateOrNull(instant: string | null, tenant: Tenant | null): string | null {
  return instant === null ? null : wireDate(instant, tenant);
}
