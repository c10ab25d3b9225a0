import { setTimeout as delay } from 'node:timers/promises';
import type { ChatClient, ChatEvent, RoomRef } from '@parlance/testing';

export interface Speaker {
  readonly client: ChatClient;
  readonly room: RoomRef;
}

/** What a client should have seen and has not, in words. */
export interface Unseen {
  readonly client: string;
  readonly what: string;
}

export interface ConversationOptions {
  /** Pause between two steps, for the reader's eyes, ms. */
  readonly paceMs: number;
  /** Longest time that anything said may take to be seen, ms. */
  readonly patienceMs: number;
}

type Matches = (event: ChatEvent) => boolean;

interface Expectation {
  readonly client: ChatClient;
  readonly what: string;
  readonly seen: Promise<boolean>;
}

/**
 * A talk between a client that can do everything and one that can only send: each step goes on when it was answered, and what each must
 * see is collected on the way.
 */
export class Conversation {
  private readonly expectations: Expectation[] = [];
  private readonly failures: Unseen[] = [];
  private messages = 0;

  constructor(
    private readonly rich: Speaker,
    private readonly plain: Speaker,
    private readonly options: ConversationOptions,
  ) {}

  /** Messages that were sent. */
  get sent(): number {
    return this.messages;
  }

  async run(): Promise<readonly Unseen[]> {
    const { rich, plain } = this;
    await this.typing(true);
    await this.say(rich, 'Hello! I am a MinChat widget.');
    await this.typing(false);
    await this.say(plain, 'Hi! I am a Socket.IO 2 client from 2019.');
    await this.say(rich, 'We are in one room, each on its own wire.');
    await this.say(plain, 'And in one order: yours, mine, yours.');
    await this.correct(await this.say(rich, 'Nothing is lsot.'), 'Nothing is lost.');
    await this.takeBack(await this.say(rich, 'Oops, that was for somebody else.'));
    await this.read(await this.say(plain, 'Seen it. Good bye!'));
    const late = await Promise.all(this.expectations.map(async (one) => ((await one.seen) ? [] : [one])));
    return [...this.failures, ...late.flat().map(({ client, what }) => ({ client: client.dialect, what }))];
  }

  /** Answers the message's id, as far as one of them learned it. */
  private async say(speaker: Speaker, text: string): Promise<string | null> {
    const hearer = speaker === this.rich ? this.plain : this.rich;
    this.messages += 1;
    const isIt: Matches = (event) => event.type === 'message' && event.text === text;
    const heard = this.expect(hearer.client, `the message "${text}"`, isIt);
    const outcome = await speaker.client.send(speaker.room, text);
    if (outcome.status === 'failed') {
      this.fail(speaker.client, `an answer to its own message "${text}" (${outcome.code})`);
    }
    await this.pause();
    return (await heard)?.messageId ?? (outcome.status === 'acked' ? outcome.messageId : null);
  }

  /** The plain wire has no word for typing. */
  private async typing(isTyping: boolean): Promise<void> {
    await this.rich.client.typing(this.rich.room, isTyping);
    await this.pause();
  }

  /** The plain wire says that something changed, not what. */
  private async correct(messageId: string | null, text: string): Promise<void> {
    const seen = this.expect(this.plain.client, 'that a message was edited', ({ type }) => type === 'refresh');
    if (messageId !== null) await this.rich.client.edit(this.rich.room, messageId, text);
    await seen;
    await this.pause();
  }

  private async takeBack(messageId: string | null): Promise<void> {
    const seen = this.expect(this.plain.client, 'that a message was deleted', ({ type }) => type === 'refresh');
    const own = this.expect(this.rich.client, 'its own deletion', ({ type }) => type === 'deleted');
    if (messageId !== null) await this.rich.client.remove(this.rich.room, messageId);
    await Promise.all([seen, own]);
    await this.pause();
  }

  private async read(messageId: string | null): Promise<void> {
    const seen = this.expect(this.rich.client, 'that it has read', ({ type }) => type === 'read');
    if (messageId !== null) await this.rich.client.markRead(this.rich.room, messageId);
    await seen;
    await this.pause();
  }

  /** The event once it came; null when it did not in time, which counts. */
  private async expect(client: ChatClient, what: string, matches: Matches): Promise<ChatEvent | null> {
    const event = nextEvent(client, matches, this.options.patienceMs);
    this.expectations.push({ client, what, seen: event.then((one) => one !== null) });
    return event;
  }

  private fail(client: ChatClient, what: string): void {
    this.failures.push({ client: client.dialect, what });
  }

  private async pause(): Promise<void> {
    await delay(this.options.paceMs);
  }
}

async function nextEvent(client: ChatClient, matches: Matches, patienceMs: number): Promise<ChatEvent | null> {
  return new Promise((resolve) => {
    const end = (event: ChatEvent | null): void => {
      stop();
      clearTimeout(timer);
      resolve(event);
    };
    const stop = client.onEvent((event) => (matches(event) ? end(event) : undefined));
    const timer = setTimeout(() => end(null), patienceMs);
  });
}
