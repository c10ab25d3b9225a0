import type { ChatClient, ChatEvent, ClientSetup, RoomRef, SendOutcome } from '../chat-client.js';
import { decodeFrame } from '../decode.js';
import { RecordedClient } from '../recorded-client.js';
import { ackSchema, MINCHAT_FRAMES } from './minchat.frames.js';

const DIALECT = 'minchat';

export interface MinChatSetup extends ClientSetup {
  /** the app's publishable key, or any credential that stands in its place */
  readonly apiKey: string;
}

interface Packet {
  readonly type: number;
  readonly data?: unknown;
}

/** The part of socket.io-client 4 that is used here: the SDK loads its CommonJS build, whose types are not those of the other one. */
export interface WireSocket {
  readonly io: { readonly engine: unknown; on(event: 'packet', listener: (packet: Packet) => void): unknown };
  on(event: 'connect' | 'disconnect', listener: () => void): unknown;
  onAnyOutgoing(listener: (name: string, ...args: unknown[]) => void): unknown;
  emit(event: string, body: object, ack: (answer: unknown) => void): unknown;
  disconnect(): unknown;
}

/** What the published SDK and a plain socket have in common: the socket below them, watched without touching it. */
export abstract class MinChatClient extends RecordedClient implements ChatClient {
  constructor(protected readonly setup: MinChatSetup) {
    super(setup, DIALECT, false);
  }

  abstract connect(): Promise<void>;
  abstract identify(): Promise<void>;
  abstract openRoom(room: RoomRef): Promise<void>;
  abstract edit(room: RoomRef, messageId: string, text: string): Promise<void>;
  abstract markRead(room: RoomRef, messageId: string): Promise<void>;
  abstract typing(room: RoomRef, isTyping: boolean): Promise<void>;
  protected abstract override socket(): WireSocket;
  protected abstract post(room: RoomRef, text: string): Promise<void>;
  protected abstract postRemoval(room: RoomRef, messageId: string): Promise<void>;

  async send(room: RoomRef, text: string): Promise<SendOutcome> {
    const outcome = this.recorder.sending(room.id, text);
    await this.post(room, text);
    return outcome;
  }

  async remove(room: RoomRef, messageId: string): Promise<void> {
    this.deleting(messageId);
    await this.postRemoval(room, messageId);
  }

  /** A frame and its answer. Plain, since a timeout of the client's own would change the answers that `watch` sees. */
  protected ask(event: string, body: object): Promise<unknown> {
    return this.recorder.within(`the answer to ${event}`, (resolve) => {
      this.socket().emit(event, { ...body, apiKey: this.setup.apiKey }, resolve);
      return () => undefined;
    });
  }

  /** Watches every frame below the client: the manager tells each packet, acknowledgements included. */
  protected watch(socket: WireSocket): void {
    socket.on('connect', () => this.recorder.onConnected());
    socket.on('disconnect', () => this.recorder.onDisconnected());
    socket.onAnyOutgoing((name, ...args) => this.recorder.frame('out', name, args));
    socket.io.on('packet', ({ type, data }) => {
      if (type === EVENT || type === BINARY_EVENT) this.onEventPacket(data);
      if (type === ACK || type === BINARY_ACK) this.onAckPacket(data);
    });
  }

  protected onMeaning(_event: ChatEvent): void {
    // the SDK tells its app by itself
  }

  private onEventPacket(data: unknown): void {
    const [name, ...args] = Array.isArray(data) ? data : [];
    const frame = this.recorder.frame('in', String(name), args);
    const event = this.recorder.heard(frame, decodeFrame(MINCHAT_FRAMES, frame.name, args));
    if (event !== null) this.onMeaning(event);
  }

  private onAckPacket(data: unknown): void {
    const args: readonly unknown[] = Array.isArray(data) ? data : [];
    this.recorder.frame('ack', 'ack', args);
    if (args.length !== 1 || !ackSchema.safeParse(args[0]).success) {
      this.recorder.malformed('ack', `not an answer of this wire: ${JSON.stringify(args)}`);
    }
  }
}

/** Packet types of the Socket.IO protocol. */
const EVENT = 2;
const ACK = 3;
const BINARY_EVENT = 5;
const BINARY_ACK = 6;
