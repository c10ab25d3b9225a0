import { boundedMap } from './bounded-map.js';
import { LightChatClient, type ChatHearing } from './chat-client.js';
import type { Components } from './proc.js';

/** Two people in a room of their own. */
export interface Pair {
  readonly senderId: string;
  readonly receiverId: string;
  readonly roomId: string;
}

/** A server under test: where it listens, what it consists of. */
export interface ChatSystem {
  readonly name: string;
  /** One or two origins: the two of a pair are at different ones. */
  readonly urls: readonly [string, string];
  readonly apiKey: string;
  /** Whether it promises a pair's messages in the order in which they were sent. */
  readonly order: 'ordered' | 'unordered';
  readonly pairs: readonly Pair[];
  /** Read anew before each measurement. */
  components(): Components;
}

export interface OpenPair {
  readonly sender: LightChatClient;
  readonly receiver: LightChatClient;
}

const CONNECTING_AT_ONCE = 50;

/** Connects everybody. Every other pair the other way round, so that each server sends and receives alike. */
export async function openPairs(system: ChatSystem, hearing: ChatHearing): Promise<readonly OpenPair[]> {
  const { apiKey, urls, pairs } = system;
  return boundedMap(pairs, CONNECTING_AT_ONCE, async ({ senderId, receiverId, roomId }, index) => {
    const [here, there] = index % 2 === 0 ? urls : ([urls[1], urls[0]] as const);
    const [sender, receiver] = await Promise.all([
      LightChatClient.open({ url: here, apiKey, userId: senderId, roomId }, hearing),
      LightChatClient.open({ url: there, apiKey, userId: receiverId, roomId }, hearing),
    ]);
    return { sender, receiver };
  });
}
