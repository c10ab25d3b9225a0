import type { Delivery, OutboundTable, View } from '@parlance/dialect-kit';
import { ignored, rendered } from '@parlance/dialect-kit';
import type { FactOf, Message, ReceiptChanged, UserEventOf, UserSnapshot } from '@parlance/domain';
import { wireLastMessage, wireMessage, wireScore, wireUser } from './reply.js';
import { messageNames, wireFrame } from './wire.js';

/** Presence comes once per shared chat; of somebody with more of them the first so many say enough. */
const MAX_SHARED = 100;

export const outbound: OutboundTable = {
  'message.created': rendered<'message.created'>({ needs: 'room', render: messageArrived }),
  'message.edited': ignored('the wire has no word for an edit; its clients read the new text over REST'),
  'message.deleted': ignored('the wire has no word for a deletion; its clients read it over REST'),
  'room.created': rendered<'room.created'>({
    render: ({ room }, { tenant }) => [{ to: 'members', frame: wireFrame(tenant, 'chat-created', { chat: room.id }) }],
  }),
  'room.changed': ignored('the wire has no word for a changed chat; its clients read it over REST'),
  'room.deleted': rendered<'room.deleted'>({ render: chatDeleted }),
  'room.cleared': ignored('the wire has no word for it; its clients read the chat over REST'),
  'member.added': rendered<'member.added'>({ render: chatJoined }),
  'member.removed': rendered<'member.removed'>({ render: participantRemoved }),
  'member.changed': ignored('the wire knows neither roles nor nicknames'),
  'receipt.changed': rendered<'receipt.changed'>({ needs: 'thread', render: messagesRead }),
  // There is no word for recording.
  'typing.changed': rendered<'typing.changed'>({
    render: ({ status, user, room }, { tenant }) => {
      if (status === 'recording') return [];
      const event = status === 'stop' ? 'typing-stopped' : 'typing-started';
      const data = { user: wireUser(user), chat: room.id };
      return [{ to: 'members', except: 'actor', frame: wireFrame(tenant, event, data) }];
    },
  }),
  'refresh.requested': ignored('the wire has no event that makes a client read a chat anew'),
  'presence.shown': ignored('who comes and goes is told once, per shared chat, by the presence that the server knows'),
  'presence.changed': rendered<'presence.changed'>({ render: presenceOf }),
  'stream.advanced': ignored('the wire has no word for a text in the making; the finished message is received'),
  'block.changed': ignored('the wire has no word for blocks; a refused send says so over REST'),
  'preference.changed': ignored('the wire has no preferences'),
  'room-preferences.changed': ignored('the wire has no preferences of a chat'),
  'messages.hidden': ignored('the wire cannot delete for one user alone'),
  'invitation.changed': ignored('the wire has no invitations: a member is added and hears chat-joined'),
  'user.terminated': rendered<'user.terminated'>({
    render: ({ message }, { tenant }) => [
      { to: 'members', frame: wireFrame(tenant, 'account-terminated', { message }) },
    ],
  }),
  'call.offered': ignored('the wire has no calls'),
  'call.accepted': ignored('the wire has no calls'),
  'call.ended': ignored('the wire has no calls; the call message in the chat tells of it'),
  'call.signaled': ignored('the wire has no calls'),
  'score.changed': rendered<'score.changed'>({
    render: ({ day }, { tenant }) => [{ to: 'members', frame: wireFrame(tenant, 'score-updated', wireScore(day)) }],
  }),
  'reward.changed': rendered<'reward.changed'>({
    render: ({ rewardId, isExpired, remaining, consumedByMe }, { tenant }) => {
      const data = { reward: rewardId, isExpired, remaining, isConsumedByYou: consumedByMe };
      return [{ to: 'members', frame: wireFrame(tenant, 'reward-consumed', data) }];
    },
  }),
};

