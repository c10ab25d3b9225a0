import type {
  Attachment,
  Call,
  Draft,
  Extras,
  Invitation,
  JsonValue,
  Member,
  Message,
  MessageType,
  Metadata,
  Role,
  Room,
  RoomKind,
  RoomPreferences,
  RoomStamp,
  StoredFile,
  Tenant,
  TenantFields,
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

/** A call as its participants see it. */
export interface CallView {
  readonly call: Call;
  readonly room: RoomStamp;
  readonly caller: User;
  readonly callee: User | null;
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
  /** Name, username or identifier contains `search`. */
  readonly 'user.list': {
    readonly in: { readonly search?: string | undefined; readonly offset: number; readonly limit: number };
    readonly out: { readonly users: readonly User[]; readonly total: number };
  };
  /** A user's own sign-in by the vendor's shared-secret scheme; see the contract `signIn`. Needs no caller but the tenant. */
  readonly 'user.sign-in': {
    readonly in: {
      readonly identifier: string;
      readonly proof: string;
      readonly fields: UserFields;
      readonly deviceId?: string | undefined;
      readonly dialect: string;
    };
    readonly out: {
      readonly user: User;
      readonly created: boolean;
      readonly token: string;
      readonly expiresAt: string;
    };
  };
  /** Gives the caller's own token up (all of its device's). */
  readonly 'user.sign-out': { readonly in: object; readonly out: object };
  readonly 'user.terminate': {
    readonly in: { readonly user: UserRef; readonly message: string };
    readonly out: object;
  };
  readonly 'device.put': {
    readonly in: { readonly deviceId: string; readonly kind: string; readonly pushToken: string };
    readonly out: object;
  };
  /** Absent `deviceId`: all of the caller's. */
  readonly 'device.remove': { readonly in: { readonly deviceId?: string | undefined }; readonly out: object };
  /** The tenant's server alone: hands a payload for these users' devices to the push provider. */
  readonly 'push.send': {
    readonly in: { readonly users: readonly UserRef[]; readonly payload: JsonValue };
    readonly out: { readonly accepted: number };
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

  /** The installation's operator alone. Absent `id`: a new tenant with a server-made one, or, with `mustExist`, the key's own. */
  readonly 'tenant.put': {
    readonly in: { readonly id?: string | undefined; readonly mustExist: boolean; readonly fields: TenantFields };
    readonly out: { readonly tenant: Tenant };
  };
  /** The installation's operator alone. `key` is shown this once. */
  readonly 'key.create': {
    readonly in: { readonly tenantId: string; readonly kind: 'secret' | 'publishable' };
    readonly out: { readonly id: string; readonly kind: 'secret' | 'publishable'; readonly key: string };
  };
  /** The operator revokes any key, a tenant's secret key those of its tenant. */
  readonly 'key.revoke': { readonly in: { readonly id: string }; readonly out: object };

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
  readonly 'member.add': {
    readonly in: {
      readonly room: RoomKey;
      readonly users: readonly UserRef[];
      readonly role?: Role | undefined;
      readonly announce?: boolean | undefined;
    };
    readonly out: RoomView & { readonly added: readonly User[] };
  };
  readonly 'member.remove': {
    readonly in: { readonly room: RoomKey; readonly user: UserRef; readonly announce?: boolean | undefined };
    readonly out: RoomView & { readonly removed: User };
  };
  readonly 'member.change': {
    readonly in: {
      readonly room: RoomKey;
      readonly user: UserRef;
      readonly role?: Role | undefined;
      readonly nickname?: string | null | undefined;
    };
    readonly out: RoomView & { readonly changed: User };
  };
  readonly 'ban.set': {
    readonly in: { readonly room: RoomKey; readonly user: UserRef; readonly banned: boolean };
    readonly out: { readonly user: User; readonly createdAt: string; readonly updatedAt: string };
  };
  readonly 'ban.list': {
    readonly in: { readonly room: RoomKey };
    readonly out: {
      readonly bans: readonly { readonly user: User; readonly byId: string | null; readonly createdAt: string }[];
    };
  };
  readonly 'block.set': { readonly in: { readonly user: UserRef; readonly blocked: boolean }; readonly out: BlockView };
  readonly 'block.get': { readonly in: { readonly user: UserRef }; readonly out: BlockView };
  readonly 'block.list': {
    readonly in: object;
    readonly out: { readonly blocks: readonly { readonly user: User; readonly createdAt: string }[] };
  };
  readonly 'invitation.create': {
    readonly in: { readonly room: RoomKey; readonly users: readonly UserRef[] };
    readonly out: RoomView & { readonly invitations: readonly Invitation[] };
  };
  readonly 'invitation.answer': {
    readonly in: {
      readonly invitation: { readonly id: string } | { readonly room: RoomKey };
      readonly answer: 'accept' | 'reject';
    };
    readonly out: RoomView & { readonly invitation: Invitation };
  };
  readonly 'invitation.cancel': {
    readonly in: { readonly invitation: { readonly id: string } | { readonly room: RoomKey; readonly user: UserRef } };
    readonly out: { readonly invitation: Invitation };
  };
  /** Open invitations: the caller's own, or those of a room that the caller manages. */
  readonly 'invitation.list': {
    readonly in: { readonly room?: RoomKey | undefined };
    readonly out: { readonly invitations: readonly Invitation[]; readonly users: ReadonlyMap<string, User> };
  };

  readonly 'message.send': {
    readonly in: { readonly room: RoomKey; readonly clientMessageId?: string | undefined; readonly draft: Draft };
    readonly out: SentMessage;
  };
  readonly 'message.edit': {
    readonly in: {
      readonly messageId: string;
      /** goes with a new attachment; `type` is the intent's own */
      readonly messageType?: MessageType | undefined;
      readonly text?: string | null | undefined;
      readonly attachment?: Attachment | null | undefined;
      readonly metadata?: Metadata | undefined;
    };
    readonly out: { readonly message: Message; readonly sender: User; readonly room: RoomStamp };
  };
  readonly 'message.delete': {
    readonly in: { readonly messageId: string; readonly extras?: Extras | undefined };
    readonly out: { readonly message: Message; readonly room: RoomStamp };
  };
  readonly 'message.get': {
    readonly in: { readonly messageId: string };
    readonly out: { readonly message: Message; readonly sender: User | null; readonly room: RoomStamp };
  };
  /** Deletes for the caller alone: the named messages, or all of the room. */
  readonly 'message.hide': {
    readonly in: {
      readonly room?: RoomKey | undefined;
      readonly messageIds: readonly string[];
      readonly all?: boolean | undefined;
    };
    readonly out: { readonly room: RoomStamp; readonly hidden: readonly string[]; readonly allUpToSeq: number | null };
  };
  readonly 'message.hidden': {
    readonly in: { readonly room: RoomKey };
    readonly out: { readonly messageIds: readonly string[]; readonly allUpToSeq: number | null };
  };
  readonly 'message.star': {
    readonly in: { readonly messageId: string; readonly starred: boolean };
    readonly out: { readonly message: Message };
  };
  readonly 'message.react': {
    readonly in: { readonly messageId: string; readonly value: string; readonly present: boolean };
    readonly out: { readonly message: Message };
  };
  readonly 'message.pin': {
    readonly in: { readonly messageId: string; readonly pinned: boolean };
    readonly out: { readonly message: Message };
  };
  /** Over all rooms of the caller, or one; the newest first. */
  readonly 'message.search': {
    readonly in: {
      readonly room?: RoomKey | undefined;
      readonly text?: string | undefined;
      readonly types?: readonly MessageType[] | undefined;
      readonly starredOnly?: boolean | undefined;
      readonly offset: number;
      readonly limit: number;
    };
    readonly out: MessagePage;
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
      readonly text?: string | undefined;
      readonly types?: readonly MessageType[] | undefined;
      readonly links?: boolean | undefined;
      readonly starredOnly?: boolean | undefined;
      readonly pinnedOnly?: boolean | undefined;
    };
    readonly out: MessagePage & { readonly members: readonly Member[]; readonly room: Room; readonly lastSeq: number };
  };

  readonly 'stream.open': {
    readonly in: { readonly room: RoomKey; readonly replyTo?: string | undefined };
    readonly out: { readonly messageId: string };
  };
  readonly 'stream.append': {
    readonly in: { readonly messageId: string; readonly index: number; readonly text: string };
    readonly out: object;
  };
  readonly 'stream.finish': {
    readonly in: { readonly messageId: string; readonly text?: string | undefined };
    readonly out: { readonly message: Message };
  };

  /** Stores an upload. `room`: whose members may read it; null: a public picture (avatar, room photo), images alone. */
  readonly 'file.store': {
    readonly in: {
      readonly room: RoomKey | null;
      readonly name: string;
      readonly mimeType: string;
      readonly bytes: Uint8Array;
    };
    readonly out: { readonly file: StoredFile };
  };
  readonly 'file.get': { readonly in: { readonly fileId: string }; readonly out: { readonly file: StoredFile } };
  /** What a web page says of itself; nothing private is ever fetched. Errors: `not-found`, `invalid`. */
  readonly 'link.preview': {
    readonly in: { readonly url: string };
    readonly out: {
      readonly url: string;
      readonly title: string | null;
      readonly description: string | null;
      readonly images: readonly string[];
      readonly favicons: readonly string[];
    };
  };

  /**
   * Rings the other side of a direct room (or a whole group). `with`: of the pair's direct room, made when there is none.
   * `payload` goes to the other side verbatim. Errors: `conflict` (the caller or the callee is in a call).
   */
  readonly 'call.create': {
    readonly in: {
      readonly room: RoomKey | { readonly with: UserRef };
      readonly withVideo: boolean;
      readonly payload: JsonValue;
    };
    readonly out: CallView;
  };
  /** `call`: its id or uuid; so in those below. */
  readonly 'call.accept': {
    readonly in: { readonly call: string; readonly payload: JsonValue };
    readonly out: CallView;
  };
  /** As the caller's role and the call's state have it: cancel while it rings (caller), reject (callee), else hang up. */
  readonly 'call.end': {
    readonly in: { readonly call: string; readonly as?: 'reject' | 'cancel' | 'end' | undefined };
    readonly out: CallView;
  };
  readonly 'call.signal': {
    readonly in: { readonly call: string | null; readonly data: JsonValue };
    readonly out: object;
  };
  /** The caller's live call, or null. */
  readonly 'call.active': { readonly in: object; readonly out: { readonly view: CallView | null } };
  readonly 'call.history': {
    readonly in: { readonly offset: number; readonly limit: number };
    readonly out: { readonly calls: readonly CallView[]; readonly total: number };
  };
  /** Takes one call, or all, out of the caller's own history. */
  readonly 'call.forget': { readonly in: { readonly call?: string | undefined }; readonly out: object };
  /** A credential for the media server of a room's call. Errors: `unsupported` (none is set up). */
  readonly 'call.media-token': {
    readonly in: { readonly room: RoomKey };
    readonly out: { readonly token: string; readonly url: string };
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
  /** that the app's own server signed `user`: see the contract `verifyUserProof`; counts where `payloadIdentity` is `signed` */
  readonly proof?: string | undefined;
}
