import type { BusStatus } from './bus.js';

/** A message as a transport hands it over. `reply` names where an answer goes, if one is wanted. */
export interface Delivery {
  readonly subject: string;
  readonly reply: string | undefined;
  text(): string;
}

export interface TransportSubscription {
  /** Settles when no delivery comes any more; those of a queue that are already on the way still come before that. */
  stop(): Promise<void>;
}

/** `null`: nobody listens at the subject the request went to. */
export type ReplyHandler = (token: string, text: string | null) => void;

/**
 * What a bus needs of a carrier: subjects, queue groups, replies. Two implementations pass one conformance suite (conformance.ts).
 * Callbacks must not throw. Nothing is delivered in the caller's stack.
 */
export interface Transport {
  /** bytes one message may have */
  readonly maxPayload: number;
  readonly connected: boolean;
  /** false: not connected, or too much is waiting to be written */
  publish(subject: string, text: string): boolean;
  /** As publish, and lets answers come to the reply handler under `token` ([a-z0-9]+). */
  ask(subject: string, token: string, text: string): boolean;
  /** Called once, before the first `ask`. */
  onReply(handler: ReplyHandler): void;
  onStatus(listener: (status: BusStatus) => void): () => void;
  subscribe(subject: string, queue: string | undefined, handler: (delivery: Delivery) => void): TransportSubscription;
  flush(): Promise<void>;
  close(): Promise<void>;
}
