import type { Socket } from 'socket.io-client';
import { io } from 'socket.io-client';
import { keyOf } from '../../history/message-key.js';
import { NativeApi, NativeApiError } from '../../world/native-api.js';
import type { ChatClient, ChatEvent, ChatUser, ClientSetup, Frame, RoomRef, SendOutcome } from '../chat-client.js';
import { ClientRecorder } from '../client-recorder.js';
import { decodeFrame } from '../decode.js';
import { killTransport } from '../transport.js';
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
export class ReelsClient implements ChatClient {
  readonly dialect = DIALECT;
  readonly name: string;
  readonly user: ChatUser;
  private readonly recorder: ClientRecorder;
  private readonly client: Socket;
  private readonly api: NativeApi;
  /** texts' keys by message id, of which only deleting needs them */
  private readonly keys = new Map<string, string>();

  constructor({ token, ...setup }: ReelsSetup) {
    this.name = setup.name;
    this.user = setup.user;
    this.recorder = new ClientRecorder(setup, DIALECT, true);
    this.api = new NativeApi(setup.url, token);
    this.client = io(setup.url, { transports: ['websocket'], autoConnect: false, auth: { token } });
    this.watch(this.client);
  }

  get isConnected(): boolean {
    return this.recorder.isConnected;
  }

  get rawLog(): readonly Frame[] {
    return this.recorder.rawLog;
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
    void this.post(room, text).then((settled) => this.recorder.settled(keyOf(text), settled));
    return outcome;
  }

  async edit(_room: RoomRef, messageId: string, text: string): Promise<void> {
    await this.api.editMessage(messageId, { text });
  }

  async remove(_room: RoomRef, messageId: string): Promise<void> {
    const key = this.keys.get(messageId);
    if (key !== undefined) this.recorder.deleting(key);
    await this.api.deleteMessage(messageId);
  }

  /** Everything so far: the wire cannot name a message. */
  markRead(room: RoomRef): Promise<void> {
    return this.emit('messages-read', room);
  }

  typing(room: RoomRef, isTyping: boolean): Promise<void> {
    return this.emit(isTyping ? 'typing-started' : 'typing-stopped', room);
  }

  onEvent(listener: (event: ChatEvent) => void): () => void {
    return this.recorder.onEvent(listener);
  }

  nextEvent(matches: (event: ChatEvent) => boolean): Promise<ChatEvent> {
    return this.recorder.nextEvent(matches);
  }

  whenConnected(): Promise<void> {
    return this.recorder.whenConnected();
  }

  dropTransport(): void {
    killTransport(this.client.io.engine);
  }

  disconnect(): Promise<void> {
    this.client.disconnect();
    return Promise.resolve();
  }

  /** Never rejects. The key is the client id, so that the app's repetition of a send is the same message. */
  private async post(room: RoomRef, text: string): Promise<SendOutcome> {
    try {
      const { id } = await this.api.send(room.id, { clientMessageId: keyOf(text), text });
      this.keys.set(id, keyOf(text));
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
    this.keys.set(event.messageId, keyOf(event.text ?? ''));
    this.recorder.received(event.room, event.text ?? '', event.messageId);
  }
}
