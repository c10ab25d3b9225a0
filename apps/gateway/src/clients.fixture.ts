import { createRequire } from 'node:module';
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';

export const API_KEY = 'demo-public-key';

export type Options = Partial<ManagerOptions & SocketOptions>;

/** The part of socket.io-client 2.5 that the specs use; it has no types. */
export interface OldSocket {
  readonly connected: boolean;
  readonly io: { readonly engine: { close(): void; readonly transport: { readonly name: string } } };
  on(event: string, listener: (...args: unknown[]) => void): void;
  once(event: string, listener: (...args: unknown[]) => void): void;
  emit(event: string, ...args: unknown[]): void;
  close(): void;
}

type OldIo = (url: string, options: Readonly<Record<string, unknown>>) => OldSocket;

/** The next occurrence of an event; its first argument. */
export function next(
  socket: { once(event: string, listener: (...args: unknown[]) => void): unknown },
  event: string,
): Promise<unknown> {
  return new Promise((resolve) => socket.once(event, (first) => resolve(first)));
}

/** The client was cut off, or not let in, and tries once more. */
export function nextAttempt({ io: manager }: Socket): Promise<void> {
  return new Promise((resolve) => manager.once('reconnect_attempt', () => resolve()));
}

/** Every client of a spec, closed together. */
export class Clients {
  private readonly open: { close(): unknown }[] = [];

  async dial(url: string, options: Options = {}): Promise<Socket> {
    const socket = this.socket(url, options);
    await next(socket, 'connect');
    return socket;
  }

  socket(url: string, options: Options = {}): Socket {
    const socket = io(url, { transports: ['websocket'], forceNew: true, reconnectionDelay: 50, ...options });
    this.open.push(socket);
    return socket;
  }

  /** socket.io-client 2.5: EIO 3, polling first. */
  oldSocket(url: string, options: Readonly<Record<string, unknown>> = {}): OldSocket {
    const old: OldIo = createRequire(import.meta.url)('socket.io-client-v2');
    const socket = old(url, { forceNew: true, reconnectionDelay: 50, ...options });
    this.open.push(socket);
    return socket;
  }

  async dialOld(url: string, options: Readonly<Record<string, unknown>> = {}): Promise<OldSocket> {
    const socket = this.oldSocket(url, options);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', () => resolve());
      socket.once('connect_error', (error) => reject(new Error(String(error))));
    });
    return socket;
  }

  /** A bound client of the string-id wire that shows a room; settles when the server heard both. */
  async member(url: string, userId: string, roomId: string, options: Options = {}): Promise<Socket> {
    const socket = await this.dial(url, options);
    const acked = socket.timeout(10_000);
    await acked.emitWithAck('room.user.join', { channelUserId: userId, apiKey: API_KEY });
    await acked.emitWithAck('room.join', { channelId: roomId, apiKey: API_KEY });
    return socket;
  }

  closeAll(): void {
    for (const socket of this.open.splice(0)) socket.close();
  }
}

/** Sends a message of the string-id wire; whatever it is answered comes back. */
export async function trySay(socket: Socket, userId: string, roomId: string, text: string): Promise<unknown> {
  const message = { text, apiKey: API_KEY, chat_id: roomId, user_id: userId };
  const ack: unknown = await socket.timeout(10_000).emitWithAck('message', message);
  return ack;
}

/** Sends a message; its acknowledgement comes back. */
export async function say(socket: Socket, userId: string, roomId: string, text: string): Promise<unknown> {
  const ack = await trySay(socket, userId, roomId, text);
  if (typeof ack !== 'object' || ack === null || Reflect.get(ack, 'success') !== true) {
    throw new Error(`Not sent: ${JSON.stringify(ack)}`);
  }
  return ack;
}

/** Collects the texts of an event as they come, and waits for a number of them. */
export class Heard {
  readonly texts: string[] = [];
  private waiting: (() => void)[] = [];

  constructor(
    socket: { on(event: string, listener: (payload: unknown) => void): unknown },
    event: string,
    key: string,
  ) {
    socket.on(event, (payload) => {
      const text: unknown = typeof payload === 'object' && payload !== null ? Reflect.get(payload, key) : payload;
      this.texts.push(String(text));
      for (const wake of this.waiting.splice(0)) wake();
    });
  }

  async until(count: number): Promise<string[]> {
    while (this.texts.length < count) await new Promise<void>((resolve) => this.waiting.push(resolve));
    return this.texts;
  }

  /** All texts up to the first such one. */
  async untilText(text: string): Promise<string[]> {
    while (!this.texts.includes(text)) await new Promise<void>((resolve) => this.waiting.push(resolve));
    return this.texts.slice(0, this.texts.indexOf(text) + 1);
  }
}
