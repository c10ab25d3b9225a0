import { randomUUID } from 'node:crypto';
import { History, MinChatSdkClient, NativeApi, withForms, type HistoryEvent, type Stack } from '@parlance/testing';

const APP_KEY = 'demo-public-key';
const SECRET_KEY = 'demo-secret-key';
const SHORT = 8;

export type Sdk = MinChatSdkClient['sdk'];
export type Chat = NonNullable<Awaited<ReturnType<Sdk['chat']>>>;
export type Told = Parameters<Parameters<Chat['onMessage']>[0]>[0];
type Outgoing = Parameters<Chat['sendMessage']>[0];

/** The SDK as an app of one person has it: connected, and known. */
export interface App {
  readonly client: MinChatSdkClient;
  readonly sdk: Sdk;
  readonly username: string;
  readonly id: string;
}

/** Two people with a chat that both have opened. */
export interface Pair {
  readonly ann: App;
  readonly bob: App;
  readonly annChat: Chat;
  readonly bobChat: Chat;
}

/** Apps made of the published `@minchat/js`, at the stack's gateways in turn; every frame they get is decoded strictly. */
export class SdkWorld {
  readonly history = new History();
  readonly api: NativeApi;
  readonly url: string;
  private readonly clients: MinChatSdkClient[] = [];

  constructor(private readonly stack: Stack) {
    this.url = stack.gateways[0];
    this.api = new NativeApi(this.url, SECRET_KEY);
  }

  /** Frames that the SDK could not have read. */
  get malformed(): readonly HistoryEvent[] {
    return this.history.events.filter(({ type }) => type === 'malformed');
  }

  async app(name: string): Promise<App> {
    const username = this.unique(name);
    const { gateways } = this.stack;
    const url = gateways[this.clients.length % gateways.length] ?? this.url;
    const user = { id: '', number: 0, username, name };
    const client = new MinChatSdkClient({ name: username, user, url, history: this.history, apiKey: APP_KEY });
    this.clients.push(client);
    await client.connect();
    await withForms(() => client.sdk.connectUser({ username, name }));
    return { client, sdk: client.sdk, username, id: present(client.sdk.getConnectedUser()).id };
  }

  async pair(): Promise<Pair> {
    const [ann, bob] = [await this.app('Ann'), await this.app('Bob')];
    const annChat = present(await ann.sdk.chat(bob.username));
    const bobChat = present(await bob.sdk.chat(ann.username));
    const room = { id: present(annChat.getId()), uuid: '' };
    await ann.client.openRoom({ ...room, peer: { id: '', number: 0, name: 'Bob', username: bob.username } });
    await bob.client.openRoom({ ...room, peer: { id: '', number: 0, name: 'Ann', username: ann.username } });
    return { ann, bob, annChat, bobChat };
  }

  /** A username that nobody had. */
  unique(name: string): string {
    return `${name.toLowerCase()}-${randomUUID().slice(0, SHORT)}`;
  }

  /** Resolves once the person's connection is gone. */
  async gone({ username }: App, withinMs: number): Promise<void> {
    const isGone = (event: HistoryEvent): boolean => event.type === 'disconnected' && event.client === username;
    await this.history.until(() => this.history.events.some(isGone), withinMs);
  }

  async close(): Promise<void> {
    for (const client of this.clients) await client.disconnect();
  }
}

export function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('The SDK gave nothing.');
  return value;
}

export const sent = (chat: Chat, message: Outgoing): Promise<Told> =>
  new Promise((resolve) => void chat.sendMessage(message, resolve));

export const changed = (chat: Chat, id: string, message: Outgoing): Promise<Told> =>
  new Promise((resolve) => void chat.updateMessage(id, message, resolve));

export const next = <T>(listen: (listener: (value: T) => void) => void): Promise<T> =>
  new Promise((resolve) => listen(resolve));

/** The texts of `message` frames that came in. */
export function textsHeard({ rawLog }: MinChatSdkClient): readonly unknown[] {
  const messages = rawLog.filter(({ direction, name }) => direction === 'in' && name === 'message');
  return messages.map(({ args: [message] }): unknown =>
    typeof message === 'object' && message !== null ? Reflect.get(message, 'text') : message,
  );
}

export const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAADCAAAAACRt9HUAAAAEElEQVR4nGNgYGBggBAMAAATAAG3NkX1AAAAAElFTkSuQmCC',
  'base64',
);

export async function bytesAt(address: string | undefined, origin: string): Promise<Buffer> {
  const response = await fetch(new URL(present(address), origin));
  return Buffer.from(await response.arrayBuffer());
}
