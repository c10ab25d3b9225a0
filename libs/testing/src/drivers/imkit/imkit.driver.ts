import type { Socket } from 'socket.io-client';
import { io } from 'socket.io-client';
import { z } from 'zod';
import type { ChatClient, ChatEvent, ClientSetup, Frame, RoomRef, SendOutcome } from '../chat-client.js';
import { NotInDialect } from '../chat-client.js';
import { decodeFrame } from '../decode.js';
import { RecordedClient } from '../recorded-client.js';
import {
  authSchema,
  confSchema,
  failureSchema,
  IMKIT_FRAMES,
  listedRoomSchema,
  sendOutcome,
  successSchema,
} from './imkit.frames.js';

const DIALECT = 'imkit';

/** `base64`: as the JS and Flutter clients; `plain`: as the Vue client, which never sends `conf`. */
export type ImkitEncoding = 'base64' | 'plain';

export interface ImkitSetup extends ClientSetup {
  /** the app's publishable key */
  readonly clientKey: string;
  readonly encoding?: ImkitEncoding | undefined;
  /** a user token; absent: asked for with the client key, as the vendor's clients do */
  readonly token?: string | undefined;
}

/** A REST answer, its envelope checked: what was asked for, or why not. */
export type ImkitAnswer =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly status: number; readonly code: string; readonly message: string };

const signedSchema = z.looseObject({ id: z.string(), token: z.string().min(1), expirationDate: z.iso.datetime() });
const anyAnswer = successSchema(z.unknown());

/**
 * An IMKit client over socket.io-client 4 and fetch. Says how it wants to be written to and who it is on every connection anew, as the
 * vendor's do, and reads every frame as strictly as the strictest of them.
 */
export class ImkitClient extends RecordedClient implements ChatClient {
  private readonly client: Socket;
  private readonly encoding: ImkitEncoding;
  private token: string | null;
  /** what the server was told on this connection */
  private mode: ImkitEncoding = 'plain';
  /** settles when a connection that was made again has said who it is */
  private known: Promise<void> = Promise.resolve();

  constructor(private readonly setup: ImkitSetup) {
    super(setup, DIALECT, true);
    this.encoding = setup.encoding ?? 'base64';
    this.token = setup.token ?? null;
    this.client = io(setup.url, { transports: ['websocket'], forceNew: true, autoConnect: false });
    this.watch();
  }

  async connect(): Promise<void> {
    this.client.connect();
    await this.whenConnected();
  }

  async identify(): Promise<void> {
    this.token ??= await this.signedToken();
    await this.sayWho();
  }

  /** Rooms are heard of without asking; the answer confirms that this one is the client's. */
  async openRoom(room: RoomRef): Promise<void> {
    listedRoomSchema.parse(await this.get(`/rooms/${encodeURIComponent(room.id)}`));
    this.recorder.opened(room.id);
  }

  send(room: RoomRef, text: string): Promise<SendOutcome> {
    const outcome = this.recorder.sending(room.id, text);
    const body = { room: room.id, messageType: 'text', message: text };
    this.client.emit('chat message', body, (answer: unknown) => this.settled(text, sendOutcome(answer)));
    return outcome;
  }

  async edit(room: RoomRef, messageId: string, text: string): Promise<void> {
    await this.change({ room: room.id, messageType: 'text', message: text, _id: messageId });
  }

  /** The author's recall; `call('DELETE', ...)` is the owner's removal. */
  async remove(room: RoomRef, messageId: string): Promise<void> {
    this.deleting(messageId);
    await this.change({ room: room.id, messageType: 'recall', _id: messageId });
  }

  async markRead(room: RoomRef, messageId: string): Promise<void> {
    const answer = await this.must('PUT', `/rooms/${encodeURIComponent(room.id)}/lastRead`, { message: messageId });
    const marked = z.strictObject({ client: z.string(), lastRead: z.string(), badge: z.int().nonnegative() });
    marked.parse(answer);
  }

  async typing(room: RoomRef, isTyping: boolean): Promise<void> {
    if (!isTyping) throw new NotInDialect(DIALECT, 'stop typing');
    if (this.encoding === 'plain') this.client.emit('typing', room.id);
    else this.client.emit('typing', room.id, 'typing');
  }

  /** The decoded payload of the next event of this name. */
  async nextPayload(name: string): Promise<unknown> {
    const event = await this.recorder.nextEvent(({ raw }) => raw.name === name, `'${name}'`);
    return this.decoded(name, event.raw.args)[0];
  }

  /** A connection of this wire is good for nothing until it has said who it is. */
  override async whenConnected(): Promise<void> {
    await super.whenConnected();
    await this.known;
  }

