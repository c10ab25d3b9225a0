import type { InboundEvent, ResultOf } from '@parlance/dialect-kit';
import { inboundEvent, NO_REPLY } from '@parlance/dialect-kit';
import { z } from 'zod';
import { failure } from './reply.js';
import { argumentOf, iceSchema, jsonFrame, onlineSchema, roomSchema, statusSchema } from './wire.js';

/** Who of these is online: answered to the asking socket alone, in the order asked. */
const myOnline = inboundEvent<'presence.find'>()({
  read: argumentOf,
  schema: onlineSchema,
  intent: (people) => ({ type: 'presence.find', users: people.map(({ peerId }) => ({ id: peerId })) }),
  reply: (result, people) => ({ frames: [jsonFrame('v1OnMyOnline', onlineList(result, people))] }),
  refuse: failure,
});

/** Without `extra` a client throws the whole list away. */
function onlineList({ found }: ResultOf<'presence.find'>, people: z.output<typeof onlineSchema>): readonly object[] {
  return people.map(({ peerId, extra }, index) => ({
    peerId,
    isOnline: found[index]?.online ?? false,
    extra: extra ?? '',
  }));
}

const roomStatus = inboundEvent<'typing.set'>()({
  rate: 'typing',
  read: argumentOf,
  schema: statusSchema,
  intent: ({ roomId, status }) => ({ type: 'typing.set', room: roomId, status }),
  reply: () => NO_REPLY,
  refuse: failure,
});

function receipt(kind: 'read' | 'delivered'): InboundEvent {
  return inboundEvent<'receipt.mark'>()({
    read: argumentOf,
    schema: roomSchema,
    intent: ({ roomId }) => ({ type: 'receipt.mark', room: roomId, upTo: { latest: true }, kind }),
    reply: () => NO_REPLY,
    refuse: failure,
  });
}

const iceCandidate = inboundEvent<'call.signal'>()({
  rate: 'signal',
  read: argumentOf,
  schema: iceSchema,
  intent: ({ data, meetId }) => ({ type: 'call.signal', call: meetId, data }),
  reply: () => NO_REPLY,
  refuse: failure,
});

/** A name of the vendor's list that no client sends: members are kicked over REST. */
const kickMember = inboundEvent<'session.identify'>()({
  schema: z.unknown(),
  read: () => null,
  intent: () => null,
  reply: () => NO_REPLY,
  refuse: failure,
});

export const inbound: ReadonlyMap<string, InboundEvent> = new Map([
  ['v1MyOnline', myOnline],
  ['v1RoomStatusChange', roomStatus],
  ['v1EnterChatRoom', receipt('read')],
  ['v1DeliverChatRoom', receipt('delivered')],
  ['v1IceCandidate', iceCandidate],
  ['v1KickGroupMember', kickMember],
]);
