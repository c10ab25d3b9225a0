import type { Audience, Delivery, DomainEventOf, Frame, OutboundTable, RoomView, View } from '@parlance/dialect-kit';
import { frame, ignored, rendered } from '@parlance/dialect-kit';
import type { FactOf, Message, RoomStamp, UserEventOf, UserSnapshot } from '@parlance/domain';
import { mayManage } from '@parlance/domain';
import { isRecalled, wireMessage } from './message.js';
import type { Person } from './people.js';
import { formerPerson, personIn, wireSenderInfo, wireUser } from './people.js';
import { wirePreferences, wireRoom, wireRoomLeft } from './room.js';

const ALL = '_all';

/** A broadcast room is its owner's alone: the people it goes to get messages of their own. */
function peopleOf({ kind }: Pick<RoomStamp, 'kind'>, room: RoomView | null): Audience {
  if (kind !== 'broadcast') return 'members';
  const owners = (room?.members ?? []).filter(({ role }) => role === 'owner');
  return { users: owners.map(({ userId }) => userId) };
}

/** The full user where the room's view has it, else the snapshot of whoever acted, if that is the sender. */
function senderOf(message: Message, actor: UserSnapshot | null, room: RoomView | null): Person {
  const known = room?.users.get(message.senderId) ?? null;
  return known ?? (actor?.id === message.senderId ? actor : formerPerson(message.senderId));
}

function chatMessage(fact: FactOf<'message.created' | 'message.edited' | 'message.deleted'>, view: View): Delivery[] {
  const { message, actor } = fact;
  const replied =
    view.replied == null ? null : { message: view.replied, sender: personIn(view.room?.users, view.replied.senderId) };
  const wire = wireMessage(message, { sender: senderOf(message, actor, view.room), replied });
  return wire === null ? [] : [{ to: peopleOf(fact.room, view.room), frame: frame('chat message', wire) }];
}

/** Never a part of it: each member gets the whole room, as that one sees it. */
function roomFrames(fact: { readonly room: RoomStamp }, { room }: View, removedId?: string): Delivery[] {
  if (room === null) return [];
  const frameFor = frameByMember(room);
  return [
    {
      to: removedId === undefined || fact.room.kind === 'broadcast' ? peopleOf(fact.room, room) : 'members',
      each: (viewerId) => frameFor(viewerId) ?? (viewerId === removedId ? frame('room', wireRoomLeft(room)) : null),
    },
  ];
}

/** In a group all who manage it see the same, and so do all others: a large one is rendered twice, not once per member. */
function frameByMember(view: RoomView): (viewerId: string) => Frame | null {
  const roles = new Map(view.members.map(({ userId, role }) => [userId, role]));
  const made = new Map<string | boolean, Frame>();
  return (viewerId) => {
    const role = roles.get(viewerId);
    if (role === undefined) return null;
    const key = view.room.kind === 'direct' ? viewerId : mayManage(role);
    const known = made.get(key);
    if (known !== undefined) return known;
    const news = frame('room', wireRoom(view, viewerId));
    made.set(key, news);
    return news;
  };
}

/** Everything of the room is gone. */
function cleared(room: RoomStamp, view: View): Delivery[] {
  return [{ to: peopleOf(room, view.room), frame: frame('messageDeleted', { room: room.id, messageID: ALL }) }];
}

function invitation(event: UserEventOf<'invitation.changed'>, { room }: View): Delivery[] {
  const { invitation: asked, inviter, userId } = event;
  if (userId !== asked.inviteeId) return [];
  if (asked.state === 'canceled') return [{ to: 'members', frame: frame('cancelInvitation', { room: asked.roomId }) }];
  if (asked.state !== 'open' || room === null) return [];
  const by = inviter ?? personIn(room.users, asked.inviterId ?? room.room.createdBy ?? '');
  return [
    {
      to: 'members',
      frame: frame('invitation', {
        room: wireRoom(room, userId),
        inviter: wireUser(by),
        createdTimeMS: Date.parse(asked.createdAt),
        updatedTimeMS: Date.parse(asked.updatedAt),
      }),
    },
  ];
}

function streamed({ room, user, messageId, text }: DomainEventOf<'stream.advanced'>): Delivery[] {
  if (text === '' || room.kind === 'broadcast') return [];
  const chunk = { room: room.id, sender: user.id, text, messageId, senderInfo: wireSenderInfo(user) };
  return [{ to: 'members', frame: frame('ai_streaming', chunk) }];
}