  /** A REST call of the wire; the envelope is checked, what it holds is the caller's to check. */
  async call(method: string, path: string, body?: unknown): Promise<ImkitAnswer> {
    const form = body instanceof FormData;
    const response = await fetch(new URL(path, this.setup.url), {
      method,
      headers: this.headers(form),
      redirect: 'manual',
      signal: AbortSignal.timeout(this.recorder.timeoutMs),
      ...(body === undefined ? {} : { body: form ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const answer: unknown = JSON.parse(text);
    if (response.ok) return { ok: true, result: anyAnswer.parse(answer).result };
    const { RC, error } = failureSchema.parse(answer);
    if (RC !== response.status) throw new Error(`${method} ${path}: RC ${RC} with HTTP ${response.status}`);
    return { ok: false, status: RC, code: error.code, message: error.message };
  }

  /** The result of a call that must work. */
  async must(method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await this.call(method, path, body);
    if (answer.ok) return answer.result;
    throw new Error(`${this.name}: ${method} ${path} answered ${answer.status} ${answer.code}: ${answer.message}`);
  }

  protected socket(): Socket {
    return this.client;
  }

  private get(path: string): Promise<unknown> {
    return this.must('GET', path);
  }

  private headers(form: boolean): Record<string, string> {
    return {
      'IM-CLIENT-KEY': this.setup.clientKey,
      ...(this.token === null ? {} : { 'IM-Authorization': this.token }),
      ...(form ? {} : { 'content-type': 'application/json' }),
    };
  }

  private async signedToken(): Promise<string> {
    const response = await fetch(new URL('/auths/sign/v2', this.setup.url), {
      method: 'POST',
      headers: this.headers(false),
      body: JSON.stringify({ id: this.user.id }),
      signal: AbortSignal.timeout(this.recorder.timeoutMs),
    });
    if (!response.ok) throw new Error(`${this.name}: /auths/sign/v2 answered ${response.status}.`);
    const signed = signedSchema.parse(await response.json());
    if (signed.id !== this.user.id) throw new Error(`${this.name}: signed as ${signed.id}, not as ${this.user.id}.`);
    return signed.token;
  }

  private async sayWho(): Promise<void> {
    if (this.encoding === 'base64') {
      // Plain the first time on a connection; the vendor's clients do not look at it.
      const confirmed = await this.ask('conf', { encoding: 'base64' });
      confSchema.parse(typeof confirmed === 'string' ? jsonOf(confirmed) : confirmed);
      this.mode = 'base64';
    }
    const headers = { CLIENT_KEY: this.setup.clientKey, Authorization: this.token };
    const { result } = authSchema.parse(this.readAck('auth2', await this.ask('auth2', this.token, headers)));
    if (result.client !== this.user.id) throw new Error(`${this.name}: is ${result.client}, not ${this.user.id}.`);
  }

  private async change(body: object): Promise<void> {
    const outcome = sendOutcome(await this.ask('chat message', body));
    if (outcome.status === 'failed') throw new Error(`${this.name}: a change was refused: ${outcome.code}.`);
  }

  private ask(event: string, ...args: readonly unknown[]): Promise<unknown> {
    return this.recorder.within(`the answer to ${event}`, (resolve) => {
      this.client.emit(event, ...args, resolve);
      return () => undefined;
    });
  }

  private watch(): void {
    this.client.on('connect', () => {
      this.mode = 'plain';
      this.recorder.onConnected();
      if (this.token !== null)
        this.known = this.sayWho().catch((error: unknown) => this.recorder.malformed('auth2', String(error)));
    });
    this.client.on('disconnect', () => this.recorder.onDisconnected());
    this.client.onAnyOutgoing((name: string, ...args: unknown[]) => this.recorder.frame('out', name, args));
    this.client.io.on('packet', (packet) => this.onPacket(packet));
  }

  private onPacket({ type, data }: { readonly type: number; readonly data?: unknown }): void {
    const [name, ...args]: readonly unknown[] = Array.isArray(data) ? data : [];
    if (type === ACK) this.recorder.frame('ack', 'ack', Array.isArray(data) ? data : []);
    if (type !== EVENT) return;
    const frame = this.recorder.frame('in', String(name), args);
    const event = this.recorder.heard(frame, this.decodedFrame(frame));
    if (event?.type === 'message') this.onMessage(event);
  }

  private decodedFrame({ name, args }: Frame): ReturnType<typeof decodeFrame> {
    try {
      return decodeFrame(IMKIT_FRAMES, name, this.decoded(name, args));
    } catch (error) {
      return { ok: false, detail: `cannot be decoded: ${String(error)}` };
    }
  }

  /** `myPrefDelete` is the raw key; every other payload JSON. */
  private decoded(name: string, args: readonly unknown[]): readonly unknown[] {
    if (this.mode === 'plain') return args;
    return args.map((arg) => (name === 'myPrefDelete' ? textOf(arg) : jsonOf(arg)));
  }

  /** The acknowledgement of a message is plain in both modes, every other one as the events are. */
  private readAck(event: string, answer: unknown): unknown {
    return this.mode === 'plain' || event === 'chat message' ? answer : jsonOf(answer);
  }

  private onMessage({ room, text, messageId }: ChatEvent): void {
    if (room === null || text === null || messageId === null) return;
    this.received(room, text, messageId);
  }
}

/** Packet types of the Socket.IO protocol. */
const EVENT = 2;
const ACK = 3;

function textOf(encoded: unknown): string {
  return Buffer.from(z.base64().parse(encoded), 'base64').toString('utf8');
}

function jsonOf(encoded: unknown): unknown {
  return JSON.parse(textOf(encoded));
}
