import { createInbox, type Msg, type NatsConnection, type Status, type Subscription } from '@nats-io/transport-node';
import type { BusStatus } from './bus.js';
import { tooLarge } from './failures.js';
import { FLUSH_TIMEOUT_MS, MAX_BACKLOG_BYTES } from './limits.js';
import type { BusEnvironment } from './ports.js';
import type { Delivery, ReplyHandler, Transport, TransportSubscription } from './transport.js';
import { within } from './within.js';

/** After so many bytes the server is asked whether it has them. */
const PROBE_BYTES = 256 * 1024;

const NO_RESPONDERS = 503;

export interface ReconnectObserver {
  tried(): void;
  reset(): void;
}

/**
 * How long a subscription to events, or its end, may wait for something else to be written, ms: in a storm of connections, one write to the
 * socket says what hundreds would. Whoever must know that it stands asks by `flush`, or by a request, which goes behind it.
 */
const SUBSCRIBE_MS = 25;

interface Outgoing {
  readonly subject: string;
  readonly data: Buffer;
  readonly options: { readonly reply?: string };
}

/** Core NATS as a transport: subjects, queue groups, one inbox for all answers. */
export class NatsTransport implements Transport {
  connected = true;
  private readonly listeners = new Set<(status: BusStatus) => void>();
  private readonly inboxPrefix = `${createInbox()}.`;
  /** What this turn of the event loop says: written together, as a write to the socket costs more than what is in it. */
  private outbox: (Outgoing | (() => void))[] = [];
  private posting = false;
  private poster: NodeJS.Timeout | null = null;
  private backlog = 0;
  private probing = false;
  private lastMaxPayload = 1024 * 1024;
  private closing = false;

  constructor(
    private readonly connection: NatsConnection,
    private readonly env: BusEnvironment,
    private readonly reconnects: ReconnectObserver,
  ) {
    void this.watch();
  }

  get maxPayload(): number {
    this.lastMaxPayload = this.connection.info?.max_payload ?? this.lastMaxPayload;
    return this.lastMaxPayload;
  }

  publish(subject: string, text: string): boolean {
    return this.write(subject, text);
  }

  ask(subject: string, token: string, text: string): boolean {
    return this.write(subject, text, this.inboxPrefix + token);
  }

  onReply(handler: ReplyHandler): void {
    this.connection.subscribe(`${this.inboxPrefix}*`, {
      callback: (error, message) => {
        if (error !== null) return this.report(error);
        const token = message.subject.slice(this.inboxPrefix.length);
        handler(token, message.headers?.code === NO_RESPONDERS ? null : message.string());
      },
    });
  }