export const outbound: OutboundTable = {
  'message.created': rendered<'message.created'>({ needs: 'thread', render: chatMessage }),
  'message.edited': rendered<'message.edited'>({ needs: 'thread', render: chatMessage }),
  // What an IMKit client took back leaves a note behind; everything else leaves nothing.
  'message.deleted': rendered<'message.deleted'>({
    needs: 'room',
    render: (fact, view) => {
      const { message, room } = fact;
      if (isRecalled(message)) return chatMessage(fact, view);
      const gone = { room: message.roomId, messageID: message.id };
      return [{ to: peopleOf(room, view.room), frame: frame('messageDeleted', gone) }];
    },
  }),
  'room.created': rendered<'room.created'>({ needs: 'room', render: (fact, view) => roomFrames(fact, view) }),
  'room.changed': rendered<'room.changed'>({ needs: 'room', render: (fact, view) => roomFrames(fact, view) }),
  'room.deleted': rendered<'room.deleted'>({ needs: 'room', render: ({ room }, view) => cleared(room, view) }),
  'room.cleared': rendered<'room.cleared'>({ needs: 'room', render: ({ room }, view) => cleared(room, view) }),
  'member.added': rendered<'member.added'>({ needs: 'room', render: (fact, view) => roomFrames(fact, view) }),
  'member.changed': rendered<'member.changed'>({ needs: 'room', render: (fact, view) => roomFrames(fact, view) }),
  'member.removed': rendered<'member.removed'>({
    needs: 'room',
    render: (fact, view) => roomFrames(fact, view, fact.userId),
  }),
  // Its reader's other devices clear their badge by it, so it leaves nobody out.
  'receipt.changed': rendered<'receipt.changed'>({
    render: ({ kind, messageId, room, user }) => {
      if (kind !== 'read' || messageId === null || room.kind === 'broadcast') return [];
      return [
        { to: 'members', frame: frame('lastRead', { roomID: room.id, memberID: user.id, messageID: messageId }) },
      ];
    },
  }),
  // There is no word for stopping: clients clear it after 6 s by themselves.
  'typing.changed': rendered<'typing.changed'>({
    render: ({ status, text, room, user }) => {
      if (status !== 'typing' || room.kind === 'broadcast') return [];
      const typing = { room: room.id, message: text ?? '', sender: user.id, senderInfo: wireSenderInfo(user) };
      return [{ to: 'members', except: 'actor', frame: frame('typing', typing) }];
    },
  }),
  'stream.advanced': rendered<'stream.advanced'>({ render: streamed }),
  'preference.changed': rendered<'preference.changed'>({
    render: ({ key, value, removed }) => {
      const news = removed ? frame('myPrefDelete', key) : frame('myPrefChange', { key, data: value });
      return [{ to: 'members', except: 'origin', frame: news }];
    },
  }),
  'room-preferences.changed': rendered<'room-preferences.changed'>({
    render: ({ room, preferences }) => {
      const pref = { room: room.id, ...wirePreferences(preferences) };
      return [{ to: 'members', except: 'origin', frame: frame('roomPref', pref) }];
    },
  }),
  // Where everything is deleted the list is ignored.
  'messages.hidden': rendered<'messages.hidden'>({
    render: ({ room, messageIds, allUpToSeq }) => {
      const hidden = { room: room.id, messages: messageIds, isUserDeleteAllMessagesInRoom: allUpToSeq !== null };
      return [{ to: 'members', frame: frame('userDeleteMessages', hidden) }];
    },
  }),
  'invitation.changed': rendered<'invitation.changed'>({ needs: 'room', render: invitation }),
  'user.terminated': ignored(
    'the wire has no event for it: the connection ends, and every later auth2 is answered RC 401',
  ),
  'block.changed': ignored('the wire has no event for it: block lists are read over REST'),
  'presence.shown': ignored('the wire has no presence: lastLoginTimeMS is read over REST'),
  'presence.changed': ignored('the wire has no presence: lastLoginTimeMS is read over REST'),
  'refresh.requested': ignored('the wire has no event that makes a client read a room anew without a change'),
  'call.offered': ignored('the wire has no calls: the end of one is told as a message'),
  'call.accepted': ignored('the wire has no calls: the end of one is told as a message'),
  'call.ended': ignored('the wire has no calls: the end of one is told as a message'),
  'call.signaled': ignored('the wire has no calls, so there is nothing to signal'),
  'score.changed': ignored('the wire has no scores: they belong to the reels app'),
  'reward.changed': ignored('the wire has no rewards: they belong to the reels app'),
};
