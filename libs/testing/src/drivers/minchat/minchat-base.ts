import { keyOf } from '../../history/message-key.js';
import type { ChatClient, ChatEvent, ChatUser, ClientSetup, Frame, RoomRef, SendOutcome } from '../chat-client.js';
import { ClientRecorder } from '../client-recorder.js';
import { decodeFrame } from '../decode.js';
import { killTransport } from '../transport.js';
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
export abstract class MinChatClient implements ChatClient {
  readonly dialect = DIALECT;
  readonly name: string;
  readonly user: ChatUser;
  protected readonly recorder: ClientRecorder;
  /** texts by message id, of which only deleting needs the key */
  private readonly keys = new Map<string, string>();

  constructor(protected readonly setup: MinChatSetup) {
    this.name = setup.name;
    this.user = setup.user;
    this.recorder = new ClientRecorder(setup, DIALECT, false);
  }

  abstract connect(): Promise<void>;
  abstract identify(): Promise<void>;
  abstract openRoom(room: RoomRef): Promise<void>;
  abstract edit(room: RoomRef, messageId: string, text: string): Promise<void>;
  abstract markRead(room: RoomRef, messageId: string): Promise<void>;
  abstract typing(room: RoomRef, isTyping: boolean): Promise<void>;
  protected abstract socket(): WireSocket;
  protected abstract post(room: RoomRef, text: string): Promise<void>;
  protected abstract postRemoval(room: RoomRef, messageId: string): Promise<void>;

  get isConnected(): boolean {
    return this.recorder.isConnected;
  }

  get rawLog(): readonly Frame[] {
    return this.recorder.rawLog;
  }

  async send(room: RoomRef, text: string): Promise<SendOutcome> {
    const outcome = this.recorder.sending(room.id, text);
    await this.post(room, text);
    return outcome;
  }

  async remove(room: RoomRef, messageId: string): Promise<void> {
    const key = this.keys.get(messageId);
    if (key !== undefined) this.recorder.deleting(key);
    await this.postRemoval(room, messageId);
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
    killTransport(this.socket().io.engine);
  }

  async disconnect(): Promise<void> {
    this.socket().disconnect();
  }

  /** A frame and its answer. Plain, since a timeout of the client's own would change the answers that `watch` sees. */
  protected ask(event: string, body: object): Promise<unknown> {
    return this.recorder.within(`the answer to ${event}`, (resolve) => {
      this.socket().emit(event, { ...body, apiKey: this.setup.apiKey }, resolve);
      return () => undefined;
    });
  }

  protected settled(text: string, outcome: SendOutcome): void {
    if (outcome.status === 'acked' && outcome.messageId !== null) this.keys.set(outcome.messageId, keyOf(text));
    this.recorder.settled(keyOf(text), outcome);
  }

  /** A message as the app got it. */
  protected received(room: string, text: string, messageId: string): void {
    this.keys.set(messageId, keyOf(text));
    this.recorder.received(room, text, messageId);
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
