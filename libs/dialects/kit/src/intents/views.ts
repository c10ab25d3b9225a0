import type {
  Call,
  JsonValue,
  Member,
  Message,
  Participation,
  Room,
  RoomPreferences,
  RoomStamp,
  User,
} from '@parlance/domain';

/** How a wire names a room: by its id or its uuid (which of them is found out), or as the only thing a message id leads to. */
export type RoomKey = string;

/** Up to where something is read: a seq, a message, or all there is. */
export type UpTo = { readonly seq: number } | { readonly messageId: string } | { readonly latest: true };

/** A room with its members and, for those listed, who they are (`null`: the user is gone). */
export interface RoomView {
  readonly room: Room;
  readonly members: readonly Member[];
  readonly users: ReadonlyMap<string, User>;
}

export interface ListedRoom extends RoomView {
  readonly unread: number;
  readonly readSeq: number;
  readonly lastMessage: Message | null;
  /** ids of the listed members that are online now */
  readonly online: ReadonlySet<string>;
  /** how the caller wants to see it */
  readonly preferences: RoomPreferences;
}

/** How two users stand to each other, seen by one of them. `room`: their direct room, if there is one. */
export interface BlockView {
  readonly other: User;
  readonly room: RoomStamp | null;
  readonly blockedByMe: boolean;
  readonly blockedMe: boolean;
}

/** A page of messages with all that their rendering needs. `starred`: by the caller. `replied`: by id, what they answer. */
export interface MessagePage {
  readonly messages: readonly Message[];
  readonly senders: ReadonlyMap<string, User>;
  readonly replied: ReadonlyMap<string, Message>;
  readonly starred: ReadonlySet<string>;
  readonly total: number;
}

/** A call as its participants see it. `payload`: the caller's, verbatim, while the call lasts; null after it. */
export interface CallView {
  readonly call: Call;
  readonly room: RoomStamp;
  readonly caller: User;
  readonly callee: User | null;
  readonly payload: JsonValue;
  readonly participants: readonly { readonly userId: string; readonly state: Participation }[];
}

export interface SentMessage {
  readonly message: Message;
  readonly sender: User;
  readonly room: RoomStamp;
  readonly repeated: boolean;
}
