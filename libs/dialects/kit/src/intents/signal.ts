import type { TypingStatus, User, UserRef } from '@parlance/domain';
import type { RoomKey, UpTo } from './views.js';

/** What is told and not kept as a message: receipts, typing, presence. */
export interface SignalIntents {
  readonly 'receipt.mark': {
    readonly in: { readonly room?: RoomKey | undefined; readonly upTo: UpTo; readonly kind: 'read' | 'delivered' };
    readonly out: { readonly roomId: string; readonly readSeq: number; readonly deliveredSeq: number };
  };
  readonly 'typing.set': {
    readonly in: {
      readonly room: RoomKey;
      readonly status: TypingStatus;
      readonly text?: string | undefined;
      /** the wire has no word for its end: it ends when no other one comes */
      readonly endsBySilence?: true | undefined;
    };
    readonly out: object;
  };
  readonly 'refresh.request': { readonly in: { readonly room: RoomKey }; readonly out: object };
  /**
   * Shows the asking connection, or hides it until it is shown again; shown, the people of its open rooms are told. Answers the stored
   * last seen.
   */
  readonly 'presence.show': {
    readonly in: { readonly online: boolean };
    readonly out: { readonly user: User; readonly online: boolean; readonly lastSeenAt: string | null };
  };
  /** Who of these is online. A user is answered about itself and those who share a room with it; others show as offline. */
  readonly 'presence.find': {
    readonly in: {
      readonly users: readonly UserRef[];
      /** with `lastSeenAt` as presence knows it now */
      readonly lastSeen?: true | undefined;
    };
    readonly out: { readonly found: readonly { readonly user: User | null; readonly online: boolean }[] };
  };
}
