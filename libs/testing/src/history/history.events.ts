interface Base {
  /** milliseconds since the epoch, of the machine that records; for people to read, nothing is judged by it */
  readonly at: number;
}

interface OfClient extends Base {
  /** names one client program (a device) in the whole history */
  readonly client: string;
}

interface OnConnection extends OfClient {
  /** one connection of the client to a server; its reconnect is another one */
  readonly connection: string;
  /** the user's id in the native API */
  readonly user: string;
}

/**
 * A client program exists. `hearsOwn`: whether its dialect tells it of what it sent itself (MinChat answers the sender with an
 * acknowledgement alone). A client that only sends, such as one of the native API, never connects and need receive nothing.
 */
export interface ClientStarted extends OfClient {
  readonly type: 'client';
  readonly user: string;
  readonly dialect: string;
  readonly hearsOwn: boolean;
}

export interface ConnectionChanged extends OnConnection {
  readonly type: 'connected' | 'disconnected';
}

/** The server confirmed that the client hears of the room from now on. */
export interface RoomOpened extends OnConnection {
  readonly type: 'opened';
  readonly room: string;
}

/** `key` is unique to the message (see `message-key.ts`): it is repeated only when the same message is sent again. */
export interface Sending extends OnConnection {
  readonly type: 'sending';
  readonly room: string;
  readonly key: string;
  readonly text: string;
}

/** The server confirmed the message. `messageId` null: the dialect does not tell it. */
export interface Acked extends OfClient {
  readonly type: 'acked';
  readonly key: string;
  readonly messageId: string | null;
}

/** `retryable` false: a definite refusal, so nothing may be stored. True: refused for now, or the outcome is unknown. */
export interface Failed extends OfClient {
  readonly type: 'failed';
  readonly key: string;
  readonly code: string;
  readonly retryable: boolean;
}

export interface Received extends OnConnection {
  readonly type: 'received';
  readonly room: string;
  readonly key: string;
  readonly messageId: string | null;
}

/** Somebody asks to delete the message: from here on it need not arrive. */
export interface Deleting extends OfClient {
  readonly type: 'deleting';
  readonly key: string;
}

/** `joined` and `left` once the server confirmed it, `leaving` before it is asked. */
export interface MemberChanged extends Base {
  readonly type: 'member';
  readonly user: string;
  readonly room: string;
  readonly change: 'joined' | 'leaving' | 'left';
}

/** A frame that a real client of the dialect could not have read. */
export interface Malformed extends OnConnection {
  readonly type: 'malformed';
  readonly name: string;
  readonly detail: string;
}

export type HistoryEvent =
  | ClientStarted
  | ConnectionChanged
  | RoomOpened
  | Sending
  | Acked
  | Failed
  | Received
  | Deleting
  | MemberChanged
  | Malformed;

type Unstamped<E> = E extends HistoryEvent ? Omit<E, 'at'> : never;
/** An event as its recorder gives it; the history adds the time. */
export type HistoryEntry = Unstamped<HistoryEvent>;

/** A message of the room's final log, as the native API lists it in the order of `seq`. */
export interface LogEntry {
  readonly seq: number;
  readonly id: string;
  /** null where the text is gone with the message */
  readonly key: string | null;
  readonly createdAt: string;
  readonly deleted: boolean;
  /** a kind that chat clients are not sent, such as `info` */
  readonly quiet: boolean;
}
