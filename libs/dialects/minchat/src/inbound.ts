import type { Claim, Execute, InboundContext, InboundEvent, IntentType, Reply } from '@parlance/dialect-kit';
import { inboundEvent, parseInput } from '@parlance/dialect-kit';
import type { TypingStatus } from '@parlance/domain';
import { toParlanceError } from '@parlance/domain';
import type { z } from 'zod';
import { DONE, draftOf, failure, messageAnswer, statusWord } from './reply.js';
import { edited, stored } from './upload.js';
import {
  chatRoomSchema,
  deleteSchema,
  messageSchema,
  seenSchema,
  statusSchema,
  typingSchema,
  updateSchema,
  uploadOf,
  userRoomSchema,
} from './wire.js';

const NO_ANSWER: Reply = {};

/** Every emit carries the app's key; some say who is calling. */
function claimOf(apiKey: string, userId?: string): Claim {
  return userId === undefined ? { credential: apiKey } : { credential: apiKey, user: { id: userId } };
}

interface StepsDefinition<S extends z.ZodType> {
  readonly schema: S;
  readonly asks: IntentType;
  readonly claim: (input: z.output<S>) => Claim;
  /** what follows on this connection waits for it, so that no later message overtakes a file on its way */
  readonly holds: (input: z.output<S>) => boolean;
  readonly run: (execute: Execute, input: z.output<S>, context: InboundContext) => Promise<Reply>;
}

/** A message event that may take more than one intent. */
function stepsEvent<S extends z.ZodType>({ schema, asks, claim, holds, run }: StepsDefinition<S>): InboundEvent {
  return {
    rate: 'message',
    schema,
    refuse: failure,
    parse: (args, context) => {
      const input = parseInput(schema, args[0]);
      const answer = async (execute: Execute): Promise<Reply> => {
        try {
          return await run(execute, input, context);
        } catch (error) {
          const coded = toParlanceError(error);
          if (coded.code === 'internal') throw coded;
          return failure(coded);
        }
      };
      return { claim: claim(input), asks, holds: holds(input), run: answer, refuse: failure };
    },
  };
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

/** A message, its file stored before it. */
const send = stepsEvent({
  schema: messageSchema,
  asks: 'message.send',
  claim: ({ apiKey, user_id }) => claimOf(apiKey, user_id),
  holds: ({ file }) => file != null,
  run: async (execute, { chat_id, text, metadata, file }) => {
    const draft = draftOf(text, metadata, await stored(execute, chat_id, uploadOf(file)));
    const { message, sender } = await execute({ type: 'message.send', room: chat_id, draft });
    return { ack: [messageAnswer(message, sender)] };
  },
});

const update = stepsEvent({
  schema: updateSchema,
  asks: 'message.edit',
  claim: ({ apiKey }) => claimOf(apiKey),
  holds: ({ file }) => file != null,
  run: async (execute, { messageId, text, metadata, file }, { user }) => {
    const change = { messageId, text, metadata, upload: uploadOf(file), asker: user?.id };
    const { message, sender } = await edited(execute, change);
    return { ack: [messageAnswer(message, sender, metadata)] };
  },
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
