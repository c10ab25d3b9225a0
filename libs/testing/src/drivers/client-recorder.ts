import { keyOf } from '../history/message-key.js';
import type { ChatEvent, ClientSetup, Frame, SendOutcome } from './chat-client.js';

const MAX_FRAMES = 10_000;
const DEFAULT_TIMEOUT_MS = 15_000;

interface PendingSend {
  readonly connection: string;
  readonly settle: (outcome: SendOutcome) => void;
}

/** What a frame turned out to be: what it means, or why nobody could read it. */
export type Decoded =
  { readonly ok: true; readonly event: Omit<ChatEvent, 'raw'> } | { readonly ok: false; readonly detail: string };

/** The part all drivers share: frames, meanings, connections and sends of one client, written into the history. */
export class ClientRecorder {
  private readonly frames: Frame[] = [];
  private readonly listeners = new Set<(event: ChatEvent) => void>();
  private readonly pending = new Map<string, PendingSend>();
  private readonly sent = new Set<string>();
  private readonly acked = new Set<string>();
  /** for the next change between connected and disconnected */
  private readonly waiting = new Set<() => void>();
  private connections = 0;
  private connected = false;
  readonly timeoutMs: number;

  constructor(
    private readonly setup: ClientSetup,
    dialect: string,
    hearsOwn: boolean,
  ) {
    const { history, name, user } = setup;
    this.timeoutMs = setup.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    history.record({ type: 'client', client: name, user: user.id, dialect, hearsOwn });
  }

  get rawLog(): readonly Frame[] {
    return this.frames;
  }

  get isConnected(): boolean {
    return this.connected;
  }

  onConnected(): void {
    this.connections += 1;
    this.connected = true;
    this.setup.history.record({ type: 'connected', ...this.here() });
    for (const resume of [...this.waiting]) resume();
  }

  onDisconnected(): void {
    if (!this.connected) return;
    const here = this.here();
    const { connection } = here;
    this.connected = false;
    this.setup.history.record({ type: 'disconnected', ...here });
    for (const resume of [...this.waiting]) resume();
    // What waits for the next connection in the client's buffer is not lost yet.
    for (const send of [...this.pending.values()]) {
      if (send.connection === connection) send.settle({ status: 'failed', code: 'disconnected', retryable: true });
    }
  }

  whenConnected(): Promise<void> {
    return this.connected ? Promise.resolve() : this.whenChanged('a connection');
  }

  whenDisconnected(): Promise<void> {
    return this.connected ? this.whenChanged('the end of the connection') : Promise.resolve();
  }

  frame(direction: Frame['direction'], name: string, args: readonly unknown[]): Frame {
    const frame: Frame = { direction, name, args, at: Date.now() };
    this.frames.push(frame);
    if (this.frames.length > MAX_FRAMES) this.frames.shift();
    return frame;
  }

  /** Takes in a frame that came; the event it means, or null for one that nobody could read. */
  heard(frame: Frame, decoded: Decoded): ChatEvent | null {
    if (!decoded.ok) {
      this.malformed(frame.name, decoded.detail);
      return null;
    }
    const event: ChatEvent = { ...decoded.event, raw: frame };
    for (const listener of [...this.listeners]) listener(event);
    return event;
  }

  malformed(name: string, detail: string): void {
    this.setup.history.record({ type: 'malformed', ...this.here(), name, detail });
  }

  onEvent(listener: (event: ChatEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  nextEvent(matches: (event: ChatEvent) => boolean, what = 'an event'): Promise<ChatEvent> {
    return this.within(what, (resolve) => this.onEvent((event) => (matches(event) ? resolve(event) : undefined)));
  }

  opened(room: string): void {
    this.setup.history.record({ type: 'opened', ...this.here(), room });
  }

  received(room: string, text: string, messageId: string | null): void {
    this.setup.history.record({ type: 'received', ...this.here(), room, key: keyOf(text), messageId });
  }

  deleting(key: string): void {
    this.setup.history.record({ type: 'deleting', client: this.setup.name, key });
  }

  /** The outcome of a send, which `settled` decides, or the end of the connection or of patience. */
  sending(room: string, text: string): Promise<SendOutcome> {
    const key = keyOf(text);
    const here = this.here();
    this.setup.history.record({ type: 'sending', ...here, room, key, text });
    this.sent.add(key);
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.settled(key, { status: 'failed', code: 'timeout', retryable: true });
      }, this.timeoutMs);
      const settle = (outcome: SendOutcome): void => {
        clearTimeout(timer);
        this.pending.delete(key);
        this.recordOutcome(key, outcome);
        resolve(outcome);
      };
      this.pending.set(key, { connection: here.connection, settle });
    });
  }

  /** A late acknowledgement counts as well: the client learned that its message is stored. */
  settled(key: string, outcome: SendOutcome): void {
    const send = this.pending.get(key);
    if (send !== undefined) send.settle(outcome);
    else if (outcome.status === 'acked' && !this.acked.has(key)) this.recordOutcome(key, outcome);
  }

  hasSent(key: string): boolean {
    return this.sent.has(key);
  }

  /** of what is under way, the oldest first */
  get pendingKeys(): readonly string[] {
    return [...this.pending.keys()];
  }

  /** Rejects after `timeoutMs`. `start` begins to wait and answers how to stop. */
  within<T>(what: string, start: (resolve: (value: T) => void) => () => unknown): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        stop();
        reject(new Error(`${this.setup.name}: ${what} did not come within ${this.timeoutMs} ms.`));
      }, this.timeoutMs);
      const stop = start((value) => {
        clearTimeout(timer);
        stop();
        resolve(value);
      });
    });
  }

  private whenChanged(what: string): Promise<void> {
    return this.within(what, (resolve) => {
      this.waiting.add(resolve);
      return () => this.waiting.delete(resolve);
    });
  }

  private recordOutcome(key: string, outcome: SendOutcome): void {
    const client = this.setup.name;
    if (outcome.status === 'acked') {
      this.acked.add(key);
      this.setup.history.record({ type: 'acked', client, key, messageId: outcome.messageId });
      return;
    }
    const { code, retryable } = outcome;
    this.setup.history.record({ type: 'failed', client, key, code, retryable });
  }

  /** What is said while disconnected goes out on the next connection. */
  private here() {
    const { name, user } = this.setup;
    const number = this.connected ? this.connections : this.connections + 1;
    return { client: name, connection: `${name}#${number}`, user: user.id };
  }
}