/** The author's own devices hear that it was sent, everybody else that it came. */
function messageArrived({ actor, message }: FactOf<'message.created'>, view: View): readonly Delivery[] {
  if (message.type === 'info' || message.deletedAt !== null) return [];
  const { tenant } = view;
  const author = message.senderId;
  const data = { message: wireMessage(message, wireUser(authorOf(message, actor, view))) };
  const sent = messageNames(tenant, 'sent').map((name): Delivery => {
    return { to: { users: [author] }, frame: wireFrame(tenant, name, data) };
  });
  const received = messageNames(tenant, 'received').map((name): Delivery => {
    const one = wireFrame(tenant, name, data);
    // Encoded once where the author is whom the gateway leaves out anyway.
    if (actor?.id === author) return { to: 'members', except: 'actor', frame: one };
    return { to: 'members', each: (viewerId) => (viewerId === author ? null : one) };
  });
  return [...sent, ...received];
}

function authorOf(message: Message, actor: UserSnapshot | null, { room }: View) {
  const known = actor?.id === message.senderId ? actor : room?.users.get(message.senderId);
  return known ?? { id: message.senderId, name: '', username: '', photo: null };
}

/** To the reader's other devices too: all participants. A mark that covers no message says nothing on this wire. */
function messagesRead({ kind, user, room, at }: ReceiptChanged, { tenant, replied }: View): readonly Delivery[] {
  if (kind !== 'read' || replied === undefined || replied === null) return [];
  const read = { user: wireUser(user), chat: room.id, lastReadAt: at, lastMessage: wireLastMessage(replied) };
  return [{ to: 'members', frame: wireFrame(tenant, 'messages-read', read) }];
}

/** To those who joined; `admin` is who added them, which nobody did for who came by oneself. */
function chatJoined({ room, actor, members }: FactOf<'member.added'>, { tenant }: View): readonly Delivery[] {
  const ids = members.map(({ userId }) => userId);
  const added = ids.filter((id) => id !== actor?.id);
  const joined = (users: readonly string[], admin: object): Delivery => ({
    to: { users },
    frame: wireFrame(tenant, 'chat-joined', { chat: room.id, ...admin }),
  });
  const byOneself = ids.filter((id) => id === actor?.id);
  return [
    ...(added.length > 0 ? [joined(added, actor === null ? {} : { admin: wireUser(actor) })] : []),
    ...(byOneself.length > 0 ? [joined(byOneself, {})] : []),
  ];
}

/** To those who stay and, once, to the one who is out. */
function participantRemoved({ room, userId }: FactOf<'member.removed'>, { tenant }: View): readonly Delivery[] {
  const frame = wireFrame(tenant, 'chat-participant-removed', { chat: room.id, user: userId });
  return [
    { to: 'members', each: (viewerId) => (viewerId === userId ? null : frame) },
    { to: { users: [userId] }, frame },
  ];
}

/** `user`: who did it, else (the app's server) whose chat it was. */
function chatDeleted({ room, actor, memberIds, state }: FactOf<'room.deleted'>, { tenant }: View): readonly Delivery[] {
  const event = state?.metadata['event'];
  const data = {
    chat: room.id,
    user: actor?.id ?? state?.createdBy ?? '',
    ...(typeof event === 'string' ? { event } : {}),
  };
  return [{ to: { users: memberIds }, frame: wireFrame(tenant, 'chat-deleted', data) }];
}

/** `chat` is the chat through which one hears it, so there is one for each; `chats` only names what both are in. */
function presenceOf(event: UserEventOf<'presence.changed'>, { tenant }: View): readonly Delivery[] {
  const name = event.online ? 'user-online' : 'user-offline';
  const user = wireUser(event.subject);
  const chats = event.shared.slice(0, MAX_SHARED).map(({ id }) => id);
  return chats.map((chat) => ({ to: 'members', frame: wireFrame(tenant, name, { user, chats, chat }) }));
}
