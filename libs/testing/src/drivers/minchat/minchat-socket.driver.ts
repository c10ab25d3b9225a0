import type { Socket } from 'socket.io-client';
import { io } from 'socket.io-client';
import { z } from 'zod';
import type { ChatEvent, RoomRef } from '../chat-client.js';
import { doneSchema, sendOutcome, sentMessageSchema, userSchema } from './minchat.frames.js';
import type { MinChatSetup, WireSocket } from './minchat-base.js';
import { MinChatClient } from './minchat-base.js';

const userAnswerSchema = z.strictObject({ user: userSchema });

/** A hand-written client of the documented wire: socket.io-client 4 and fetch. */
export class MinChatSocketClient extends MinChatClient {
  private readonly client: Socket;

  constructor(setup: MinChatSetup) {
    super(setup);
    this.client = io(setup.url, { transports: ['websocket'], autoConnect: false });
    this.watch(this.client);
  }

  async connect(): Promise<void> {
    this.client.connect();
    await this.whenConnected();
  }

  async identify(): Promise<void> {
    const { username, name, id } = this.user;
    const form = new FormData();
    form.set('username', username);
    form.set('name', name);
    const { user } = userAnswerSchema.parse(await this.rest('POST', '/v1/user', form));
    if (user.id !== id) throw new Error(`${this.name}: known as ${user.id}, not as ${id}.`);
    doneSchema.parse(await this.ask('room.user.join', { channelUserId: id }));
  }

  async openRoom(room: RoomRef): Promise<void> {
    doneSchema.parse(await this.ask('room.join', { channelId: room.id }));
    this.recorder.opened(room.id);
  }

  async edit(_room: RoomRef, messageId: string, text: string): Promise<void> {
    sentMessageSchema.parse(await this.ask('message.update', { messageId, text }));
  }

  async markRead(_room: RoomRef, messageId: string): Promise<void> {
    doneSchema.parse(await this.ask('message.seen', { lastMessageId: messageId, user: this.self() }));
  }

  async typing(room: RoomRef, isTyping: boolean): Promise<void> {
    const event = isTyping ? 'typing.start' : 'typing.stop';
    doneSchema.parse(await this.ask(event, { channelId: room.id, user: this.self() }));
  }

  protected async post(room: RoomRef, text: string): Promise<void> {
    const body = { text, chat_id: room.id, user_id: this.user.id, apiKey: this.setup.apiKey };
    this.client.emit('message', body, (answer: unknown) => this.settled(text, sendOutcome(answer)));
  }

  protected async postRemoval(_room: RoomRef, messageId: string): Promise<void> {
    doneSchema.parse(await this.ask('message.delete', { messageId }));
  }

  protected socket(): WireSocket {
    return this.client;
  }

  protected override onMeaning({ type, room, text, messageId }: ChatEvent): void {
    if (type === 'message' && room !== null && messageId !== null) this.received(room, text ?? '', messageId);
  }

  private self(): object {
    const { id, username, name } = this.user;
    return { id, username, name };
  }

  private async rest(method: string, path: string, body: FormData): Promise<unknown> {
    const headers = { authorization: `Bearer ${this.setup.apiKey}` };
    const signal = AbortSignal.timeout(this.recorder.timeoutMs);
    const response = await fetch(new URL(path, this.setup.url), { method, headers, body, signal });
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
    return response.json();
  }
}
