import type { Audience, Delivery, OutboundTable, View } from '@parlance/dialect-kit';
import { ignored, rendered } from '@parlance/dialect-kit';
import type { FactOf, ReceiptChanged, RoomStamp, UserSnapshot } from '@parlance/domain';
import { isShown } from './attachment.js';
import { callKey, endFrame } from './call.js';
import { wireMessage } from './message.js';
import type { Person } from './person.js';
import { wireUser } from './person.js';
import { candidateSchema, jsonFrame } from './wire.js';

/** A broadcast room is its owner's alone: the others get copies in their own rooms with the owner. */
function audienceOf({ kind }: Pick<RoomStamp, 'kind'>, { room }: View): Audience {
  if (kind !== 'broadcast') return 'members';
  const owners = (room?.members ?? []).filter((member) => member.role === 'owner');
  return { users: owners.map((member) => member.userId) };
}

function senderOf(actor: UserSnapshot | null, { room }: View): (id: string) => Person | null {
  return (id) => room?.users.get(id) ?? (actor?.id === id ? actor : null);
}

function messageDelivery(fact: FactOf<'message.created' | 'message.deleted'>, view: View): readonly Delivery[] {
  const { message, actor, room, type } = fact;
  if (!isShown(message)) return [];
  const members = room.kind === 'direct' ? (view.room?.members ?? []) : [];
  const surroundings = { senderOf: senderOf(actor, view), members, replied: view.replied, kind: room.kind };
  const content = wireMessage(message, surroundings);
  const name = type === 'message.created' ? 'v1OnNewMessage' : 'v1OnDeleteMessageFromAll';
  return [{ to: audienceOf(room, view), frame: jsonFrame(name, content) }];
}

/**
 * The client marks the messages of `userId` as seen or delivered, so that is the author: whoever of the two did not read. In a
 * group the wire tells nobody; it is asked for over REST.
 */
function receiptDelivery({ room, user, kind, at }: ReceiptChanged): readonly Delivery[] {
  const author = room.pair?.find((id) => id !== user.id);
  if (author === undefined) return [];
  const name = kind === 'read' ? 'v1OnEnterChatRoom' : 'v1OnDeliverChatRoom';
  return [{ to: { users: [author] }, frame: jsonFrame(name, { roomId: room.id, userId: author, date: at }) }];
}

/** Also to the one who was kicked: no other client does anything about it. */
function kickDelivery({ room, userId, reason }: FactOf<'member.removed'>, view: View): readonly Delivery[] {
  if (reason === 'left' || room.kind !== 'group') return [];
  const present = (view.room?.members ?? []).map((member) => member.userId);
  const users = [...new Set([...present, userId])];
  return [{ to: { users }, frame: jsonFrame('v1OnKickGroupMember', { roomId: room.id, userId }) }];
}

export const outbound: OutboundTable = {
  'message.created': rendered<'message.created'>({ needs: 'thread', render: messageDelivery }),
  'message.deleted': rendered<'message.deleted'>({ needs: 'thread', render: messageDelivery }),
  'receipt.changed': rendered<'receipt.changed'>({ render: receiptDelivery }),
  'member.removed': rendered<'member.removed'>({ needs: 'room', render: kickDelivery }),
  // The client would drop its own by the user's id: it need not come.
  'typing.changed': rendered<'typing.changed'>({
    render: ({ room, user, status }) => {
      if (room.kind === 'broadcast') return [];
      const content = { name: user.name, status, userId: user.id, roomId: room.id };
      return [{ to: 'members', except: 'actor', frame: jsonFrame('v1OnRoomStatusChange', content) }];
    },
  }),
  'block.changed': rendered<'block.changed'>({
    render: ({ room, blockedByMe, blockedMe }) => {
      if (room === null) return [];
      const content = { isMeBanner: blockedByMe, isPeerBanner: blockedMe, roomId: room.id };
      return [{ to: 'members', frame: jsonFrame('v1OnBanUserChat', content) }];
    },
  }),
  'call.offered': rendered<'call.offered'>({
    render: ({ userId, call, caller, payload }) => {
      if (userId === caller.id) return [];
      const content = { ...callKey(call), withVideo: call.withVideo, payload, userData: wireUser(caller) };
      return [{ to: 'members', frame: jsonFrame('v1OnNewCall', content) }];
    },
  }),
  'call.accepted': rendered<'call.accepted'>({
    // Of two who call each other, both wait for the other one's answer.
    render: ({ userId, call, caller, payload, glare }) => {
      if (userId !== caller.id && !glare) return [];
      return [{ to: 'members', frame: jsonFrame('v1OnCallAccepted', { ...callKey(call), peerAnswer: payload }) }];
    },
  }),
  'call.ended': rendered<'call.ended'>({
    render: (event) => {
      const frame = endFrame(event);
      return frame === null ? [] : [{ to: 'members', frame }];
    },
  }),
  // What another wire's clients say to each other is nothing that this one's could read.
  'call.signaled': rendered<'call.signaled'>({
    render: ({ call, data }) => {
      const candidate = candidateSchema.safeParse(data);
      if (!candidate.success) return [];
      return [{ to: 'members', frame: jsonFrame('v1OnIceCandidate', { data: candidate.data, meetId: call.id }) }];
    },
  }),
  'message.edited': ignored('the wire has no event for it: the new text is there when messages are fetched again'),
  'room.created': ignored(
    'told by the info message that goes with it; a room of two is heard of with its first message',
  ),
  'room.changed': ignored('told by the info message that goes with a new title or picture'),
  'room.deleted': ignored('the wire has no event for it: a deleted room leaves the list of REST'),
  'room.cleared': ignored('the wire has no event for it: the messages are deleted when they are fetched again'),
  'member.added': ignored('told by the info message that goes with it'),
  'member.changed': ignored('told by the info message that goes with a new role; the wire has no nicknames of members'),
  'refresh.requested': ignored('the wire has no event that makes a client read a room anew'),
  'presence.shown': ignored('clients poll with v1MyOnline and hear the answer'),
  'presence.changed': ignored('clients poll with v1MyOnline and hear the answer'),
  'stream.advanced': ignored('the wire has no word for an unfinished text: the message comes when it is whole'),
  'preference.changed': ignored('the wire has no personal preferences'),
  'room-preferences.changed': ignored('the wire has no event for it: other devices read the list of rooms over REST'),
  'messages.hidden': ignored('the wire has no event for it: other devices miss them when they fetch again'),
  'invitation.changed': ignored('the wire has no invitations: who accepts one in another app is simply a member'),
  'user.terminated': ignored('the wire has no word for it: the connection is closed and no other is accepted'),
  'score.changed': ignored('the wire has no scores'),
  'reward.changed': ignored('the wire has no rewards'),
};
