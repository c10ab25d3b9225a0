import type { LogEntry } from './history.events.js';
import { History } from './history.js';
import { judge, missingDeliveries } from './judge.js';
import type { Verdict } from './verdict.js';

const ROOM = 'r';

/** Writes a history by hand, in the words of a test: who sent, who got it, what was stored. */
export class Script {
  readonly history = new History({ now: () => 0 });
  private readonly log: LogEntry[] = [];
  private readonly connections = new Map<string, number>();

  /** A connected client of a member that has opened the room. Its user is its name up to the first dash. */
  client(name: string, { hearsOwn = true, opens = true, joins = true } = {}): this {
    const user = userOf(name);
    this.history.record({ type: 'client', client: name, user, dialect: 'any', hearsOwn });
    if (joins) this.member(user, 'joined');
    this.connects(name);
    if (opens) this.history.record({ type: 'opened', ...this.on(name), room: ROOM });
    return this;
  }

  member(user: string, change: 'joined' | 'leaving' | 'left'): this {
    this.history.record({ type: 'member', user, room: ROOM, change });
    return this;
  }

  connects(name: string): this {
    this.connections.set(name, (this.connections.get(name) ?? 0) + 1);
    this.history.record({ type: 'connected', ...this.on(name) });
    return this;
  }

  disconnects(name: string): this {
    this.history.record({ type: 'disconnected', ...this.on(name) });
    return this;
  }

  sends(name: string, key: string): this {
    this.history.record({ type: 'sending', ...this.on(name), room: ROOM, key, text: key });
    return this;
  }

  acked(name: string, key: string, messageId: string | null = `id-${key}`): this {
    this.history.record({ type: 'acked', client: name, key, messageId });
    return this;
  }

  failed(name: string, key: string, retryable: boolean): this {
    this.history.record({ type: 'failed', client: name, key, code: 'some', retryable });
    return this;
  }

  /** Sent, stored and acknowledged. */
  says(name: string, ...keys: readonly string[]): this {
    for (const key of keys) this.sends(name, key).stored(key).acked(name, key);
    return this;
  }

  stored(key: string, more: Partial<LogEntry> = {}): this {
    const seq = this.log.length + 1;
    const createdAt = new Date(seq).toISOString();
    this.log.push({ seq, id: `id-${key}`, key, createdAt, deleted: false, quiet: false, ...more });
    return this;
  }

  gets(name: string, ...keys: readonly string[]): this {
    for (const key of keys) this.getsAs(name, key, `id-${key}`);
    return this;
  }

  getsAs(name: string, key: string, messageId: string | null): this {
    this.history.record({ type: 'received', ...this.on(name), room: ROOM, key, messageId });
    return this;
  }

  deletes(name: string, key: string): this {
    this.history.record({ type: 'deleting', client: name, key });
    return this;
  }

  garbled(name: string): this {
    this.history.record({ type: 'malformed', ...this.on(name), name: 'message', detail: 'no id' });
    return this;
  }

  verdict(): Verdict {
    return judge(this.history.events, { logOf: () => this.log });
  }

  /** Each problem in one line: promise, rule, client, keys. */
  problems(): readonly string[] {
    return this.verdict().problems.map(
      ({ promise, rule, client, keys }) => `${promise} ${rule} ${client ?? '-'} ${keys.join(',')}`,
    );
  }

  missing(): readonly string[] {
    return missingDeliveries(this.history.events, { logOf: () => this.log }).map(
      ({ client, key }) => `${client} ${key}`,
    );
  }

  private on(name: string) {
    return { client: name, connection: `${name}#${this.connections.get(name) ?? 0}`, user: userOf(name) };
  }
}

function userOf(name: string): string {
  return name.split('-')[0] ?? name;
}
