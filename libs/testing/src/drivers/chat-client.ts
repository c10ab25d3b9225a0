import type { History } from '../history/history.js';

/** A user as the native API made it: each dialect names it its own way. */
export interface ChatUser {
  readonly id: string;
  readonly number: number;
  readonly username: string;
  readonly name: string;
}

/** A room as the native API made it. `peer`: the other one of a direct room, by whom some dialects open it. */
export interface RoomRef {
  readonly id: string;
  readonly uuid: string;
  readonly peer?: ChatUser | undefined;
}

/** `messageId` null: the dialect does not tell it. `retryable` true: refused for now, or the outcome is unknown. */
export type SendOutcome =
  | { readonly status: 'acked'; readonly messageId: string | null }
  | { readonly status: 'failed'; readonly code: string; readonly retryable: boolean };

/** A frame as the client saw it. `ack`: the answer to a frame of its own. */
export interface Frame {
  readonly direction: 'in' | 'out' | 'ack';
  readonly name: string;
  readonly args: readonly unknown[];
  /** milliseconds since the epoch */
  readonly at: number;
}

export type ChatEventType =
  | 'message'
  | 'chat'
  | 'edited'
  | 'deleted'
  | 'read'
  | 'delivered'
  | 'info'
  | 'blocked'
  | 'kicked'
  | 'call'
  | 'typing'
  | 'typing-stopped'
  | 'presence'
  | 'refresh'
  | 'answer'
  | 'error';

/** What a frame means, whatever the dialect calls it; null where the dialect does not say. `room` is the native id. */
export interface ChatEvent {
  readonly type: ChatEventType;
  readonly room: string | null;
  /** the sender's or subject's native id, or its number as text where the dialect has numbers */
  readonly user: string | null;
  readonly messageId: string | null;
  readonly text: string | null;
  readonly raw: Frame;
}

/**
 * An unmodified client of one dialect, driven. All it sends, hears and is refused goes into the history; a frame that a real client
 * could not read goes there too, as `malformed`. Waiting calls reject after `timeoutMs` of the setup.
 */
export interface ChatClient {
  readonly name: string;
  readonly dialect: string;
  readonly user: ChatUser;
  readonly isConnected: boolean;
  /** the newest 10,000 frames */
  readonly rawLog: readonly Frame[];
  connect(): Promise<void>;
  /** Says who it is. After a reconnect only what the real client does by itself happens. */
  identify(): Promise<void>;
  /** Resolves once the server confirmed that this client hears of the room. */
  openRoom(room: RoomRef): Promise<void>;
  /** Never rejects for what the server answers. `text` carries the message's key: see `keyed`. */
  send(room: RoomRef, text: string): Promise<SendOutcome>;
  /** Rejects with `NotInDialect` where the wire has no word for it; so do the three below. */
  edit(room: RoomRef, messageId: string, text: string): Promise<void>;
  remove(room: RoomRef, messageId: string): Promise<void>;
  markRead(room: RoomRef, messageId: string): Promise<void>;
  typing(room: RoomRef, isTyping: boolean): Promise<void>;
  /** Hears what every further frame means; the answer stops it. */
  onEvent(listener: (event: ChatEvent) => void): () => void;
  /** The next event that `matches`. */
  nextEvent(matches: (event: ChatEvent) => boolean): Promise<ChatEvent>;
  /** Resolves at once when connected, else when the client has come back by itself. */
  whenConnected(): Promise<void>;
  /** Resolves at once when not connected, else when the client has noticed that its connection ended. */
  whenDisconnected(): Promise<void>;
  /** Cuts the connection without a goodbye, as a dead network does. The client comes back by itself. */
  dropTransport(): void;
  disconnect(): Promise<void>;
}

export interface ClientSetup {
  /** unique in the history */
  readonly name: string;
  readonly user: ChatUser;
  /** origin of the server, such as `http://127.0.0.1:3000` */
  readonly url: string;
  readonly history: History;
  /** milliseconds that any one answer may take; default 15,000 */
  readonly timeoutMs?: number | undefined;
}

export class NotInDialect extends Error {
  override readonly name = 'NotInDialect';

  constructor(dialect: string, what: string) {
    super(`The ${dialect} wire has no word to ${what}.`);
  }
}
