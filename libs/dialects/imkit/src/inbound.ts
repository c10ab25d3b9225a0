import type { InboundContext, InboundEvent, Reply, Translation } from '@parlance/dialect-kit';
import { inboundEvent, parseInput } from '@parlance/dialect-kit';
import type { Message } from '@parlance/domain';
import { ParlanceError } from '@parlance/domain';
import { draftOf } from './draft.js';
import { BASE64 } from './encoding.js';
import type { Person } from './people.js';
import { formerPerson } from './people.js';
import { wireMessage } from './message.js';
import { authFailure, failure, success } from './reply.js';
import type { ChatMessage } from './wire.js';
import { auth2Schema, authSchema, chatMessageSchema, confSchema, NAME, RECALL, typingSchema } from './wire.js';

/** How the connection wants to be written to; belongs to nobody yet, so it asks for nothing. */
const conf: InboundEvent = {
  rate: 'other',
  schema: confSchema,
  refuse: (error) => failure(error),
  parse: (args): Translation => {
    const { encoding } = parseInput(confSchema, args[0]);
    const reply = confirmed(encoding);
    return { claim: null, asks: null, refuse: (error) => failure(error), run: () => Promise.resolve(reply) };
  },
};

function confirmed(encoding: string): Reply {
  const ack = [success({ encoding })];
  if (encoding === '' || encoding === 'none') return { ack, mode: null };
  if (encoding === BASE64) return { ack, mode: BASE64 };
  throw new ParlanceError(
    'unsupported',
    `encoding: ${encoding.slice(0, 32)} is not spoken here, only ${BASE64} or none.`,
  );
}

/** The token says who it is and which app it belongs to; the client key beside it adds nothing. */
const auth2 = inboundEvent<'session.identify'>()({
  read: ([token, headers]) => ({ token, headers }),
  schema: auth2Schema,
  claim: ({ token }) => ({ credential: token }),
  intent: () => ({ type: 'session.identify' }),
  reply: ({ user }) => ({ ack: [success({ client: user.id })] }),
  refuse: (error) => authFailure(error),
});

const auth = inboundEvent<'session.identify'>()({
  read: ([token, deviceId]) => ({ token, deviceId }),
  schema: authSchema,
  claim: ({ token }) => ({ credential: token }),
  intent: () => ({ type: 'session.identify' }),
  reply: ({ user }) => ({ ack: [success({ client: user.id })] }),
  refuse: (error) => authFailure(error),
});

function answered(message: Message, sender: Person): Reply {
  return { ack: [success(wireMessage(message, { sender }))] };
}

const send = inboundEvent<'message.send'>()({
  rate: 'message',
  schema: chatMessageSchema,
  intent: (input) => ({ type: 'message.send', room: input.room, draft: draftOf(input) }),
  reply: ({ message, sender }) => answered(message, sender),
  refuse: (error) => failure(error),
});

/** `_id` names the message to change. Its text alone can be. */
const edit = inboundEvent<'message.edit'>()({
  rate: 'message',
  schema: chatMessageSchema,
  intent: ({ _id, message }) => {
    if (typeof message !== 'string' || message === '') throw new ParlanceError('invalid', 'message: needs a text.');
    return { type: 'message.edit', messageId: idOf(_id), text: message };
  },
  reply: ({ message, sender }) => answered(message, sender),
  refuse: (error) => failure(error, 'MESSAGE_NOT_FOUND'),
});

const recall = inboundEvent<'message.delete'>()({
  rate: 'message',
  schema: chatMessageSchema,
  intent: ({ _id }) => ({ type: 'message.delete', messageId: idOf(_id), extras: { [NAME]: { recalled: true } } }),
  reply: ({ message }, _input, context) => answered(message, senderFor(message, context)),
  refuse: (error) => failure(error, 'MESSAGE_NOT_FOUND'),
});

function idOf(id: string | null | undefined): string {
  if (id == null) throw new ParlanceError('invalid', '_id: is needed.');
  return id;
}

function senderFor({ senderId }: Message, { user }: InboundContext): Person {
  return user?.id === senderId ? user : formerPerson(senderId);
}

/** One event for three things: what is told apart stands in the payload. */
export function purposeOf({ _id, messageType }: Pick<ChatMessage, '_id' | 'messageType'>): 'send' | 'edit' | 'recall' {
  if (messageType === RECALL) return 'recall';
  return _id == null ? 'send' : 'edit';
}

const PURPOSES = { send, edit, recall } as const;

const chatMessage: InboundEvent = {
  rate: 'message',
  schema: chatMessageSchema,
  refuse: (error) => failure(error),
  parse: (args, context) => {
    const purpose = purposeOf(parseInput(chatMessageSchema, args[0]));
    return PURPOSES[purpose].parse(args, context);
  },
};

/** Two arguments; Vue sends the room alone. */
const typing = inboundEvent<'typing.set'>()({
  rate: 'typing',
  read: ([room, text]) => ({ room, text }),
  schema: typingSchema,
  intent: ({ room, text }) => ({ type: 'typing.set', room, status: 'typing', text, endsBySilence: true }),
  reply: () => ({ ack: [success({})] }),
  refuse: (error) => failure(error),
});

export const inbound: ReadonlyMap<string, InboundEvent> = new Map([
  ['conf', conf],
  ['auth2', auth2],
  ['auth', auth],
  ['chat message', chatMessage],
  ['typing', typing],
]);
