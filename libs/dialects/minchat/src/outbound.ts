import type { Delivery, OutboundTable, RoomView, View } from '@parlance/dialect-kit';
import { frame, ignored, rendered } from '@parlance/dialect-kit';
import type { FactOf, Message, UserSnapshot } from '@parlance/domain';
import type { Person } from './reply.js';
import { isShown, statusWord, wireChat, wireMessage, wireTypist } from './reply.js';

/** The full user where the room's view has it, else the snapshot of whoever acted, if that is the sender. */
function senderOf(message: Message, actor: UserSnapshot | null, room: RoomView | null): Person | null {
  const known = room?.users.get(message.senderId) ?? null;
  return known ?? (actor?.id === message.senderId ? actor : null);
}

function messageIn(fact: FactOf<'message.created' | 'message.edited'>, { room }: View): object {
  return wireMessage(fact.message, {
    sender: senderOf(fact.message, fact.actor, room),
    members: room?.members ?? [],
  });
}

/** `chat` reaches the people of a chat whether they have opened it or not; its title is the other one's name. */
function chatDelivery(room: RoomView, message: Message, lastMessage: object): Delivery {
  const chat = (viewerId: string | null) =>
    frame('chat', { success: true, ...wireChat(room, viewerId), last_message: lastMessage });
  if (room.room.kind === 'group') return { to: 'members', except: 'actor', frame: chat(null) };
  const isReader = (viewerId: string) =>
    viewerId !== message.senderId && room.members.some((member) => member.userId === viewerId);
  return { to: 'members', except: 'actor', each: (viewerId) => (isReader(viewerId) ? chat(viewerId) : null) };
}

export const outbound: OutboundTable = {
  'message.created': rendered<'message.created'>({
    needs: 'room',
    render: (fact, view) => {
      if (!isShown(fact.message)) return [];
      const message = messageIn(fact, view);
      const toOpen: Delivery = { to: 'open', except: 'origin', frame: frame('message', { success: true, ...message }) };
      if (view.room === null || view.room.room.kind === 'broadcast') return [toOpen];
      return [toOpen, chatDelivery(view.room, fact.message, message)];
    },
  }),
  'message.edited': rendered<'message.edited'>({
    needs: 'room',
    render: (fact, view) => {
      if (!isShown(fact.message)) return [];
      return [{ to: 'open', frame: frame('message.update', { success: true, ...messageIn(fact, view) }) }];
    },
  }),
  'message.deleted': rendered<'message.deleted'>({
    render: ({ message }) => {
      if (message.type === 'info') return [];
      return [{ to: 'open', frame: frame('message.delete', message.id) }];
    },
  }),
  // The SDK listens without opening the chat, so it goes to members.
  'receipt.changed': rendered<'receipt.changed'>({
    render: ({ kind, messageId }) => {
      if (kind !== 'read' || messageId === null) return [];
      return [{ to: 'members', frame: frame('message.seen', messageId) }];
    },
  }),
  // There is no word for recording.
  'typing.changed': rendered<'typing.changed'>({
    render: ({ status, user }) => {
      if (status === 'recording') return [];
      const event = status === 'stop' ? 'typing.stop' : 'typing.start';
      return [{ to: 'open', except: 'origin', frame: frame(event, wireTypist(user)) }];
    },
  }),
  'presence.shown': rendered<'presence.shown'>({
    render: ({ user, online }) => {
      const status = { memberId: user.id, status: statusWord(online) };
      return [{ to: 'open', except: 'actor', frame: frame('user.status', status) }];
    },
  }),
  'room.created': ignored('a chat is heard of with its first message'),
  'room.changed': ignored('the wire has no event for it: clients read chats over REST'),
  'room.deleted': ignored('the wire has no event for it: a deleted chat leaves the list of REST'),
  'member.added': ignored('the wire has no event for it: a new member hears of the chat with its next message'),
  'member.removed': ignored('the wire has no event for it: participants are read over REST'),
  'refresh.requested': ignored('the wire has no event that makes a client read a chat anew'),
  'member.changed': ignored('the wire knows neither roles nor nicknames'),
  'room.cleared': ignored('the wire has no event for it: messages are read over REST'),
  'stream.advanced': ignored(
    'the SDK has no event for a text in the making; the finished message arrives as `message`',
  ),
  'block.changed': ignored('the wire has no word for blocks'),
  'preference.changed': ignored('the wire keeps no preferences on the server'),
  'room-preferences.changed': ignored('the wire has no event for it: preferences of a chat are read over REST'),
  'messages.hidden': ignored('the wire cannot delete for one user alone'),
  'invitation.changed': ignored('the wire has no invitations'),
  'user.terminated': rendered<'user.terminated'>({
    render: ({ message }) => [{ to: 'members', frame: frame('error', { message }) }],
  }),
  'presence.changed': rendered<'presence.changed'>({
    render: ({ subject, online }) => {
      const status = { memberId: subject.id, status: statusWord(online) };
      return [{ to: 'members', frame: frame('user.status', status) }];
    },
  }),
  'call.offered': ignored('the wire has no calls'),
  'call.accepted': ignored('the wire has no calls'),
  'call.ended': ignored('the wire has no calls; the call message in the chat tells of it'),
  'call.signaled': ignored('the wire has no calls'),
  'score.changed': ignored('the wire has no scores'),
  'reward.changed': ignored('the wire has no rewards'),
};
