import type { Delivery, OutboundTable, View } from '@parlance/dialect-kit';
import { frame, ignored, rendered } from '@parlance/dialect-kit';
import type { FactOf } from '@parlance/domain';
import { callAnswer, callOffer, REFRESH } from './reply.js';
import { CALL_BROADCAST, LOGS_RESPONSE, messageText, RECEIVE, typeIdOf } from './wire.js';

const REFRESH_MEMBERS: readonly Delivery[] = [{ to: 'members', frame: REFRESH }];

export const outbound: OutboundTable = {
  'message.created': rendered<'message.created'>({ render: received }),
  // The wire has no word for either; a refresh makes its clients read anew what they show.
  'message.edited': rendered<'message.edited'>({ render: () => REFRESH_MEMBERS }),
  'message.deleted': rendered<'message.deleted'>({ render: () => REFRESH_MEMBERS }),
  'room.created': rendered<'room.created'>({
    // The asking connection has its answer to `request`.
    render: () => [{ to: 'members', except: 'origin', frame: REFRESH }],
  }),
  'room.changed': rendered<'room.changed'>({
    render: ({ changed }) => (changed.includes('name') || changed.includes('photo') ? REFRESH_MEMBERS : []),
  }),
  'room.deleted': rendered<'room.deleted'>({
    render: ({ memberIds }) => [{ to: { users: memberIds }, frame: REFRESH }],
  }),
  'member.added': rendered<'member.added'>({ render: () => REFRESH_MEMBERS }),
  'member.removed': rendered<'member.removed'>({
    render: ({ userId }) => [...REFRESH_MEMBERS, { to: { users: [userId] }, frame: REFRESH }],
  }),
  'presence.shown': rendered<'presence.shown'>({
    render: () => [{ to: 'members', except: 'actor', frame: REFRESH }],
  }),
  'refresh.requested': rendered<'refresh.requested'>({ render: () => REFRESH_MEMBERS }),
  'member.changed': ignored('the wire shows neither roles nor nicknames'),
  'room.cleared': rendered<'room.cleared'>({ render: () => REFRESH_MEMBERS }),
  'stream.advanced': ignored('the wire has no word for a text in the making; the finished message is received'),
  'block.changed': ignored('the wire has no word for blocks; a refused send says so'),
  'preference.changed': ignored('the wire keeps no preferences'),
  // What the user's list shows of the room is another now.
  'room-preferences.changed': rendered<'room-preferences.changed'>({ render: () => REFRESH_MEMBERS }),
  'messages.hidden': rendered<'messages.hidden'>({ render: () => REFRESH_MEMBERS }),
  'invitation.changed': ignored('the wire has no invitations'),
  'user.terminated': rendered<'user.terminated'>({
    render: ({ message }) => [{ to: 'members', frame: frame(LOGS_RESPONSE, { type: 'error', message }) }],
  }),
  'presence.changed': rendered<'presence.changed'>({ render: () => REFRESH_MEMBERS }),
  // The asking connection has its answer; what is told here is for everybody else.
  'call.offered': rendered<'call.offered'>({
    render: (event) => [{ to: 'members', except: 'origin', frame: callOffer(event) }],
  }),
  'call.accepted': rendered<'call.accepted'>({
    render: ({ call }) => [{ to: 'members', except: 'origin', frame: callAnswer(call, true) }],
  }),
  // A call to somebody busy never rang: only the asker knows of it, from its answer.
  'call.ended': rendered<'call.ended'>({
    render: ({ call }) =>
      call.reason === 'busy' ? [] : [{ to: 'members', except: 'origin', frame: callAnswer(call, false) }],
  }),
  'call.signaled': rendered<'call.signaled'>({
    render: ({ data }) => [{ to: 'members', frame: frame(CALL_BROADCAST, data) }],
  }),
  'score.changed': ignored('the wire has no scores'),
  'reward.changed': ignored('the wire has no rewards'),
  'receipt.changed': ignored('the wire has no word for delivered or read'),
  'typing.changed': ignored('the wire has no word for typing or recording'),
};

/** To the sender too: on this wire that is the confirmation. */
function received({ room, actor, message }: FactOf<'message.created'>, { tenant }: View): readonly Delivery[] {
  if (message.type === 'info' || message.deletedAt !== null) return [];
  const body = {
    // 0 is nobody's number: sent for a user by somebody else, whose number must not stand here
    user_id: actor?.id === message.senderId ? actor.number : 0,
    room_title: room.uuid,
    message: messageText(message),
    type_id: typeIdOf(message, tenant),
  };
  return [{ to: 'members', frame: frame(RECEIVE, body) }];
}
