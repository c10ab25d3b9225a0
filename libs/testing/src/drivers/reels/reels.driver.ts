import type { Socket } from 'socket.io-client';
import { io } from 'socket.io-client';
import { keyOf } from '../../history/message-key.js';
import { NativeApi, NativeApiError } from '../../world/native-api.js';
import type { ChatClient, ClientSetup, RoomRef, SendOutcome } from '../chat-client.js';
import { decodeFrame } from '../decode.js';
import { RecordedClient } from '../recorded-client.js';
import { REELS_FRAMES } from './reels.frames.js';

const DIALECT = 'reels';
/** Packet type of the Socket.IO protocol. */
const EVENT = 2;

export interface ReelsSetup extends ClientSetup {
  /** a user token of `user` */
  readonly token: string;
}

/**
 * A hand-written client of the documented events: socket.io-client 4 with the token in its handshake. What the wire has no emit for goes
 * through the native API with the same token. It hears of all its rooms from the moment it is connected.
 */
export class ReelsClient extends RecordedClient implements ChatClient {
  private readonly client: Socket;
  private readonly api: NativeApi;

  constructor({ token, ...setup }: ReelsSetup) {
    super(setup, DIALECT, true);
    this.api = new NativeApi(setup.url, token);
    this.client = io(setup.url, { transports: ['websocket'], autoConnect: false, auth: { token } });
    this.watch(this.client);
  }

  async connect(): Promise<void> {
    this.client.connect();
    await this.whenConnected();
  }

  /** The handshake said it. */
  identify(): Promise<void> {
    return Promise.resolve();
  }

  openRoom(room: RoomRef): Promise<void> {
    this.recorder.opened(room.id);
    return Promise.resolve();
  }

  send(room: RoomRef, text: string): Promise<SendOutcome> {
    const outcome = this.recorder.sending(room.id, text);
    void this.post(room, text).then((outcome) => this.settled(text, outcome));
    return outcome;
  }

  async edit(_room: RoomRef, messageId: string, text: string): Promise<void> {
    await this.api.editMessage(messageId, { text });
  }

  async remove(_room: RoomRef, messageId: string): Promise<void> {
    this.deleting(messageId);
    await this.api.deleteMessage(messageId);
  }

  /** Everything so far: the wire cannot name a message. */
  markRead(room: RoomRef): Promise<void> {
    return this.emit('messages-read', room);
  }

  typing(room: RoomRef, isTyping: boolean): Promise<void> {
    return this.emit(isTyping ? 'typing-started' : 'typing-stopped', room);
  }

  protected socket(): Socket {
    return this.client;
  }

  /** Never rejects. The key is the client id, so that the app's repetition of a send is the same message. */
  private async post(room: RoomRef, text: string): Promise<SendOutcome> {
    try {
      const { id } = await this.api.send(room.id, { clientMessageId: keyOf(text), text });
      return { status: 'acked', messageId: id };
    } catch (error) {
      if (!(error instanceof NativeApiError)) return { status: 'failed', code: 'unreachable', retryable: true };
      return { status: 'failed', code: error.code, retryable: error.retryable };
    }
  }

  private emit(name: string, { id }: RoomRef): Promise<void> {
    const body = { chat: id };
    this.recorder.frame('out', name, [body]);
    this.client.emit(name, body);
    return Promise.resolve();
  }

  private watch(socket: Socket): void {
    socket.on('connect', () => this.recorder.onConnected());
    socket.on('disconnect', () => this.recorder.onDisconnected());
    socket.io.on('packet', ({ type, data }: { readonly type: number; readonly data?: unknown }) => {
      if (type === EVENT && Array.isArray(data)) this.onFrame(data);
    });
  }

  private onFrame([name, ...args]: readonly unknown[]): void {
    const frame = this.recorder.frame('in', String(name), args);
    const event = this.recorder.heard(frame, decodeFrame(REELS_FRAMES, frame.name, args));
    if (event?.type !== 'message' || event.room === null || event.messageId === null) return;
    this.received(event.room, event.text ?? '', event.messageId);
  }
}
