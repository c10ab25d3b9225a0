import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Socket } from 'socket.io-client';
import { io } from 'socket.io-client';
import { z } from 'zod';
import type { ChatClient, ChatEvent, ClientSetup, RoomRef, SendOutcome } from '../chat-client.js';
import { NotInDialect } from '../chat-client.js';
import { decodeFrame } from '../decode.js';
import { RecordedClient } from '../recorded-client.js';
import type { VChatRoom } from './vchat.frames.js';
import { connectedSchema, dataSchema, listedMessageSchema, roomSchema, VCHAT_FRAMES } from './vchat.frames.js';

const DIALECT = 'vchat';
const CLIENT_VERSION = '2.0.0';
/** The real client waits 10 s; it repeats for as long as there is no answer. */
const RETRY_MS = 250;
const RETRIES = 40;

export interface VChatSetup extends ClientSetup {
  /** the app's `encryptHashKey` */
  readonly hashKey: string;
  /** what the app knows the user by; default: the native id */
  readonly identifier?: string | undefined;
  readonly deviceId?: string | undefined;
}

/** An HTTP answer that is no success: `data` says why. */
export class VChatRefused extends Error {
  override readonly name = 'VChatRefused';

  constructor(
    readonly status: number,
    readonly data: string,
  ) {
    super(`refused with ${status}: ${data}`);
  }
}

const refusalSchema = z.strictObject({ data: z.string().min(1) });

/**
 * A client as the published Flutter SDK is one: signs in over REST, opens a WebSocket with its token in header and query, sends over
 * REST and repeats, with the same local id, what was not answered. It tells that it got a message by itself.
 */
export class VChatClient extends RecordedClient implements ChatClient {
  private current: Socket | null = null;
  private token: string | null = null;

  constructor(private readonly setup: VChatSetup) {
    super(setup, DIALECT, true);
  }

  /** The socket is refused without a token, so signing in comes first. */
  async connect(): Promise<void> {
    await this.signIn();
    const socket = this.open(this.token ?? '');
    this.current = socket;
    await this.whenConnected();
  }

  /** The handshake said it; here the server is asked whom it took. */
  async identify(): Promise<void> {
    await this.call('GET', 'call/active');
  }

  async openRoom(room: RoomRef): Promise<void> {
    const opened = await this.room(room.id);
    if (opened.rId !== room.id) throw new Error(`${this.name}: was given ${opened.rId}, not ${room.id}.`);
    this.recorder.opened(room.id);
  }

  send(room: RoomRef, text: string): Promise<SendOutcome> {
    const outcome = this.recorder.sending(room.id, text);
    void this.post(room.id, text).then((result) => this.settled(text, result));
    return outcome;
  }

  edit(): Promise<void> {
    return Promise.reject(new NotInDialect(DIALECT, 'edit a message'));
  }

  async remove(room: RoomRef, messageId: string): Promise<void> {
    this.deleting(messageId);
    await this.call('DELETE', `channel/${encodeURIComponent(room.id)}/message/${messageId}/delete/all`);
  }

  /** The wire reads rooms, not messages. */
  async markRead(room: RoomRef): Promise<void> {
    this.emit('v1EnterChatRoom', { roomId: room.id });
  }

  async typing(room: RoomRef, isTyping: boolean): Promise<void> {
    this.emit('v1RoomStatusChange', { roomId: room.id, status: isTyping ? 'typing' : 'stop' });
  }

  /** One that could not sign in has no socket yet. */
  override async disconnect(): Promise<void> {
    this.current?.disconnect();
  }

  /** An event as this client writes it: one argument, JSON text, no acknowledgement. */
  emit(event: string, content: unknown): void {
    this.raw(event, JSON.stringify(content));
  }

  /** An event as no real client writes it. */
  raw(event: string, argument: unknown): void {
    this.socket().emit(event, argument);
  }

  async room(roomId: string): Promise<VChatRoom> {
    return roomSchema.parse(await this.call('GET', `channel/${encodeURIComponent(roomId)}`));
  }

