import type { Extras, JsonValue, Metadata, RoomKind, RoomPreferences, RoomStamp, UserRef } from '@parlance/domain';
import type { ListedRoom, RoomKey, RoomView } from './views.js';

/** Rooms, and how their members want to see them. */
export interface RoomIntents {
  readonly 'room.create': {
    readonly in: {
      readonly kind: RoomKind;
      readonly members: readonly UserRef[];
      readonly id?: string | undefined;
      readonly name?: string | null | undefined;
      readonly photo?: string | null | undefined;
      readonly metadata?: Metadata | undefined;
      readonly description?: string | null | undefined;
      readonly extras?: Extras | undefined;
      /** an `info` message tells the room of it (default true); so in the other commands below */
      readonly announce?: boolean | undefined;
    };
    readonly out: RoomView & { readonly created: boolean };
  };
  readonly 'room.get': { readonly in: { readonly room: RoomKey }; readonly out: RoomView };
  readonly 'room.patch': {
    readonly in: {
      readonly room: RoomKey;
      readonly name?: string | null | undefined;
      readonly photo?: string | null | undefined;
      readonly metadata?: Metadata | undefined;
      readonly mergeMetadata?: boolean | undefined;
      readonly description?: string | null | undefined;
      readonly frozen?: boolean | undefined;
      /** merged by dialect and key */
      readonly extras?: Extras | undefined;
      readonly announce?: boolean | undefined;
    };
    readonly out: RoomView;
  };
  readonly 'room.delete': { readonly in: { readonly room: RoomKey }; readonly out: object };
  readonly 'room.list': {
    readonly in: {
      readonly withMessagesOnly: boolean;
      readonly title?: string | undefined;
      readonly kinds?: readonly RoomKind[] | undefined;
      readonly muted?: boolean | undefined;
      readonly archived?: boolean | undefined;
      /** true: hidden rooms alone; default: they are left out */
      readonly hidden?: boolean | undefined;
      readonly updatedAfter?: string | undefined;
      readonly unreadFirst?: boolean | undefined;
      readonly offset: number;
      readonly limit: number;
      /** members each listed room carries at most; default 100 */
      readonly memberLimit?: number | undefined;
    };
    readonly out: { readonly rooms: readonly ListedRoom[]; readonly total: number };
  };
  /** One room as the caller's list would show it. */
  readonly 'room.show': { readonly in: { readonly room: RoomKey }; readonly out: ListedRoom };
  /** Deletes all its messages for everybody. */
  readonly 'room.clear': {
    readonly in: { readonly room: RoomKey };
    readonly out: { readonly room: RoomStamp; readonly throughSeq: number; readonly count: number };
  };
  /** Joins an open group, or one with an open invitation. */
  readonly 'room.join': { readonly in: { readonly room: RoomKey }; readonly out: RoomView };
  readonly 'room.preferences': {
    readonly in: {
      readonly room: RoomKey;
      readonly patch: { readonly [K in keyof RoomPreferences]?: RoomPreferences[K] | undefined };
    };
    readonly out: { readonly preferences: RoomPreferences };
  };
  readonly 'preference.list': {
    readonly in: object;
    readonly out: { readonly preferences: Readonly<Record<string, JsonValue>> };
  };
  readonly 'preference.put': { readonly in: { readonly key: string; readonly value: JsonValue }; readonly out: object };
  readonly 'preference.remove': { readonly in: { readonly key: string }; readonly out: object };
}
