import { ParlanceError, type FactOf, type Message, type RoomStamp } from '@parlance/domain';
import type { MessageKey, Placed, SendOutcome } from './send.repository.js';
import type { PreparedSend, SendAnswer } from './send.types.js';

export type Settled =
  | { readonly answer: SendAnswer }
  | { readonly answer: SendAnswer; readonly fact: FactOf<'message.created'> }
  | { readonly repeat: MessageKey; readonly stamp: RoomStamp };

/** What the sender is told of one item of a committed batch, and the fact it became. */
export function settle(item: PreparedSend, outcome: SendOutcome | undefined): Settled {
  switch (outcome?.status) {
    case 'ok':
      return created(item, outcome);
    case 'repeat':
      return {
        repeat: { tenantId: item.tenantId, roomId: item.input.roomId, seq: outcome.seq },
        stamp: stampOf(item, outcome),
      };
    case 'conflict':
      return refused(new ParlanceError('conflict', 'This clientMessageId was used for another message.'));
    case 'not-found':
      return refused(new ParlanceError('not-found', 'Room not found.'));
    case 'denied':
      return refused(new ParlanceError('permission-denied', 'Nobody may write into this room now.'));
    case undefined:
      return refused(new ParlanceError('internal', 'The batch gave no outcome.'));
  }
}

/** The stored message, as it is now. */
export function repeatedAnswer(room: RoomStamp, message: Message | null): SendAnswer {
  if (message !== null) return { ok: true, value: { message, room, repeated: true } };
  return { ok: false, error: new ParlanceError('unavailable', 'The stored message could not be read.') };
}

function refused(error: ParlanceError): Settled {
  return { answer: { ok: false, error } };
}

function created(item: PreparedSend, outcome: Placed & { readonly event_id: number }): Settled {
  const { tenantId, input } = item;
  const at = instant(outcome.at_ms);
  const room = stampOf(item, outcome);
  const message: Message = {
    id: item.id,
    seq: outcome.seq,
    roomId: input.roomId,
    senderId: input.sender.id,
    clientMessageId: input.clientMessageId,
    ...input.draft,
    broadcastOf: item.broadcastOf,
    createdAt: at,
    editedAt: null,
    deletedAt: null,
  };
  const fact: FactOf<'message.created'> = {
    id: String(outcome.event_id),
    v: 1,
    type: 'message.created',
    tenantId,
    room,
    pos: outcome.pos,
    prevAt: instant(outcome.prev_at_ms),
    at,
    actor: input.sender,
    origin: input.origin,
    message,
  };
  return { answer: { ok: true, value: { message, room, repeated: false } }, fact };
}

function stampOf({ input }: PreparedSend, { number, uuid, kind, version, user_a, user_b }: Placed): RoomStamp {
  const pair: RoomStamp['pair'] = user_a === null || user_b === null ? null : [user_a, user_b];
  return { id: input.roomId, number, uuid, kind, version, pair };
}

/** The database keeps whole milliseconds. */
function instant(ms: number): string {
  return new Date(Math.round(ms)).toISOString();
}
