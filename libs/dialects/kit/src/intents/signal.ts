import type { TypingStatus, User, UserRef } from '@parlance/domain';
import type { RoomKey, UpTo } from './views.js';

/** What is told and not kept as a message: receipts, typing, presence. */
export interface SignalIntents {
  readonly 'receipt.mark': {
    readonly in: { readonly room?: RoomKey | undefined; readonly upTo: UpTo; readonly kind: 'read' | 'delivered' };
    readonly out: { readonly roomId: string; readonly readSeq: number; readonly deliveredSeq: number };
  };
  readonly 'typing.set': {
    readonly in: { readonly room: RoomKey; readonly status: TypingStatus; readonly text?: string | undefined };
    readonly out: object;
  };
  readonly 'refresh.request': { readonly in: { readonly room: RoomKey }; readonly out: object };
  /** Shows the caller online or offline to the people of its open rooms, and answers the stored last seen. */
  readonly 'presence.show': {
    readonly in: { readonly online: boolean };
    readonly out: { readonly user: User; readonly online: boolean; readonly lastSeenAt: string | null };
  };
  readonly 'presence.find': {
    readonly in: { readonly users: readonly UserRef[] };
    readonly out: { readonly found: readonly { readonly user: User | null; readonly online: boolean }[] };
  };
}
