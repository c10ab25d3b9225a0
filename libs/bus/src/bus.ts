import type { EventContract, RequestContract } from '@parlance/contracts';
import type { ParlanceError } from '@parlance/domain';
import type { z } from 'zod';

export interface RequestOptions {
  /** milliseconds until the request fails with `unavailable`; default 3,000, never more than 10,000 */
  readonly timeoutMs?: number | undefined;
  /** W3C traceparent handed to the handler as `RequestContext.trace`; default: that of the work which asks, if it belongs to a trace */
  readonly trace?: string | undefined;
}

export interface RequestContext {
  /** milliseconds since the epoch on the receiver's clock; nobody waits for the answer after it */
  readonly deadline: number;
  /** traceparent of the step that serves the request, or of the caller's where this process traces nothing */
  readonly trace: string | null;
}

export type BatchAnswer<O> =
  { readonly ok: true; readonly value: O } | { readonly ok: false; readonly error: ParlanceError };

export interface BatchItem<I> {
  readonly input: I;
  readonly context: RequestContext;
}

export interface Subscription {
  /** Nothing new is taken after this settles; what was taken is finished and answered. Repeating it changes nothing. */
  stop(): Promise<void>;
}

export interface ServeOptions {
  /** items taken and not yet answered; more are answered `overloaded`. Default 10,000. */
  readonly maxInFlight?: number | undefined;
  /** handlers running at a time (`serveBatch`: batches); the others wait in order. Default: no limit but `maxInFlight`. */
  readonly concurrency?: number | undefined;
}

/** The traceparents of an event's parts; beyond its end, and where null, a part belongs to no trace. */
export type EventTraces = readonly (string | null)[];

export interface ListenOptions {
  /** listeners of one queue share the events: each is heard by exactly one of them */
  readonly queue?: string | undefined;
}

export interface PublishOptions {
  /** traceparents, one for each part of the payload, in the order in which its listeners take them apart */
  readonly traces?: EventTraces | undefined;
}

export type BusStatus = 'connected' | 'disconnected';

/**
 * Typed requests and events between the parts of Parlance. Inputs are copied by serialisation: a handler never shares an object with its
 * caller. Every failure is a ParlanceError; `unavailable` and `overloaded` may be repeated.
 */
export interface Bus {
  /**
   * Asks the service that serves `contract`. Requests of one event-loop turn travel together and are answered one by one.
   * Errors beside the handler's own: `unavailable` (nobody serves it, timeout, connection away), `overloaded` (too many unanswered
   * requests), `too-large` (input or answer over the transport's limit), `invalid` (details.fields), `unsupported` (version),
   * `internal` (the handler broke, or its answer does not fit the contract).
   */
  request<I extends z.ZodType, O extends z.ZodType>(
    contract: RequestContract<I, O>,
    input: z.input<I>,
    options?: RequestOptions,
  ): Promise<z.output<O>>;

  /** Answers requests one by one. Servers of one contract share its requests. A thrown ParlanceError reaches the caller as it is. */
  serve<I extends z.ZodType, O extends z.ZodType>(
    contract: RequestContract<I, O>,
    handler: (input: z.output<I>, context: RequestContext) => Promise<z.input<O>>,
    options?: ServeOptions,
  ): Promise<Subscription>;

  /** Answers what travelled together, together: at most 256 items, in the caller's order; the answers in the same order. */
  serveBatch<I extends z.ZodType, O extends z.ZodType>(
    contract: RequestContract<I, O>,
    handler: (items: readonly BatchItem<z.output<I>>[]) => Promise<readonly BatchAnswer<z.input<O>>[]>,
    options?: ServeOptions,
  ): Promise<Subscription>;

  /**
   * Tells whoever listens at `address`; at most once. While disconnected the event is dropped and counted.
   * Throws `invalid` (address) and `too-large`.
   */
  publish<P extends z.ZodType>(
    contract: EventContract<P>,
    address: string,
    payload: z.input<P>,
    options?: PublishOptions,
  ): void;

  /**
   * Hears events of one contract at one address; those of other contracts or versions at the address are skipped. What the handler
   * throws is logged and counted. Known to the server after `flush`, and before any request made later. `traces`: as they were published,
   * none when there were none.
   */
  listen<P extends z.ZodType>(
    contract: EventContract<P>,
    address: string,
    handler: (payload: z.output<P>, address: string, traces: EventTraces) => void,
    options?: ListenOptions,
  ): Promise<Subscription>;

  /** Settles when everything subscribed and published before is known to the server. Errors: `unavailable` within 3 s. */
  flush(): Promise<void>;

  readonly connected: boolean;

  /** Tells each change of `connected`; the answer ends it. */
  onStatus(listener: (status: BusStatus) => void): () => void;

  /** Takes nothing new, finishes and answers what was taken (at most 10 s), then closes. Repeating it waits for the same end. */
  drain(): Promise<void>;
}
