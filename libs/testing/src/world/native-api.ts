import { instantSchema, memberSchema, messageSchema, roomSchema, userSchema } from '@parlance/domain';
import { z } from 'zod';

const TIMEOUT_MS = 15_000;
const PAGE = 200;
/** Messages of one room that a test may list. */
const MAX_PAGES = 5_000;

const userShape = z.strictObject(userSchema.shape);
const roomShape = z.strictObject(roomSchema.omit({ version: true }).shape);
const messageShape = z.strictObject(messageSchema.omit({ extras: true }).shape);
const membersShape = z.strictObject({
  members: z.array(z.strictObject(memberSchema.shape)),
  nextCursor: z.string().optional(),
});
const messagesShape = z.strictObject({ messages: z.array(messageShape), lastSeq: z.int().nonnegative() });
const tokenShape = z.strictObject({ token: z.string().min(1), expiresAt: instantSchema });
const listedRoomShape = roomShape.extend({
  unread: z.int().nonnegative(),
  lastMessage: messageShape.nullable(),
  readSeq: z.int().nonnegative(),
});
const roomsShape = z.strictObject({ rooms: z.array(listedRoomShape), nextCursor: z.string().optional() });
const errorShape = z.strictObject({
  error: z.strictObject({
    code: z.string(),
    message: z.string(),
    details: z.record(z.string(), z.unknown()).optional(),
  }),
});

export type NativeUser = z.output<typeof userShape>;
export type NativeRoom = z.output<typeof roomShape>;
export type NativeMessage = z.output<typeof messageShape>;
export type NativeMember = z.output<typeof membersShape>['members'][number];
export type NativeListedRoom = z.output<typeof listedRoomShape>;

/** What the API refused. `code` is the native error code, or `http-<status>` where the answer was none of ours. */
export class NativeApiError extends Error {
  override readonly name = 'NativeApiError';

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }

  get retryable(): boolean {
    return this.status === 429 || this.status >= 500;
  }
}

export interface NewRoom {
  readonly kind: 'direct' | 'group' | 'broadcast';
  readonly memberIds: readonly string[];
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly createdBy?: string | undefined;
}

export interface NewMessage {
  readonly senderId?: string | undefined;
  readonly clientMessageId?: string | undefined;
  readonly text: string;
}

/**
 * The native API as a customer's server uses it: by fetch, with the secret key or a user token. Every answer is parsed strictly, so a
 * field too many or too few fails the test. Errors: `NativeApiError` for a refusal, fetch's own when nobody answers within 15 s.
 */
export class NativeApi {
  constructor(
    /** origin, such as `http://127.0.0.1:3000` */
    readonly url: string,
    private readonly credential: string,
  ) {}

  /** The same API for another credential. */
  as(credential: string): NativeApi {
    return new NativeApi(this.url, credential);
  }

  /** The same credential at another address. */
  at(url: string): NativeApi {
    return new NativeApi(url, this.credential);
  }

  putUser(id: string, fields: Readonly<Record<string, unknown>> = {}): Promise<NativeUser> {
    return this.call('PUT', ['users', id], userShape, fields);
  }

  getUser(id: string): Promise<NativeUser> {
    return this.call('GET', ['users', id], userShape);
  }

  async token(userId: string, options: Readonly<Record<string, unknown>> = {}): Promise<string> {
    return (await this.call('POST', ['users', userId, 'tokens'], tokenShape, options)).token;
  }

  createRoom(room: NewRoom): Promise<NativeRoom> {
    return this.call('POST', ['rooms'], roomShape, room);
  }

  getRoom(id: string): Promise<NativeRoom> {
    return this.call('GET', ['rooms', id], roomShape);
  }

  async members(roomId: string): Promise<readonly NativeMember[]> {
    return (await this.call('GET', ['rooms', roomId, 'members'], membersShape)).members;
  }

  async addMembers(roomId: string, userIds: readonly string[]): Promise<readonly NativeMember[]> {
    return (await this.call('POST', ['rooms', roomId, 'members'], membersShape, { userIds })).members;
  }

  removeMember(roomId: string, userId: string): Promise<void> {
    return this.command('DELETE', ['rooms', roomId, 'members', userId]);
  }

  send(roomId: string, message: NewMessage): Promise<NativeMessage> {
    return this.call('POST', ['rooms', roomId, 'messages'], messageShape, message);
  }

  editMessage(messageId: string, change: { readonly text: string; readonly by?: string }): Promise<NativeMessage> {
    return this.call('PATCH', ['messages', messageId], messageShape, change);
  }

  deleteMessage(messageId: string, by?: string): Promise<void> {
    return this.command('DELETE', ['messages', messageId], by === undefined ? {} : { by });
  }

  /** The whole log of a room in the order of seq. */
  async messages(roomId: string): Promise<readonly NativeMessage[]> {
    const all: NativeMessage[] = [];
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const query = { afterSeq: String(all.at(-1)?.seq ?? 0), limit: String(PAGE) };
      const { messages } = await this.call('GET', ['rooms', roomId, 'messages'], messagesShape, undefined, query);
      all.push(...messages);
      if (messages.length < PAGE) return all;
    }
    throw new Error(`The room ${roomId} has more than ${MAX_PAGES * PAGE} messages.`);
  }

  async read(roomId: string, userId: string, seq: number): Promise<number> {
    const shape = z.strictObject({ readSeq: z.int().nonnegative() });
    return (await this.call('POST', ['rooms', roomId, 'read'], shape, { userId, seq })).readSeq;
  }

  async roomsOf(userId: string): Promise<readonly NativeListedRoom[]> {
    return (await this.call('GET', ['users', userId, 'rooms'], roomsShape)).rooms;
  }

  /** Any other call; its answer unparsed, undefined when there is none. */
  async other(
    method: string,
    path: readonly string[],
    body?: object,
    query: Readonly<Record<string, string>> = {},
  ): Promise<unknown> {
    const response = await this.request(method, path, query, body);
    return jsonOf(await response.text());
  }

  private async call<S extends z.ZodType>(
    method: string,
    path: readonly string[],
    shape: S,
    body?: object,
    query: Readonly<Record<string, string>> = {},
  ): Promise<z.output<S>> {
    const response = await this.request(method, path, query, body);
    return shape.parse(await response.json());
  }

  private async command(
    method: string,
    path: readonly string[],
    query: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const response = await this.request(method, path, query);
    await response.text();
  }

  private async request(
    method: string,
    path: readonly string[],
    query: Readonly<Record<string, string>>,
    body?: object,
  ): Promise<Response> {
    const url = new URL(`/api/v1/${path.map(encodeURIComponent).join('/')}`, this.url);
    url.search = new URLSearchParams(query).toString();
    const headers = { authorization: `Bearer ${this.credential}`, 'content-type': 'application/json' };
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(url, { method, headers, signal: AbortSignal.timeout(TIMEOUT_MS), ...sent });
    if (response.ok) return response;
    throw refusalOf(response.status, `${method} ${url.pathname}`, await response.text());
  }
}

function refusalOf(status: number, what: string, text: string): NativeApiError {
  const told = errorShape.safeParse(jsonOf(text));
  if (!told.success) return new NativeApiError(status, `http-${status}`, `${what} answered ${status}: ${text}`);
  const { code, message } = told.data.error;
  return new NativeApiError(status, code, `${what} answered ${status} ${code}: ${message}`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
