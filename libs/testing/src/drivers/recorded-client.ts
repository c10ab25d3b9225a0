import { keyOf } from '../history/message-key.js';
import type { ChatEvent, ChatUser, ClientSetup, Frame, SendOutcome } from './chat-client.js';
import { ClientRecorder } from './client-recorder.js';
import { killTransport } from './transport.js';

/** The part of a Socket.IO client of either version that ends a connection. */
interface Closable {
  readonly io: { readonly engine: unknown };
  disconnect(): unknown;
}

/** What the drivers do alike, whatever the wire: what is heard goes through the recorder, and the connection ends below the client. */
export abstract class RecordedClient {
  readonly name: string;
  readonly user: ChatUser;
  protected readonly recorder: ClientRecorder;
  /** texts' keys by message id, of which only deleting needs them */
  private readonly keys = new Map<string, string>();

  constructor(
    setup: ClientSetup,
    readonly dialect: string,
    hearsOwn: boolean,
  ) {
    this.name = setup.name;
    this.user = setup.user;
    this.recorder = new ClientRecorder(setup, dialect, hearsOwn);
  }

  /** Throws while there is none. */
  protected abstract socket(): Closable;

  get isConnected(): boolean {
    return this.recorder.isConnected;
  }

  get rawLog(): readonly Frame[] {
    return this.recorder.rawLog;
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

  whenDisconnected(): Promise<void> {
    return this.recorder.whenDisconnected();
  }

  dropTransport(): void {
    killTransport(this.socket().io.engine);
  }

  async disconnect(): Promise<void> {
    this.socket().disconnect();
  }

  /** A message as the app got it. */
  protected received(room: string, text: string, messageId: string): void {
    this.keys.set(messageId, keyOf(text));
    this.recorder.received(room, text, messageId);
  }

  protected settled(text: string, outcome: SendOutcome): void {
    if (outcome.status === 'acked' && outcome.messageId !== null) this.keys.set(outcome.messageId, keyOf(text));
    this.recorder.settled(keyOf(text), outcome);
  }

  protected deleting(messageId: string): void {
    const key = this.keys.get(messageId);
    if (key !== undefined) this.recorder.deleting(key);
  }
}
