import type { Claim, InboundEvent, Reply } from '@parlance/dialect-kit';
import { inboundEvent } from '@parlance/dialect-kit';
import type { Message, Metadata, TypingStatus, User } from '@parlance/domain';
import { ParlanceError, textDraft } from '@parlance/domain';
import { DONE, extrasFor, failure, statusWord, wireMessage } from './reply.js';
import {
  chatRoomSchema,
  deleteSchema,
  messageSchema,
  seenSchema,
  statusSchema,
  typingSchema,
  updateSchema,
  userRoomSchema,
} from './wire.js';

const NO_ANSWER: Reply = {};

/** Every emit carries the app's key; some say who is calling. */
function claimOf(apiKey: string, userId?: string): Claim {
  return userId === undefined ? { credential: apiKey } : { credential: apiKey, user: { id: userId } };
}

/** A message with a file is not stored by half. */
export function refuseFile(file: unknown): void {
  if (file != null) throw new ParlanceError('unsupported', 'Files cannot be sent here yet: nothing was stored.');
}

export function draftOf(text: string | null | undefined, metadata: Metadata | null | undefined) {
  return textDraft(text ?? '', { metadata: metadata ?? {}, extras: extrasFor(metadata) });
}

/** `sent`: the metadata that came with this very request, shown again even where it is empty. */
export function messageAnswer(message: Message, sender: User, sent?: Metadata | null): object {
  return { success: true, ...wireMessage(message, { sender }), ...(sent == null ? {} : { metadata: sent }) };
}

const identify = inboundEvent<'session.identify'>()({
  schema: userRoomSchema,
  claim: ({ apiKey, channelUserId }) => claimOf(apiKey, channelUserId),
  intent: () => ({ type: 'session.identify' }),
  reply: () => DONE,
  refuse: failure,
});

const leave = inboundEvent<'session.leave'>()({
  schema: userRoomSchema,
  claim: ({ apiKey, channelUserId }) => claimOf(apiKey, channelUserId),
  intent: () => ({ type: 'session.leave' }),
  reply: () => DONE,
  refuse: failure,
});

const openChat = inboundEvent<'room.open'>()({
  schema: chatRoomSchema,
  claim: ({ apiKey }) => claimOf(apiKey),
  intent: ({ channelId }) => ({ type: 'room.open', room: channelId }),
  reply: () => DONE,
  refuse: failure,
});

const closeChat = inboundEvent<'room.close'>()({
  schema: chatRoomSchema,
  claim: ({ apiKey }) => claimOf(apiKey),
  intent: ({ channelId }) => ({ type: 'room.close', room: channelId }),
  reply: () => DONE,
  refuse: failure,
});

const send = inboundEvent<'message.send'>()({
  rate: 'message',
  schema: messageSchema,
  claim: ({ apiKey, user_id }) => claimOf(apiKey, user_id),
  intent: ({ chat_id, text, metadata, file }) => {
    refuseFile(file);
    return { type: 'message.send', room: chat_id, draft: draftOf(text, metadata) };
  },
  reply: ({ message, sender }) => ({ ack: [messageAnswer(message, sender)] }),
  refuse: failure,
});

const update = inboundEvent<'message.edit'>()({
  rate: 'message',
  schema: updateSchema,
  claim: ({ apiKey }) => claimOf(apiKey),
  intent: ({ messageId, text, metadata, file }) => {
    refuseFile(file);
    return { type: 'message.edit', messageId, text: text ?? undefined, metadata: metadata ?? undefined };
  },
  reply: ({ message, sender }, { metadata }) => ({ ack: [messageAnswer(message, sender, metadata)] }),
  refuse: failure,
});

const remove = inboundEvent<'message.delete'>()({
  schema: deleteSchema,
  claim: ({ apiKey }) => claimOf(apiKey),
  intent: ({ messageId }) => ({ type: 'message.delete', messageId }),
  reply: () => DONE,
  refuse: failure,
});

const seen = inboundEvent<'receipt.mark'>()({
  schema: seenSchema,
  claim: ({ apiKey, user }) => claimOf(apiKey, user?.id),
  intent: ({ lastMessageId }) =>
    lastMessageId == null ? null : { type: 'receipt.mark', upTo: { messageId: lastMessageId }, kind: 'read' },
  reply: () => DONE,
  refuse: failure,
});

function typing(status: TypingStatus): InboundEvent {
  return inboundEvent<'typing.set'>()({
    rate: 'typing',
    schema: typingSchema,
    claim: ({ apiKey, user }) => claimOf(apiKey, user?.id),
    intent: ({ channelId }) => ({ type: 'typing.set', room: channelId, status }),
    reply: () => DONE,
    refuse: failure,
  });
}

/**
 * Two generations in one name: with an acknowledgement it asks about another member, without one a member shows that it is
 * there itself. Only then does `memberId` say who is calling.
 */
const askStatus = inboundEvent<'presence.find'>()({
  schema: statusSchema,
  claim: ({ apiKey }) => claimOf(apiKey),
  intent: ({ memberId }) => ({ type: 'presence.find', users: [{ id: memberId }] }),
  reply: ({ found }, { memberId }) => ({ ack: [{ memberId, status: statusWord(found[0]?.online ?? false) }] }),
  refuse: failure,
});

const showStatus = inboundEvent<'presence.show'>()({
  schema: statusSchema,
  claim: ({ apiKey, memberId }) => claimOf(apiKey, memberId),
  intent: () => ({ type: 'presence.show', online: true }),
  reply: () => NO_ANSWER,
  refuse: failure,
});

const status: InboundEvent = {
  schema: statusSchema,
  rate: 'other',
  refuse: failure,
  parse: (args, context) => (context.acked ? askStatus : showStatus).parse(args, context),
};

export const inbound: ReadonlyMap<string, InboundEvent> = new Map([
  ['room.user.join', identify],
  ['room.user.leave', leave],
  ['room.join', openChat],
  ['room.leave', closeChat],
  ['message', send],
  ['message.update', update],
  ['message.delete', remove],
  ['message.seen', seen],
  ['typing.start', typing('typing')],
  ['typing.stop', typing('stop')],
  ['user.status', status],
]);
