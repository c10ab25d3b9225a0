import { createRequire } from 'node:module';
import type { z } from 'zod';
import { keyOf } from '../../history/message-key.js';
import type { ChatClient, ChatEvent, ChatUser, ClientSetup, RoomRef, SendOutcome } from '../chat-client.js';
import { NotInDialect } from '../chat-client.js';
import { decodeFrame } from '../decode.js';
import { RecordedClient } from '../recorded-client.js';
import {
  CLASSIC_FRAMES,
  listSchema,
  receiveSchema,
  requestedSchema,
  roomMissingSchema,
  sendFailedSchema,
  statusSchema,
} from './classic.frames.js';

const DIALECT = 'classic';
const TEXT_TYPE_ID = 2;
/** Packet type of the Socket.IO protocol. */
const EVENT = 2;
const RETRYABLE = new Set(['429', '500', '503']);

type Listener = (...args: readonly unknown[]) => void;

/** The part of socket.io-client 2 that is used here; it ships no types. */
interface ClassicSocket {
  readonly io: { readonly engine: unknown; on(event: string, listener: Listener): void };
  on(event: string, listener: Listener): void;
  emit(event: string, ...args: readonly unknown[]): void;
  disconnect(): void;
}

const load: (name: string) => unknown = createRequire(import.meta.url);
const connectSocket = load('socket.io-client-v2') as (url: string) => ClassicSocket;

/**
 * socket.io-client 2.5.0 with its default options (Engine.IO 3, polling first). Says who it is with `status`, and again on every
 * reconnect. A room must be opened before anything is said in it, since messages name rooms by uuid; one's own message coming back is
 * what confirms it, as this wire has no acknowledgements.
 */
export class ClassicClient extends RecordedClient implements ChatClient {
  private readonly rooms = new Map<string, RoomRef>();
  private current: ClassicSocket | null = null;
  private identified = false;
  /** sends that a refusal was taken to mean while others were under way */
  private readonly supposed = new Set<string>();

  constructor(private readonly setup: ClientSetup) {
    super(setup, DIALECT, true);
  }

  async connect(): Promise<void> {
    const socket = connectSocket(this.setup.url);
    this.current = socket;
    socket.on('connect', () => {
      this.recorder.onConnected();
      if (this.identified) this.sayOnline();
    });
    socket.on('disconnect', () => this.recorder.onDisconnected());
    socket.io.on('packet', (packet) => this.onPacket(packet));
    await this.whenConnected();
  }

  async identify(): Promise<void> {
    const online = this.answered('logs response', statusSchema, ({ user_id }) => user_id === this.user.number);
    this.sayOnline();
    await online;
    this.identified = true;
  }

  async openRoom(room: RoomRef): Promise<void> {
    const titles = room.peer === undefined ? await this.listedTitles() : [await this.requestedTitle(room.peer)];
    if (!titles.includes(room.uuid))
      throw new Error(`${this.name}: was given ${titles.join() || 'no room'}, not ${room.uuid}.`);
    this.rooms.set(room.uuid, room);
    this.recorder.opened(room.id);
  }

  send(room: RoomRef, text: string): Promise<SendOutcome> {
    const outcome = this.recorder.sending(room.id, text);
    const body = { user_id: this.user.number, room_title: room.uuid, message: text, type_id: TEXT_TYPE_ID };
    this.emit('send', body);
    return outcome;
  }

  /** The titles of the rooms in the user's list. */
  async listedTitles(): Promise<readonly string[]> {
    const list = this.answered('user response', listSchema, () => true);
    this.emit('user list', { user_id: this.user.number });
    return (await list).rooms.map(({ title }) => title);
  }

  edit(): Promise<void> {
    return Promise.reject(new NotInDialect(DIALECT, 'edit a message'));
  }

  remove(): Promise<void> {
    return Promise.reject(new NotInDialect(DIALECT, 'delete a message'));
  }

  markRead(): Promise<void> {
    return Promise.reject(new NotInDialect(DIALECT, 'mark a message read'));
  }

  typing(): Promise<void> {
    return Promise.reject(new NotInDialect(DIALECT, 'say that somebody types'));
  }

  private async requestedTitle(peer: ChatUser): Promise<string> {
    const answer = this.answered('logs response', requestedSchema, () => true);
    this.emit('request', { user_id: this.user.number, recipient_id: peer.number });
    return (await answer).room_title;
  }

  private sayOnline(): void {
    this.emit('status', { user_id: this.user.number, online: true });
  }

  /** An event as this client writes it. */
  emit(name: string, body: unknown): void {
    this.recorder.frame('out', name, [body]);
    this.socket().emit(name, body);
  }

  protected socket(): ClassicSocket {
    if (this.current === null) throw new Error(`${this.name} is not connected.`);
    return this.current;
  }

  /** The next frame of this name and shape: answers come as events. */
  private async answered<S extends z.ZodType>(
    name: string,
    schema: S,
    matches: (answer: z.output<S>) => boolean,
  ): Promise<z.output<S>> {
    const parsed = (event: ChatEvent) => schema.safeParse(event.raw.args[0]);
    const event = await this.recorder.nextEvent((one) => {
      const answer = one.raw.name === name ? parsed(one) : null;
      return answer?.success === true && matches(answer.data);
    }, `an answer on '${name}'`);
    return schema.parse(event.raw.args[0]);
  }

  private onPacket(packet: unknown): void {
    const { type, data } = packet as { readonly type: number; readonly data?: unknown };
    if (type !== EVENT || !Array.isArray(data)) return;
    const [name, ...args] = data as readonly unknown[];
    const frame = this.recorder.frame('in', String(name), args);
    const event = this.recorder.heard(frame, this.nativeRoom(decodeFrame(CLASSIC_FRAMES, frame.name, args)));
    if (event?.type === 'message') this.onMessage(event);
    if (event?.type === 'error') this.onRefusal(event);
  }

  private nativeRoom(decoded: ReturnType<typeof decodeFrame>): ReturnType<typeof decodeFrame> {
    if (!decoded.ok || decoded.event.room === null) return decoded;
    const room = this.rooms.get(decoded.event.room)?.id ?? decoded.event.room;
    return { ok: true, event: { ...decoded.event, room } };
  }

  private onMessage({ room, text, raw }: ChatEvent): void {
    if (room === null || text === null) return;
    const { user_id } = receiveSchema.parse(raw.args[0]);
    const key = keyOf(text);
    // Another device of this user may have sent it.
    if (user_id === this.user.number && this.recorder.hasSent(key)) {
      this.recorder.settled(key, { status: 'acked', messageId: null });
      // The refusal meant another one, which nothing else will answer.
      if (this.supposed.delete(key)) this.refuseOldest('503');
    }
    this.recorder.received(room, text, null);
  }

  /** A refusal does not say of which message. Only when one alone is under way is it surely this one, and for good. */
  private onRefusal({ raw }: ChatEvent): void {
    const refused = sendFailedSchema.safeParse(raw.args[0]);
    const isMissing = roomMissingSchema.safeParse(raw.args[0]).success;
    if (!refused.success && !isMissing) return;
    this.refuseOldest(String(refused.success ? refused.data.error.code : 404));
  }

  private refuseOldest(code: string): void {
    const [oldest, ...others] = this.recorder.pendingKeys;
    if (oldest === undefined) return;
    if (others.length > 0) this.supposed.add(oldest);
    const retryable = others.length > 0 || RETRYABLE.has(code);
    this.recorder.settled(oldest, { status: 'failed', code, retryable });
  }
}
