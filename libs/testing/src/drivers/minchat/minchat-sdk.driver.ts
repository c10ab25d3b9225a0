import { createRequire } from 'node:module';
import FormDataOfNpm from 'form-data';
import type { RoomRef } from '../chat-client.js';
import { doneSchema, sendOutcome } from './minchat.frames.js';
import type { MinChatSetup, WireSocket } from './minchat-base.js';
import { MinChatClient } from './minchat-base.js';

type Sdk = typeof import('@minchat/js');
type Instance = ReturnType<Sdk['default']['getInstance']>;
type SdkChat = InstanceType<Sdk['Chat']>;
type SdkFile = import('@minchat/js').File;

// As its users load it: CommonJS, whatever the test runner does with modules.
const load: (name: string) => unknown = createRequire(import.meta.url);
const sdk = load('@minchat/js') as Sdk;

/**
 * The published `@minchat/js`, unmodified. `getInstance` makes a new instance with a socket of its own at every call, so several users
 * share a process. What is received is what the SDK hands to its app.
 */
export class MinChatSdkClient extends MinChatClient {
  private readonly instance: Instance;
  private readonly chats = new Map<string, SdkChat>();

  constructor(setup: MinChatSetup) {
    super(setup);
    this.instance = sdk.default.getInstance(setup.apiKey);
    this.instance.config.productionPath = setup.url;
  }

  /** The SDK itself, for what only MinChat has a word for. What makes a form belongs into `withForms`. */
  get sdk(): Instance {
    return this.instance;
  }

  async connect(): Promise<void> {
    this.instance.init({ test: false });
    this.watch(this.socket());
    await this.whenConnected();
  }

  async identify(): Promise<void> {
    const { username, name, id } = this.user;
    await withFormData(() => this.instance.connectUser({ username, name }));
    const connected = this.instance.getConnectedUser();
    if (connected?.id !== id) throw new Error(`${this.name}: connected as ${connected?.id ?? 'nobody'}, not as ${id}.`);
  }

  async openRoom(room: RoomRef): Promise<void> {
    const chat = await this.chatOf(room);
    if (chat.getId() !== room.id) throw new Error(`${this.name}: got the chat ${chat.getId() ?? '-'}, not ${room.id}.`);
    if (!this.chats.has(room.id)) this.listen(chat, room);
    this.chats.set(room.id, chat);
    // The SDK's own join asks for no answer. This repeats it, as the SDK does all the time, to know when it is done.
    doneSchema.parse(await this.ask('room.join', { channelId: room.id }));
    this.recorder.opened(room.id);
  }

  async edit(room: RoomRef, messageId: string, text: string): Promise<void> {
    const answer = await this.recorder.within<unknown>('the answer to an edit', (resolve) => {
      void this.chat(room).updateMessage(messageId, { text }, resolve);
      return () => undefined;
    });
    const outcome = outcomeOf(answer);
    if (outcome.status === 'failed') throw new Error(`${this.name}: the edit of ${messageId} was ${outcome.code}.`);
  }

  async markRead(room: RoomRef, messageId: string): Promise<void> {
    this.chat(room).setSeen(messageId);
  }

  typing(room: RoomRef, isTyping: boolean): Promise<void> {
    return isTyping ? this.chat(room).startTyping() : this.chat(room).stopTyping();
  }

  protected async post(room: RoomRef, text: string): Promise<void> {
    // An app may hold the id of a chat that it has not opened, or has no more part in.
    const chat = this.chats.get(room.id) ?? this.unlisted(room.id);
    await chat.sendMessage({ text }, (answer) => this.settled(text, outcomeOf(answer)));
  }

  protected postRemoval(room: RoomRef, messageId: string): Promise<void> {
    return this.chat(room).deleteMessage(messageId);
  }

  protected socket(): WireSocket {
    const { socket } = this.instance.config;
    if (socket === undefined) throw new Error(`${this.name} is not connected.`);
    return socket;
  }

  /** Every chat's listener hears the messages of all chats: the SDK does not tell them apart. */
  private listen(chat: SdkChat, room: RoomRef): void {
    chat.onMessage((message) => {
      const { id, text } = message;
      if (Reflect.get(message, 'chat_id') === room.id && id !== undefined) this.received(room.id, text ?? '', id);
    });
  }

  /** A direct chat is asked for by its partner; another one is found in the list once it has a message. */
  private async chatOf({ id, peer }: RoomRef): Promise<SdkChat> {
    if (peer !== undefined) {
      const chat = await this.instance.chat(peer.username);
      if (chat === undefined) throw new Error(`${this.name}: the SDK got no chat with ${peer.username}.`);
      return chat;
    }
    const { chats } = await this.instance.getChats();
    const listed = chats.find((chat) => chat.getId() === id);
    return listed ?? this.unlisted(id);
  }

  private unlisted(id: string): SdkChat {
    const chat = new sdk.Chat(this.instance.config);
    chat.config.channelId = id;
    return chat;
  }

  private chat(room: RoomRef): SdkChat {
    const chat = this.chats.get(room.id);
    if (chat === undefined) throw new Error(`${this.name} has not opened ${room.id}.`);
    return chat;
  }
}

/** A file as the SDK takes it and its wire carries it: in Node a `File` of the platform is neither. */
export function sdkFile(name: string, type: string, bytes: Uint8Array): SdkFile {
  const blob = new Blob([Uint8Array.from(bytes)], { type });
  // What the SDK passes on is the thing itself, so the bytes carry its properties.
  return Object.assign(Buffer.from(bytes), {
    name,
    type,
    size: bytes.byteLength,
    lastModified: 0,
    lastModifiedDate: new Date(0),
    url: '',
    slice: (start?: number, end?: number, contentType?: string) => blob.slice(start, end, contentType),
    arrayBuffer: () => blob.arrayBuffer(),
    stream: () => blob.stream(),
    text: () => blob.text(),
  });
}

/**
 * axios 0.27 with the form class it understands, until `start` has settled: for calls that make their form after they waited. Nothing
 * else of the test may make a form meanwhile.
 */
export async function withForms<T>(start: () => Promise<T>): Promise<T> {
  const restore = replaceFormData();
  try {
    return await start();
  } finally {
    restore();
  }
}

/** The SDK's callback gets the answer with `created_at` and the user's dates turned into `Date`s. */
function outcomeOf(answer: unknown): ReturnType<typeof sendOutcome> {
  if (typeof answer !== 'object' || answer === null) return sendOutcome(answer);
  if (Reflect.get(answer, 'success') !== true) {
    return sendOutcome({ success: Reflect.get(answer, 'success'), message: Reflect.get(answer, 'message') });
  }
  const id: unknown = Reflect.get(answer, 'id');
  if (typeof id !== 'string') return sendOutcome(answer);
  return { status: 'acked', messageId: id };
}

/**
 * axios 0.27, which the SDK uses, sends no multipart body made of Node's own FormData. The SDK makes its form before it first waits, so
 * the other class stands in its place only that long and no fetch of the test ever meets it.
 */
function withFormData<T>(start: () => Promise<T>): Promise<T> {
  const restore = replaceFormData();
  try {
    return start();
  } finally {
    restore();
  }
}

function replaceFormData(): () => void {
  const own = Object.getOwnPropertyDescriptor(globalThis, 'FormData');
  Object.defineProperty(globalThis, 'FormData', { value: FormDataOfNpm, configurable: true, writable: true });
  return () => {
    if (own !== undefined) Object.defineProperty(globalThis, 'FormData', own);
  };
}