  /** The `data` of a REST call's success. Rejects with `VChatRefused`, or as `fetch` does when the connection breaks. */
  async call(method: string, path: string, body?: FormData | object): Promise<unknown> {
    const headers: Record<string, string> = { authorization: `Bearer ${this.token}`, 'clint-version': CLIENT_VERSION };
    const isForm = body instanceof FormData;
    if (body !== undefined && !isForm) headers['content-type'] = 'application/json';
    const response = await fetch(new URL(`/api/v2/${path}`, this.setup.url), {
      method,
      headers,
      signal: AbortSignal.timeout(this.recorder.timeoutMs),
      ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
    });
    const answer: unknown = await response.json();
    if (response.ok) return dataSchema.parse(answer).data;
    throw new VChatRefused(response.status, refusalSchema.parse(answer).data);
  }

  private async signIn(): Promise<void> {
    const { hashKey, user, identifier = user.id, deviceId = `${this.name}-phone` } = this.setup;
    const form = new FormData();
    form.set('identifier', identifier);
    form.set('fullName', user.name);
    form.set('deviceId', deviceId);
    form.set('password', createHash('sha512').update(`${hashKey}_${identifier}`).digest('hex'));
    form.set('platform', 'android');
    form.set('language', 'en');
    const { user: signedIn, accessToken } = connectedSchema.parse(await this.call('POST', 'auth/connect', form));
    if (signedIn._id !== user.id) throw new Error(`${this.name}: known as ${signedIn._id}, not as ${user.id}.`);
    this.token = accessToken;
  }

  private open(token: string): Socket {
    const bearer = `Bearer ${token}`;
    const socket = io(this.setup.url, {
      transports: ['websocket'],
      forceNew: true,
      query: { auth: bearer },
      extraHeaders: { authorization: bearer, 'clint-version': CLIENT_VERSION },
    });
    socket.on('connect', () => {
      // The Dart client knows no session: it comes back as if for the first time.
      Reflect.deleteProperty(socket, '_pid');
      this.recorder.onConnected();
    });
    socket.on('disconnect', () => this.recorder.onDisconnected());
    socket.on('connect_error', (error) => this.recorder.frame('in', 'connect_error', [error.message]));
    socket.onAnyOutgoing((name: string, ...args: unknown[]) => this.recorder.frame('out', name, args));
    socket.onAny((name: string, ...args: unknown[]) => this.onFrame(name, args));
    return socket;
  }

  private onFrame(name: string, args: readonly unknown[]): void {
    const frame = this.recorder.frame('in', name, args);
    const event = this.recorder.heard(frame, decodeFrame(VCHAT_FRAMES, name, args));
    if (event?.type === 'message') this.onMessage(event);
  }

  private onMessage({ room, user, text, messageId }: ChatEvent): void {
    if (room === null || messageId === null || text === null) return;
    this.received(room, text, messageId);
    if (user !== this.user.id) this.emit('v1DeliverChatRoom', { roomId: room });
  }

  /** A broken connection is tried again under the same local id; any answer is final. */
  private async post(roomId: string, text: string): Promise<SendOutcome> {
    const localId = randomUUID();
    for (let attempt = 0; attempt < RETRIES; attempt++) {
      try {
        const path = `channel/${encodeURIComponent(roomId)}/message`;
        const sent = listedMessageSchema.parse(await this.call('POST', path, messageForm(localId, text)));
        if (sent.lId !== localId) this.recorder.malformed('message', `has the local id ${sent.lId}, not ${localId}`);
        return { status: 'acked', messageId: sent._id };
      } catch (error) {
        if (error instanceof VChatRefused) return refused(error);
        if (error instanceof z.ZodError) return this.unreadable(error);
        await delay(RETRY_MS);
      }
    }
    return { status: 'failed', code: 'no connection', retryable: true };
  }

  private unreadable(error: z.ZodError): SendOutcome {
    this.recorder.malformed('POST message', z.prettifyError(error));
    return { status: 'failed', code: 'malformed', retryable: true };
  }

  protected socket(): Socket {
    if (this.current === null) throw new Error(`${this.name} is not connected.`);
    return this.current;
  }
}

export function messageForm(localId: string, content: string, more: Readonly<Record<string, string>> = {}): FormData {
  const form = new FormData();
  const fields = { content, localId, isEncrypted: 'false', messageType: 'text', ...more };
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return form;
}

/** The real client deletes the message now, whatever the status says. */
function refused({ status, data }: VChatRefused): SendOutcome {
  return { status: 'failed', code: `${status}: ${data}`, retryable: status === 429 || status >= 500 };
}
