import type { DomainEventType } from '@parlance/dialect-kit';
import type { InfoAction } from '@parlance/domain';

/** A domain event that tells of something; of a message, only if it is an `info` message of one of these actions. */
export type Telling = DomainEventType | { readonly infos: readonly InfoAction[] };

/** A class of events, as people speak of them, and what tells of it. */
export interface EventClassTerms {
  readonly name: EventClassName;
  readonly tells: readonly Telling[];
}

export type EventClassName =
  | 'message'
  | 'edit'
  | 'delete'
  | 'receipts'
  | 'typing'
  | 'membership'
  | 'room change'
  | 'block'
  | 'presence'
  | 'preferences'
  | 'invitation'
  | 'streaming'
  | 'termination'
  | 'error';

const MEMBERSHIP: readonly InfoAction[] = ['members.added', 'member.joined', 'member.left', 'member.removed'];

/** The rows of the interop matrix. An error tells of no event: it answers a frame of one's own. */
export const EVENT_CLASSES: readonly EventClassTerms[] = [
  { name: 'message', tells: ['message.created'] },
  { name: 'edit', tells: ['message.edited'] },
  { name: 'delete', tells: ['message.deleted'] },
  { name: 'receipts', tells: ['receipt.changed'] },
  { name: 'typing', tells: ['typing.changed'] },
  { name: 'membership', tells: ['member.added', 'member.removed', { infos: MEMBERSHIP }] },
  { name: 'room change', tells: ['room.changed', { infos: ['room.renamed', 'room.photo-changed'] }] },
  { name: 'block', tells: ['block.changed'] },
  { name: 'presence', tells: ['presence.changed', 'presence.shown'] },
  { name: 'preferences', tells: ['preference.changed', 'room-preferences.changed'] },
  { name: 'invitation', tells: ['invitation.changed'] },
  { name: 'streaming', tells: ['stream.advanced'] },
  { name: 'termination', tells: ['user.terminated'] },
  { name: 'error', tells: [] },
];
