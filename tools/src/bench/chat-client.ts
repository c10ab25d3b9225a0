import { LightClient } from './light-client.js';
import { readStamp, type Stamp } from './stamp.js';

export interface ChatAddress {
  /** origin of the server */
  readonly url: string;
  readonly apiKey: string;
  readonly userId: string;
  readonly roomId: string;
}

export interface ChatHearing {
  readonly onMessage: (stamp: Stamp) => void;
  readonly onLost: (reason: string) => void;
}

type Answered = (refusal: string | null) => void;

const EVENT_START = Buffer.from('["message",');
const SUCCESS = Buffer.from('"success":true');
const WAIT_MS = 30_000;

/** A user on the minchat wire in one room, as light as can be. */
export class LightChatClient {
  private readonly client: LightClient;
  private readonly awaited = new Map<number, Answered>();
  private readonly messageHead: string;

  private constructor(
    private readonly address: ChatAddress,
    private readonly hearing: ChatHearing,
  ) {
    const { hostname, port } = new URL(address.url);
    const { roomId, userId, apiKey } = address;
    const fields = JSON.stringify({ apiKey, chat_id: roomId, user_id: userId });
    this.messageHead = `["message",${fields.slice(0, -1)},"text":"`;
    this.client = new LightClient({
      host: hostname,
      port: Number(port),
      onEvent: (bytes, start, end) => this.onEvent(bytes, start, end),
      onAck: (id, bytes, start, end) => this.onAck(id, bytes, start, end),
      onLost: (reason) => hearing.onLost(`${userId}: ${reason}`),
    });
  }

  /** Connects, says who it is and opens the room. */
  static async open(address: ChatAddress, hearing: ChatHearing): Promise<LightChatClient> {
    const chat = new LightChatClient(address, hearing);
    await within(chat.client.ready, `${address.userId} was not let in`);
    await chat.ask('room.user.join', { channelUserId: address.userId });
    await chat.ask('room.join', { channelId: address.roomId });
    return chat;
  }

  /** `text` must need no escaping. `answered` hears null for success, else what the server said. */
  send(text: string, answered: Answered): void {
    this.awaited.set(this.client.emitForAck(`${this.messageHead}${text}"}]`), answered);
  }

  close(): void {
    this.client.close();
  }

  private async ask(event: string, body: object): Promise<void> {
    const json = JSON.stringify([event, { apiKey: this.address.apiKey, ...body }]);
    const answer = new Promise<string | null>((resolve) => this.awaited.set(this.client.emitForAck(json), resolve));
    const refusal = await within(answer, `${this.address.userId} got no answer to ${event}`);
    if (refusal !== null) throw new Error(`${this.address.userId}: ${event} was answered ${refusal}`);
  }

  private onEvent(bytes: Buffer, start: number, end: number): void {
    if (EVENT_START.compare(bytes, start, start + EVENT_START.length) !== 0) return;
    const stamp = readStamp(bytes, start, end);
    if (stamp !== undefined) this.hearing.onMessage(stamp);
  }

  private onAck(id: number, bytes: Buffer, start: number, end: number): void {
    const answered = this.awaited.get(id);
    if (answered === undefined) return;
    this.awaited.delete(id);
    const at = bytes.indexOf(SUCCESS, start);
    answered(at >= 0 && at < end ? null : bytes.toString('utf8', start, end));
  }
}

async function within<T>(promise: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} within ${WAIT_MS / 1_000} s.`)), WAIT_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
