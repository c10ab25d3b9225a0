import type {
  Draft,
  Member,
  Message,
  Metadata,
  Role,
  Room,
  RoomKind,
  RoomStamp,
  TypingStatus,
  User,
  UserFields,
  UserRef,
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
}

export interface SentMessage {
  readonly message: Message;
  readonly sender: User;
  readonly room: RoomStamp;
  readonly repeated: boolean;
}

/**
 * Everything a wire can ask for, in domain words: what goes in, and what comes back when it worked. The same table serves
 * sockets, the dialects' REST companions and the native API; `libs/actions` executes it for a principal.
 * An absent `by`/`user` means the principal itself.
 */
export interface IntentMap {
  /** Nothing to do but to be identified (the claim beside the intent did it), or a no-op of the wire. */
  readonly 'session.identify': { readonly in: object; readonly out: { readonly user: User } };
  /** The client gives its identity up; the connection is unbound. */
  readonly 'session.leave': { readonly in: object; readonly out: object };
  /** The client shows a room: it hears the frames that go to `open` listeners. */
  readonly 'room.open': { readonly in: { readonly room: RoomKey }; readonly out: { readonly room: RoomStamp } };
  readonly 'room.close': { readonly in: { readonly room: RoomKey }; readonly out: object };

  readonly 'user.put': {
    readonly in: {
      readonly ref: { readonly id: string } | { readonly username: string };
      readonly fields: UserFields;
      /** true: an unknown user is `not-found`; default: it is created */
      readonly mustExist?: boolean | undefined;
    };
    readonly out: { readonly user: User; readonly created: boolean };
  };
  readonly 'user.find': {
    readonly in: { readonly refs: readonly UserRef[] };
    readonly out: { readonly users: readonly (User | null)[] };
  };
  readonly 'token.issue': {
    readonly in: {
      readonly userId: string;
      readonly ttlSeconds?: number | undefined;
      readonly deviceId?: string | undefined;
      readonly dialect?: string | undefined;
    };
    readonly out: { readonly token: string; readonly expiresAt: string };
  };

  readonly 'room.create': {
    readonly in: {
      readonly kind: RoomKind;
      readonly members: readonly UserRef[];
      readonly id?: string | undefined;
      readonly name?: string | null | undefined;
      readonly photo?: string | null | undefined;
      readonly metadata?: Metadata | undefined;
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
    };
    readonly out: RoomView;
  };
  readonly 'room.delete': { readonly in: { readonly room: RoomKey }; readonly out: object };
  readonly 'room.list': {
    readonly in: {
      readonly withMessagesOnly: boolean;
      readonly offset: number;
      readonly limit: number;
      /** members each listed room carries at most; default 100 */
      readonly memberLimit?: number | undefined;
    };
    readonly out: { readonly rooms: readonly ListedRoom[]; readonly total: number };
  };
  readonly 'member.add': {
    readonly in: { readonly room: RoomKey; readonly users: readonly UserRef[]; readonly role?: Role | undefined };
    readonly out: RoomView & { readonly added: readonly User[] };
  };
  readonly 'member.remove': {
    readonly in: { readonly room: RoomKey; readonly user: UserRef };
    readonly out: RoomView & { readonly removed: User };
  };

  readonly 'message.send': {
    readonly in: { readonly room: RoomKey; readonly clientMessageId?: string | undefined; readonly draft: Draft };
    readonly out: SentMessage;
  };
  readonly 'message.edit': {
    readonly in: {
      readonly messageId: string;
      readonly text?: string | null | undefined;
      readonly metadata?: Metadata | undefined;
    };
    readonly out: { readonly message: Message; readonly sender: User; readonly room: RoomStamp };
  };
  readonly 'message.delete': {
    readonly in: { readonly messageId: string };
    readonly out: { readonly message: Message; readonly room: RoomStamp };
  };
  readonly 'message.list': {
    readonly in: {
      readonly room: RoomKey;
      readonly afterSeq?: number | undefined;
      readonly beforeSeq?: number | undefined;
      readonly skip?: number | undefined;
      readonly limit: number;
      /** leave out deleted and info messages */
      readonly visibleOnly?: boolean | undefined;
    };
    readonly out: {
      readonly messages: readonly Message[];
      readonly senders: ReadonlyMap<string, User>;
      readonly members: readonly Member[];
      readonly room: Room;
      readonly lastSeq: number;
      readonly total: number;
    };
  };

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

export type IntentType = keyof IntentMap;
/** An intent as data: `{ type, ...what goes in }`. */
export type IntentOf<T extends IntentType> = { readonly type: T } & IntentMap[T]['in'];
export type ResultOf<T extends IntentType> = IntentMap[T]['out'];
export type Intent = { [T in IntentType]: IntentOf<T> }[IntentType];

/** Carries an intent out; throws ParlanceError when it cannot. */
export type Execute = <T extends IntentType>(intent: IntentOf<T>) => Promise<ResultOf<T>>;

/** What is believed of a payload only as far as the tenant's `payloadIdentity` allows: who says to be calling. */
export interface Claim {
  /** an API key or user token that stands in the payload */
  readonly credential?: string | undefined;
  readonly user?: UserRef | undefined;
}