  onStatus(listener: (status: BusStatus) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  subscribe(subject: string, queue: string | undefined, handler: (delivery: Delivery) => void): TransportSubscription {
    // What is shared by a queue is somebody's to do: it is finished. What each hears for itself is nobody's once it is not wanted.
    return queue === undefined ? this.hear(subject, handler) : this.share(subject, queue, handler);
  }

  private share(subject: string, queue: string, handler: (delivery: Delivery) => void): TransportSubscription {
    const subscription = this.connection.subscribe(subject, { queue, callback: this.callback(handler) });
    const stop = async (): Promise<void> => {
      if (subscription.isClosed()) return;
      if (this.connected) await this.attempt(subscription.drain());
      else subscription.unsubscribe();
    };
    return { stop };
  }

  /** Thousands may come and go at once: that they do is written together. */
  private hear(subject: string, handler: (delivery: Delivery) => void): TransportSubscription {
    let subscription: Subscription | null = null;
    let stopped = false;
    const unlessStopped = (delivery: Delivery): void => {
      if (!stopped) handler(delivery);
    };
    this.later(() => {
      if (!stopped) subscription = this.connection.subscribe(subject, { callback: this.callback(unlessStopped) });
    });
    const stop = async (): Promise<void> => {
      if (stopped) return;
      stopped = true;
      this.later(() => subscription?.unsubscribe());
    };
    return { stop };
  }

  private callback(handler: (delivery: Delivery) => void) {
    return (error: Error | null, message: Msg): void =>
      error === null ? handler(deliveryOf(message)) : this.report(error);
  }

  flush(): Promise<void> {
    this.post();
    return this.connection.flush();
  }

  async close(): Promise<void> {
    this.closing = true;
    this.post();
    if (this.connected) await this.attempt(this.connection.flush());
    this.connected = false;
    await this.attempt(this.connection.close());
  }

  private write(subject: string, text: string, reply?: string): boolean {
    const data = Buffer.from(text);
    if (data.length > this.maxPayload) throw tooLarge('The message', this.maxPayload);
    if (!this.connected || this.backlog + data.length > MAX_BACKLOG_BYTES) return false;
    this.outbox.push({ subject, data, options: reply === undefined ? {} : { reply } });
    if (!this.posting) setImmediate(() => this.post());
    this.posting = true;
    this.backlog += data.length;
    if (this.backlog >= PROBE_BYTES && !this.probing) void this.probe();
    return true;
  }

  private later(change: () => void): void {
    // The connection's end is theirs.
    if (this.closing) return;
    this.outbox.push(change);
    this.poster ??= setTimeout(() => this.post(), SUBSCRIBE_MS);
  }

  /** In the order in which it was said: what is asked after a subscription finds it made. */
  private post(): void {
    const all = this.outbox;
    this.outbox = [];
    this.posting = false;
    if (this.poster !== null) clearTimeout(this.poster);
    this.poster = null;
    try {
      for (const one of all) {
        if (typeof one === 'function') one();
        else this.connection.publish(one.subject, one.data, one.options);
      }
    } catch (error) {
      // Closed meanwhile: as if it were lost on its way.
      this.report(error);
    }
  }

  /** The client buffers without end for a server that does not read: what it has not confirmed is counted and bounded here. */
  private async probe(): Promise<void> {
    const asked = this.backlog;
    this.probing = true;
    try {
      this.post();
      await this.connection.flush();
      this.backlog = Math.max(0, this.backlog - asked);
    } catch {
      // The connection broke, and what was waiting is gone with it.
      this.backlog = 0;
    } finally {
      this.probing = false;
    }
  }

  private async watch(): Promise<void> {
    for await (const status of this.connection.status()) this.observe(status);
  }

  private observe(status: Status): void {
    if (status.type === 'disconnect') this.setConnected(false);
    else if (status.type === 'reconnecting') this.reconnects.tried();
    else if (status.type === 'reconnect') this.setConnected(true);
    else if (status.type === 'error') this.report(status.error);
    else if (status.type === 'close' && !this.closing) {
      this.setConnected(false);
      this.env.log.error(
        { code: 'nats-closed' },
        'The NATS client gave the connection up; this process must be restarted.',
      );
    }
  }

  private setConnected(connected: boolean): void {
    if (this.closing || this.connected === connected) return;
    this.connected = connected;
    if (connected) this.reconnects.reset();
    else this.backlog = 0;
    for (const listener of this.listeners) listener(connected ? 'connected' : 'disconnected');
  }

  private report(err: unknown): void {
    this.env.log.error({ code: 'nats-error', err }, 'NATS reported an error.');
  }

  /** Closing steps go on without an answer: the process is leaving anyhow. */
  private async attempt(step: Promise<void>): Promise<void> {
    try {
      await within(FLUSH_TIMEOUT_MS, step);
    } catch (err) {
      this.env.log.warn({ code: 'nats-unconfirmed', err }, 'NATS did not confirm in time.');
    }
  }
}

function deliveryOf(message: Msg): Delivery {
  const reply = message.reply;
  return {
    subject: message.subject,
    reply: reply === undefined || reply === '' ? undefined : reply,
    text: () => message.string(),
  };
}
