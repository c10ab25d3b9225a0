import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { sampleMessage } from '@parlance/dialect-kit';
import { freePort } from '@parlance/persistence';
import type { Socket } from 'socket.io';
import { Server } from 'socket.io';
import { z } from 'zod';
import type { ChatUser, RoomRef } from './chat-client.js';

const AT = '2026-01-02T03:04:05.678Z';
const CLASSIC_ROOM = '0b8c0f4e-6c1c-4f3e-9d8e-0a4f1f6f2c11';

export const ann: ChatUser = { id: 'u-ann', number: 1, username: 'ann', name: 'Ann' };
export const bob: ChatUser = { id: 'u-bob', number: 2, username: 'bob', name: 'Bob' };
/** As each sees it: the other one is the peer. */
export const roomOf = (me: ChatUser): RoomRef => ({ id: 'c1', uuid: CLASSIC_ROOM, peer: me === ann ? bob : ann });

const textSchema = z.object({ text: z.string() });

type Ack = (answer: object) => void;

/** What a test may make the server do wrong. */
export interface TinyFaults {
  /** sent to every client instead of a message */
  readonly message?: readonly unknown[] | undefined;
  /** what a send is answered; null: never */
  readonly answer?: object | null | undefined;
}

export interface SeenFrame {
  readonly socket: string;
  readonly name: string;
  readonly args: readonly unknown[];
}

/** A throwaway server of one room that speaks just enough of three wires to prove that the drivers drive. It keeps nothing. */
export class TinyServer {
  readonly frames: SeenFrame[] = [];
  readonly handshakes: { readonly protocol: number; readonly transport: string; readonly auth: unknown }[] = [];
  faults: TinyFaults = {};
  private readonly http = createServer((request, response) => void this.rest(request, response));
  private readonly io = new Server(this.http, { allowEIO3: true });
  private sent = 0;
  private constructor(readonly url: string) {
    this.io.on('connection', (socket) => this.accept(socket));
  }

  static async start(): Promise<TinyServer> {
    const port = await freePort();
    const server = new TinyServer(`http://127.0.0.1:${port}`);
    await new Promise<void>((resolve) => server.http.listen(port, '127.0.0.1', resolve));
    return server;
  }

  async stop(): Promise<void> {
    const closed = this.io.close();
    // An answer that a test holds back would keep its request open.
    this.http.closeAllConnections();
    await closed;
  }

  private accept(socket: Socket): void {
    const { conn, handshake } = socket;
    this.handshakes.push({ protocol: conn.protocol, transport: conn.transport.name, auth: handshake.auth });
    socket.onAny((name: string, ...args: unknown[]) => {
      const ack = args.at(-1);
      const payload = typeof ack === 'function' ? args.slice(0, -1) : args;
      this.frames.push({ socket: socket.id, name, args: payload });
      const body = payload[0];
      if (typeof body !== 'object' || body === null) return;
      this.answer(socket, name, body, typeof ack === 'function' ? (ack as Ack) : null);
    });
  }

  private answer(socket: Socket, name: string, body: object, ack: Ack | null): void {
    if (name === 'message') return this.onMinChatMessage(socket, body, ack);
    if (name === 'message.update') return ack?.(this.minChat(ann, 'm0', String(Reflect.get(body, 'text'))));
    if (name === 'send') return this.onClassicSend(body);
    if (name === 'status') {
      const user_id: unknown = Reflect.get(body, 'user_id');
      return void socket.emit('logs response', { type: 'status', user_id, online: true, last_seen: null });
    }
    if (name === 'request') {
      return void socket.emit('logs response', { type: 'request', success: true, room_title: CLASSIC_ROOM });
    }
    ack?.({ success: true });
  }

  private onMinChatMessage(socket: Socket, body: object, ack: Ack | null): void {
    const sender = Reflect.get(body, 'user_id') === ann.id ? ann : bob;
    const message = this.minChat(sender, `m${(this.sent += 1)}`, String(Reflect.get(body, 'text')));
    socket.broadcast.emit('message', ...(this.faults.message ?? [message]));
    if (this.faults.answer !== null) ack?.(this.faults.answer ?? message);
  }

  private onClassicSend(body: object): void {
    if (this.faults.answer === undefined) this.io.emit('receive', body);
    else if (this.faults.answer !== null) this.io.emit('logs response', this.faults.answer);
  }

  /** A reels client's token is the user's id. */
  private onNativeMessage(response: ServerResponse, token: string, body: string): void {
    if (this.faults.answer === null) return;
    const { text } = textSchema.parse(JSON.parse(body));
    const sender = token === ann.id ? ann : bob;
    const { extras: _, ...message } = sampleMessage({
      id: `m${(this.sent += 1)}`,
      roomId: 'c1',
      senderId: token,
      text,
    });
    const { id: _id, username, name } = sender;
    const user = { _id, name, username, photo: '' };
    const data = { message: { _id: message.id, user, chat: 'c1', content: text, at: message.createdAt } };
    for (const socket of this.io.sockets.sockets.values()) {
      const verb = socket.handshake.auth['token'] === token ? 'sent' : 'received';
      for (const event of [`message-${verb}`, `messages-${verb}`]) socket.emit(event, data);
    }
    response.end(JSON.stringify(message));
  }

  private minChat(sender: ChatUser, id: string, text: string): object {
    return { success: true, id, chat_id: 'c1', text, seen: false, user: wireUser(sender), created_at: AT };
  }

  private async rest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array));
    const body = Buffer.concat(chunks).toString();
    this.frames.push({ socket: 'rest', name: `${request.method ?? ''} ${request.url ?? ''}`, args: [body] });
    response.setHeader('content-type', 'application/json');
    const token = request.headers.authorization?.replace('Bearer ', '') ?? '';
    if (request.url === '/api/v1/rooms/c1/messages') return this.onNativeMessage(response, token, body);
    response.end(JSON.stringify(restAnswer(request.url ?? '', body)));
  }
}

function restAnswer(url: string, body: string): object {
  if (url === '/v1/user') return { user: wireUser(/name="username"\r\n\r\nann/.test(body) ? ann : bob) };
  if (url.startsWith('/v1/user/list')) return { users: [wireUser(url.includes('=ann') ? ann : bob)] };
  if (url.startsWith('/v1/chat/list')) return { success: true, chats: [], page: 1, total_chats: 0, total_pages: 0 };
  return { success: true, id: 'c1', title: 'x', participant_user_ids: [ann.id, bob.id], metadata: {}, avatar: null };
}

function wireUser({ id, username, name }: ChatUser): object {
  return { id, username, name, created_at: AT, last_active: AT };
}
