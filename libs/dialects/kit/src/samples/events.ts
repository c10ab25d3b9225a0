import { snapshotOf } from '@parlance/domain';
import type { DomainEventOf, DomainEventType } from '../dialect.js';
import type { RoomView } from '../intent.js';
import { sampleCallEvents, sampleUserEvents } from './user-events.js';
import { LATER, sampleFactBase, sampleMessages, sampleUser } from './values.js';

export const EVENT_TYPES = [
  'message.created',
  'message.edited',
  'message.deleted',
  'room.created',
  'room.changed',
  'room.deleted',
  'member.added',
  'member.removed',
  'receipt.changed',
  'typing.changed',
  'refresh.requested',
  'presence.shown',
  'member.changed',
  'room.cleared',
  'stream.advanced',
  'block.changed',
  'preference.changed',
  'room-preferences.changed',
  'messages.hidden',
  'invitation.changed',
  'user.terminated',
  'presence.changed',
  'call.offered',
  'call.accepted',
  'call.ended',
  'call.signaled',
  'score.changed',
  'reward.changed',
] as const satisfies readonly DomainEventType[];

export type EventSamples = { readonly [T in DomainEventType]: readonly DomainEventOf<T>[] };

/** Every event a gateway may have to tell about this room, in its variants. */
export function sampleEvents(view: RoomView): EventSamples {
  const base = sampleFactBase(view);
  const byServer = { ...base, actor: null, origin: null };
  const messages = sampleMessages();
  const memberIds = view.members.map((member) => member.userId);
  const withMessage = <T extends 'message.created' | 'message.edited' | 'message.deleted'>(type: T) =>
    [base, byServer].flatMap((one) => messages.map((message) => ({ ...one, type, message })));
  return {
    'message.created': withMessage('message.created'),
    'message.edited': withMessage('message.edited'),
    'message.deleted': withMessage('message.deleted'),
    'room.created': [{ ...base, type: 'room.created', state: view.room, memberIds }],
    'room.changed': [{ ...base, type: 'room.changed', state: view.room, changed: ['name', 'photo'] }],
    'room.deleted': [
      { ...base, type: 'room.deleted', memberIds },
      { ...byServer, type: 'room.deleted', memberIds, state: { ...view.room, metadata: { event: 'e1' } } },
    ],
    'member.added': [{ ...base, type: 'member.added', members: [{ userId: 'bob', role: 'member' }] }],
    'member.removed': [
      { ...base, type: 'member.removed', userId: 'bob', reason: 'left' },
      { ...byServer, type: 'member.removed', userId: 'bob', reason: 'removed' },
      { ...base, type: 'member.removed', userId: 'bob', reason: 'banned' },
    ],
    'member.changed': [
      { ...base, type: 'member.changed', userId: 'bob', role: 'admin', nickname: null },
      { ...byServer, type: 'member.changed', userId: 'bob', role: 'member', nickname: 'Bobby' },
    ],
    'room.cleared': [{ ...base, type: 'room.cleared', throughSeq: 3, count: 3 }],
    ...sampleSignals(view),
    ...sampleUserEvents(view),
    ...sampleCallEvents(view),
  };
}

function sampleSignals(view: RoomView) {
  const { tenantId, room, origin } = sampleFactBase(view);
  const base = { tenantId, room, origin, user: snapshotOf(sampleUser('ann')) };
  const receipt = { type: 'receipt.changed', v: 1, readSeq: 1, deliveredSeq: 1, at: LATER } as const;
  const messageId = '64b000000000000000000001';
  return {
    'receipt.changed': [
      { ...base, ...receipt, kind: 'read', messageId },
      { ...base, ...receipt, kind: 'delivered', messageId },
      { ...base, ...receipt, kind: 'read', messageId: null },
    ],
    'typing.changed': [
      { ...base, type: 'typing.changed', status: 'typing', text: 'he' },
      { ...base, type: 'typing.changed', status: 'recording', text: null },
      { ...base, type: 'typing.changed', status: 'stop', text: null },
    ],
    'refresh.requested': [{ ...base, type: 'refresh.requested' }],
    'presence.shown': [
      { ...base, type: 'presence.shown', online: true, lastSeenAt: null },
      { ...base, type: 'presence.shown', online: false, lastSeenAt: LATER },
    ],
  } satisfies Partial<EventSamples>;
}
