import type { HistoryEntry, HistoryEvent, LogEntry } from './history.events.js';
import { History } from './history.js';

const ROOM = 'r';

export interface Run {
  readonly events: readonly HistoryEvent[];
  readonly log: readonly LogEntry[];
}

interface SimulatedClient {
  readonly name: string;
  readonly user: string;
  readonly hearsOwn: boolean;
  readonly showsIds: boolean;
  connected: boolean;
  connections: number;
  /** place in the log of what comes next */
  cursor: number;
}

/**
 * A room of several users, some with two devices, that send, receive, lose their connections and come back, some of it unacknowledged,
 * some repeated: all of it as promised. `draw(n)` gives an integer from 0 to n - 1 and decides everything.
 */
export class Simulation {
  private readonly history = new History({ now: () => 0 });
  private readonly log: LogEntry[] = [];
  private readonly clients: SimulatedClient[] = [];
  private sent = 0;

  constructor(private readonly draw: (below: number) => number) {}

  run(steps: number): Run {
    this.cast();
    for (let step = 0; step < steps; step += 1) this.step(this.pick());
    // one client at least is there at the end, so that there is something to lose
    this.clients.forEach((client, place) =>
      place === 0 || this.draw(4) > 0 ? this.settle(client) : this.leave(client),
    );
    return { events: this.history.events, log: this.log };
  }

  private cast(): void {
    const users = 2 + this.draw(3);
    for (let user = 0; user < users; user += 1) {
      this.record({ type: 'member', user: `u${user}`, room: ROOM, change: 'joined' });
      for (let device = 0; device <= this.draw(2); device += 1) this.start(`u${user}`, device);
    }
  }

  private start(user: string, device: number): void {
    const client: SimulatedClient = {
      name: `${user}-${device}`,
      user,
      hearsOwn: this.draw(2) === 0,
      showsIds: this.draw(2) === 0,
      connected: false,
      connections: 0,
      cursor: 0,
    };
    this.clients.push(client);
    const { name, hearsOwn } = client;
    this.record({ type: 'client', client: name, user, dialect: 'any', hearsOwn });
    this.connect(client);
    this.record({ type: 'opened', ...this.on(client), room: ROOM });
  }

  private step(client: SimulatedClient): void {
    const choice = this.draw(10);
    if (!client.connected) return this.connect(client);
    if (choice < 4) return this.send(client);
    if (choice < 9) return this.deliver(client, 1 + this.draw(3));
    this.leave(client);
  }

  private leave(client: SimulatedClient): void {
    if (client.connected) this.record({ type: 'disconnected', ...this.on(client) });
    client.connected = false;
  }

  private send(client: SimulatedClient): void {
    const key = `k${(this.sent += 1)}`;
    this.record({ type: 'sending', ...this.on(client), room: ROOM, key, text: key });
    const fate = this.draw(10);
    if (fate < 8) this.store(key);
    if (fate < 7) return this.acknowledge(client, key);
    this.record({ type: 'failed', client: client.name, key, code: 'lost', retryable: fate !== 9 });
  }

  private store(key: string): void {
    const seq = this.log.length + 1;
    // two messages may share a millisecond
    const createdAt = new Date(Math.floor(seq / 2)).toISOString();
    this.log.push({ seq, id: `id-${key}`, key, createdAt, deleted: false, quiet: false });
  }

  private acknowledge(client: SimulatedClient, key: string): void {
    const messageId = client.showsIds ? `id-${key}` : null;
    this.record({ type: 'acked', client: client.name, key, messageId });
    if (this.draw(8) > 0) return;
    this.record({ type: 'sending', ...this.on(client), room: ROOM, key, text: key });
    this.record({ type: 'acked', client: client.name, key, messageId });
  }

  private deliver(client: SimulatedClient, count: number): void {
    for (let n = 0; n < count; n += 1) {
      const entry = this.log[client.cursor];
      if (entry?.key == null) return;
      client.cursor += 1;
      if (!client.hearsOwn && this.sentBy(client, entry.key)) continue;
      const messageId = client.showsIds ? entry.id : null;
      this.record({ type: 'received', ...this.on(client), room: ROOM, key: entry.key, messageId });
    }
  }

  /** What was unconfirmed when the connection broke may come again. */
  private connect(client: SimulatedClient): void {
    client.connected = true;
    client.connections += 1;
    client.cursor = Math.max(0, client.cursor - this.draw(3));
    this.record({ type: 'connected', ...this.on(client) });
  }

  private settle(client: SimulatedClient): void {
    if (!client.connected) this.connect(client);
    this.deliver(client, this.log.length);
  }

  private sentBy(client: SimulatedClient, key: string): boolean {
    return this.history.events.some(
      (event) => event.type === 'sending' && event.key === key && event.client === client.name,
    );
  }

  private pick(): SimulatedClient {
    const client = this.clients[this.draw(this.clients.length)];
    if (client === undefined) throw new Error('The simulation has no clients.');
    return client;
  }

  private on({ name, user, connections }: SimulatedClient) {
    return { client: name, connection: `${name}#${connections}`, user };
  }

  private record(entry: HistoryEntry): void {
    this.history.record(entry);
  }
}
