import type { InboundEvent, IntentOf, IntentType } from '@parlance/dialect-kit';
import { inboundEvent, NO_REPLY } from '@parlance/dialect-kit';
import { z } from 'zod';
import { refused } from './reply.js';
import type { InboundName } from './wire.js';
import { chatSchema, unwrapped } from './wire.js';

type Asked<T extends IntentType> = (chat: string) => IntentOf<T>;

/**
 * The wire's three events: which chat, silent when it worked. None names a user: the connection's handshake said who it is. An
 * acknowledgement is in none of the vendor's examples, so none is given.
 */
function chatEvent<T extends IntentType>(name: InboundName, rate: 'typing' | 'other', asks: Asked<T>): InboundEvent {
  return inboundEvent<T>()({
    rate,
    schema: z.preprocess(unwrapped(name), chatSchema),
    intent: ({ chat }) => asks(chat),
    reply: () => NO_REPLY,
    refuse: (error, _input, tenant) => refused(error, tenant),
  });
}

export const inbound: ReadonlyMap<InboundName, InboundEvent> = new Map([
  [
    'typing-started',
    chatEvent<'typing.set'>('typing-started', 'typing', (room) => ({ type: 'typing.set', room, status: 'typing' })),
  ],
  [
    'typing-stopped',
    chatEvent<'typing.set'>('typing-stopped', 'typing', (room) => ({ type: 'typing.set', room, status: 'stop' })),
  ],
  [
    'messages-read',
    chatEvent<'receipt.mark'>('messages-read', 'other', (room) => ({
      type: 'receipt.mark',
      room,
      upTo: { latest: true },
      kind: 'read',
    })),
  ],
]);
