import { boundedMap } from './bounded-map.js';
import { LightClient } from './light-client.js';
import { userName, watcherName, watcherOf, WATCHERS } from './presence-names.js';

export interface Place {
  readonly name: string;
  /** clients are spread over them */
  readonly urls: readonly string[];
  readonly apiKey: string;
}

const AT_ONCE = 256;
const WAIT_MS = 120_000;
const STATUS = Buffer.from('["user.status",');

/** Many users who come and go, and the watchers who are told of them. */
export class PresenceCrowd {
  private readonly online = new Set<string>();
  private readonly watchers: LightClient[] = [];
  private clients: LightClient[] = [];
  private awaited: (() => boolean) | null = null;
  private reached: () => void = () => undefined;
  /** connections that ended by themselves */
  readonly lost: string[] = [];

  constructor(
    private readonly place: Place,
    private readonly size: number,
  ) {}

  async watch(): Promise<void> {
    for (let n = 0; n < WATCHERS; n += 1) this.watchers.push(await this.open(watcherName(n), n));
  }

  /** Connects everybody; settles when each was answered that it is known. */
  async connectAll(): Promise<void> {
    const indexes = Array.from({ length: this.size }, (_, index) => index);
    this.clients = [...(await boundedMap(indexes, AT_ONCE, (index) => this.open(userName(index), index)))];
  }

  leaveAll(): void {
    for (const client of this.clients.splice(0)) client.leave();
  }

  dropAll(): void {
    for (const client of this.clients.splice(0)) client.close();
  }

  /** Settles when the watchers were told that so many are online. Errors: after two minutes, with what is missing. */
  async told(count: number): Promise<void> {
    const isReached = (): boolean => this.online.size === count;
    if (isReached()) return;
    await new Promise<void>((resolve, reject) => {
      const late = (): void => reject(new Error(`${this.place.name}: ${this.online.size} are online, not ${count}.`));
      const timer = setTimeout(late, WAIT_MS);
      this.awaited = isReached;
      this.reached = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  close(): void {
    for (const client of [...this.clients, ...this.watchers]) client.close();
  }

  private async open(userId: string, index: number): Promise<LightClient> {
    const { urls, apiKey, name } = this.place;
    const { hostname, port } = new URL(urls[index % urls.length] ?? '');
    let answered: () => void = () => undefined;
    let failed: (error: Error) => void = () => undefined;
    const known = new Promise<void>((resolve, reject) => ([answered, failed] = [resolve, reject]));
    const client = new LightClient({
      host: hostname,
      port: Number(port),
      onEvent: (bytes, start, end) => this.hear(bytes, start, end),
      onAck: (_, bytes, from, to) => {
        const answer = bytes.toString('latin1', from, to);
        if (answer.includes('"success":true')) answered();
        else failed(new Error(`${name} ${userId}: not let in: ${answer}`));
      },
      onLost: (reason) => {
        this.lost.push(`${name} ${userId}: ${reason}`);
        failed(new Error(`${name} ${userId}: ${reason}`));
      },
    });
    const letIn = client.ready.then(() =>
      client.emitForAck(JSON.stringify(['room.user.join', { channelUserId: userId, apiKey }])),
    );
    await Promise.all([letIn, known]);
    return client;
  }

  /** Sets, not counts: what is told twice is told once. */
  private hear(bytes: Buffer, start: number, end: number): void {
    if (STATUS.compare(bytes, start, start + STATUS.length) !== 0) return;
    const text = bytes.toString('latin1', start, end);
    const [, memberId = ''] = /"memberId":"([^"]*)"/.exec(text) ?? [];
    // The others are told of the watchers.
    if (watcherOf(memberId) === null) return;
    if (text.includes('"online"')) this.online.add(memberId);
    else this.online.delete(memberId);
    if (this.awaited?.() === true) {
      this.awaited = null;
      this.reached();
    }
  }
}
