import type { BusStatus } from './bus.js';
import { tooLarge, unavailable } from './failures.js';
import { MAX_BACKLOG_BYTES } from './limits.js';
import type { Delivery, ReplyHandler, Transport, TransportSubscription } from './transport.js';

const INBOX = '_INBOX.';

interface HubSubscription {
  readonly connection: HubConnection;
  readonly handler: (delivery: Delivery) => void;
}

interface QueueGroup {
  members: readonly HubSubscription[];
  turn: number;
}

/** Who hears a subject. Lists are replaced, never changed, so that a delivery in progress keeps its own. */
interface Audience {
  all: readonly HubSubscription[];
  readonly groups: Map<string, QueueGroup>;
}

/** Routes messages between connections as a NATS server does: everybody who listens, and one of each queue group. */
export class Hub {
  private readonly audiences = new Map<string, Audience>();
  private readonly inboxes = new Map<string, HubConnection>();
  private connections = 0;

  constructor(readonly maxPayload: number) {}

  connect(name: string, onSlow: () => void): HubConnection {
    this.connections += 1;
    const connection = new HubConnection(this, name, `${INBOX}${this.connections}.`, onSlow);
    this.inboxes.set(connection.inboxPrefix, connection);
    return connection;
  }

  forget(connection: HubConnection): void {
    this.inboxes.delete(connection.inboxPrefix);
  }

  /** How many connections got it. */
  route(subject: string, reply: string | undefined, text: string): number {
    if (subject.startsWith(INBOX)) return this.answer(subject, text);
    const receivers = this.receivers(subject);
    const delivery: Delivery = { subject, reply, text: () => text };
    for (const { connection, handler } of receivers) connection.receive(text.length, () => handler(delivery));
    return receivers.length;
  }

  private answer(subject: string, text: string): number {
    const tokenAt = subject.lastIndexOf('.') + 1;
    const connection = this.inboxes.get(subject.slice(0, tokenAt));
    if (connection === undefined || !connection.connected) return 0;
    connection.receive(text.length, () => connection.answered(subject.slice(tokenAt), text));
    return 1;
  }

  add(subject: string, queue: string | undefined, subscription: HubSubscription): void {
    const audience = this.audiences.get(subject) ?? { all: [], groups: new Map<string, QueueGroup>() };
    this.audiences.set(subject, audience);
    if (queue === undefined) audience.all = [...audience.all, subscription];
    else {
      const group = audience.groups.get(queue) ?? { members: [], turn: 0 };
      group.members = [...group.members, subscription];
      audience.groups.set(queue, group);
    }
  }

  remove(subject: string, queue: string | undefined, subscription: HubSubscription): void {
    const audience = this.audiences.get(subject);
    if (audience === undefined) return;
    const others = (list: readonly HubSubscription[]) => list.filter((one) => one !== subscription);
    if (queue === undefined) audience.all = others(audience.all);
    const group = queue === undefined ? undefined : audience.groups.get(queue);
    if (queue !== undefined && group !== undefined) {
      group.members = others(group.members);
      if (group.members.length === 0) audience.groups.delete(queue);
    }
    if (audience.all.length === 0 && audience.groups.size === 0) this.audiences.delete(subject);
  }

  private receivers(subject: string): readonly HubSubscription[] {
    const audience = this.audiences.get(subject);
    if (audience === undefined) return [];
    const receivers = audience.all.filter(({ connection }) => connection.connected);
    for (const group of audience.groups.values()) {
      const member = nextMember(group);
      if (member !== undefined) receivers.push(member);
    }
    return receivers;
  }
}

function nextMember(group: QueueGroup): HubSubscription | undefined {
  const reachable = group.members.filter(({ connection }) => connection.connected);
  group.turn += 1;
  return reachable[group.turn % reachable.length];
}

/** Something to do once everything before it is delivered; `deliver` only while the connection holds. */
interface Waiting {
  readonly size: number;
  readonly deliver?: () => void;
  readonly done?: () => void;
}

/** One connection to the hub: the in-process transport. */
export class HubConnection implements Transport {
  connected = true;
  private readonly listeners = new Set<(status: BusStatus) => void>();
  private readonly removals = new Set<() => void>();
  private inbox: Waiting[] = [];
  private inboxSize = 0;
  private closed = false;
  private replyHandler: ReplyHandler = () => undefined;

  constructor(
    private readonly hub: Hub,
    readonly name: string,
    readonly inboxPrefix: string,
    private readonly onSlow: () => void,
  ) {}

  get maxPayload(): number {
    return this.hub.maxPayload;
  }

  publish(subject: string, text: string): boolean {
    this.checkSize(text);
    if (!this.connected) return false;
    this.hub.route(subject, undefined, text);
    return true;
  }

  ask(subject: string, token: string, text: string): boolean {
    this.checkSize(text);
    if (!this.connected) return false;
    const heard = this.hub.route(subject, this.inboxPrefix + token, text);
    if (heard === 0) this.receive(0, () => this.replyHandler(token, null));
    return true;
  }

  onReply(handler: ReplyHandler): void {
    this.replyHandler = handler;
  }

  answered(token: string, text: string): void {
    this.replyHandler(token, text);
  }

  onStatus(listener: (status: BusStatus) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  subscribe(subject: string, queue: string | undefined, handler: (delivery: Delivery) => void): TransportSubscription {
    const subscription: HubSubscription = { connection: this, handler };
    const remove = (): void => {
      this.hub.remove(subject, queue, subscription);
      this.removals.delete(remove);
    };
    this.hub.add(subject, queue, subscription);
    this.removals.add(remove);
    const stop = async (): Promise<void> => {
      remove();
      await this.settled();
    };
    return { stop };
  }

  async flush(): Promise<void> {
    // The hub knows everything at once; a server that is away knows nothing.
    if (!this.connected) throw unavailable('The message bus is not reachable.');
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const remove of this.removals) remove();
    await this.settled();
    this.connected = false;
    this.hub.forget(this);
  }

  /** Takes a message in; it is delivered in a later turn, in order. Over the bound it is lost, as a slow NATS client loses it. */
  receive(size: number, deliver: () => void): void {
    if (this.inboxSize + size > MAX_BACKLOG_BYTES) return this.onSlow();
    this.push({ size, deliver });
  }

  /** The network's view of this connection: what was on its way is lost when it breaks. */
  setConnected(connected: boolean): void {
    if (this.closed || this.connected === connected) return;
    this.connected = connected;
    const inbox = this.inbox;
    if (!connected) {
      this.inbox = [];
      this.inboxSize = 0;
      for (const waiting of inbox) if (waiting.done) this.push(waiting);
    }
    for (const listener of this.listeners) listener(connected ? 'connected' : 'disconnected');
  }

  private settled(): Promise<void> {
    return new Promise((resolve) => this.push({ size: 0, done: resolve }));
  }

  private push(waiting: Waiting): void {
    this.inbox.push(waiting);
    this.inboxSize += waiting.size;
    if (this.inbox.length === 1) setImmediate(() => this.work());
  }

  private work(): void {
    const inbox = this.inbox;
    this.inbox = [];
    this.inboxSize = 0;
    for (const { deliver, done } of inbox) {
      deliver?.();
      done?.();
    }
  }

  private checkSize(text: string): void {
    if (Buffer.byteLength(text) > this.maxPayload) throw tooLarge('The message', this.maxPayload);
  }
}
