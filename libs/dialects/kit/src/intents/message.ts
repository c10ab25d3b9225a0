import type {
  Attachment,
  Draft,
  Extras,
  Member,
  Message,
  MessageType,
  Metadata,
  Room,
  RoomStamp,
  User,
} from '@parlance/domain';
import type { MessagePage, RoomKey, SentMessage } from './views.js';

/** Messages, and how they are told. */
export interface MessageIntents {
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
}
