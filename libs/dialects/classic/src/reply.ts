import type { Frame, ListedRoom, Reply, ResultOf } from '@parlance/dialect-kit';
import { frame } from '@parlance/dialect-kit';
import type { ErrorCode, ParlanceError, User } from '@parlance/domain';
import { CALL_RESPONSE, LOGS_RESPONSE, messageText, USER_RESPONSE, wireDate } from './wire.js';

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

/** On both names, like the list itself: a client listens on one of them. */
export function listFailed(error: ParlanceError): Reply {
  return onBothNames({ type: 'error', message: userWords(error) });
}

export function requested({ room }: ResultOf<'room.create'>): Reply {
  return logged({ type: 'request', success: true, room_title: room.uuid });
}

export function statusShown({ user, online, lastSeenAt }: ResultOf<'presence.show'>): Reply {
  return logged({ type: 'status', user_id: user.number, online, last_seen: dateOrNull(lastSeenAt) });
}

export function profile(user: User): Reply {
  return {
    frames: [
      frame(USER_RESPONSE, {
        type: 'profile',
        user: {
          user_id: user.number,
          name: user.name,
          avatar: user.photo,
          last_seen: dateOrNull(user.lastSeenAt),
        },
      }),
    ],
  };
}

/** `viewer`: the number of the user whose list it is. */
export function roomList({ rooms }: ResultOf<'room.list'>, viewer: number): Reply {
  return onBothNames({ type: 'list', rooms: rooms.map((listed) => listItem(listed, viewer)) });
}

function listItem(listed: ListedRoom, viewer: number): object {
  const { room, lastMessage } = listed;
  return {
    id: room.number,
    title: room.uuid,
    user_id: viewer,
    ...recipientOf(listed, viewer),
    last_message: lastMessage === null ? '' : messageText(lastMessage),
    last_message_date: lastMessage === null ? '' : wireDate(lastMessage.createdAt),
  };
}

/** The other party: a person, or the group itself under the number 0. A person who is gone keeps the place, without a name. */
function recipientOf({ room, members, users, online }: ListedRoom, viewer: number): object {
  const others = members.filter(({ userId }) => users.get(userId)?.number !== viewer);
  const direct = room.kind === 'direct';
  const other = direct ? users.get(others[0]?.userId ?? '') : undefined;
  return {
    recipient_id: other?.number ?? 0,
    recipient_status: others.some(({ userId }) => online.has(userId)) ? 'online' : 'offline',
    recipient_lastseen: dateOrNull(other?.lastSeenAt ?? null),
    recipient_avatar: (direct ? other?.photo : room.photo) ?? null,
    recipient_name: (direct ? other?.name : room.name) ?? null,
  };
}

function onBothNames(body: object): Reply {
  return { frames: [frame(USER_RESPONSE, body), frame(CALL_RESPONSE, body)] };
}

/** Outside of rooms the only thing that this wire's clients can fail to find is a user. */
function userWords(error: ParlanceError): string {
  return error.code === 'not-found' ? 'User not found' : error.message;
}

function dateOrNull(instant: string | null): string | null {
  return instant === null ? null : wireDate(instant);
}
