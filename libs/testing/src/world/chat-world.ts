import type { ChatUser, RoomRef, SendOutcome } from '../drivers/chat-client.js';
import type { LogEntry } from '../history/history.events.js';
import type { History } from '../history/history.js';
import { keyOf } from '../history/message-key.js';
import type { NativeApi, NativeMessage } from './native-api.js';
import { NativeApiError } from './native-api.js';

/** A room of the world with its people; `refFor` names it as one of them opens it. */
export interface WorldRoom {
  readonly id: string;
  readonly uuid: string;
  readonly kind: 'direct' | 'group';
  readonly members: readonly ChatUser[];
}

/** The people and rooms of a run, made over the native API; who is a member goes into the history. */
export class ChatWorld {
  constructor(
    readonly api: NativeApi,
    readonly history: History,
  ) {}

  async user(id: string, fields: Readonly<Record<string, unknown>> = {}): Promise<ChatUser> {
    const { number, username, name } = await this.api.putUser(id, fields);
    return { id, number, username, name };
  }

  /** Two people make a direct room, more a group, unless `kind` says otherwise. */
  async room(members: readonly ChatUser[], kind = members.length === 2 ? 'direct' : 'group'): Promise<WorldRoom> {
    const memberIds = members.map(({ id }) => id);
    const known = kind === 'direct' ? 'direct' : 'group';
    const { id, uuid } = await this.api.createRoom({ kind: known, memberIds, createdBy: memberIds[0] });
    for (const user of memberIds) this.history.record({ type: 'member', user, room: id, change: 'joined' });
    return { id, uuid, kind: known, members };
  }

  async addMember(room: WorldRoom, { id: user }: ChatUser): Promise<void> {
    await this.api.addMembers(room.id, [user]);
    this.history.record({ type: 'member', user, room: room.id, change: 'joined' });
  }

  async removeMember(room: WorldRoom, { id: user }: ChatUser): Promise<void> {
    this.history.record({ type: 'member', user, room: room.id, change: 'leaving' });
    await this.api.removeMember(room.id, user);
    this.history.record({ type: 'member', user, room: room.id, change: 'left' });
  }

  /** The logs of rooms as they are now, for `judge`. */
  async logs(rooms: readonly WorldRoom[]): Promise<(room: string) => readonly LogEntry[]> {
    const logs = new Map<string, readonly LogEntry[]>();
    for (const { id } of rooms) logs.set(id, (await this.api.messages(id)).map(logEntry));
    return (room) => logs.get(room) ?? [];
  }
}

/** A room as one of its people opens it. */
export function refFor({ id, uuid, kind, members }: WorldRoom, user: ChatUser): RoomRef {
  if (kind === 'group') return { id, uuid };
  return { id, uuid, peer: members.find((member) => member.id !== user.id) };
}

export function logEntry({ seq, id, text, type, createdAt, deletedAt }: NativeMessage): LogEntry {
  const key = text === null ? null : keyOf(text);
  return { seq, id, key, createdAt, deleted: deletedAt !== null, quiet: type === 'info' };
}

/**
 * A client that only sends, over the native API, with the key as its client id: so a send can be repeated, which no dialect of today
 * lets a client do.
 */
export class NativeSender {
  constructor(
    private readonly api: NativeApi,
    private readonly history: History,
    readonly name: string,
    readonly user: ChatUser,
  ) {
    history.record({ type: 'client', client: name, user: user.id, dialect: 'native', hearsOwn: true });
  }

  /** Never rejects for what the server answers or does not answer. */
  async send(room: { readonly id: string }, text: string): Promise<SendOutcome> {
    const key = keyOf(text);
    const { name: client, user } = this;
    // HTTP requests may overtake each other: no order is promised between them
    const connection = `${client}#${key}`;
    this.history.record({ type: 'sending', client, connection, user: user.id, room: room.id, key, text });
    const outcome = await this.post(room.id, key, text);
    if (outcome.status === 'acked') this.history.record({ type: 'acked', client, key, messageId: outcome.messageId });
    else this.history.record({ type: 'failed', client, key, code: outcome.code, retryable: outcome.retryable });
    return outcome;
  }

  private async post(room: string, clientMessageId: string, text: string): Promise<SendOutcome> {
    try {
      const { id } = await this.api.send(room, { senderId: this.user.id, clientMessageId, text });
      return { status: 'acked', messageId: id };
    } catch (error) {
      if (error instanceof NativeApiError) return { status: 'failed', code: error.code, retryable: error.retryable };
      return { status: 'failed', code: `unknown: ${String(error)}`, retryable: true };
    }
  }
}
